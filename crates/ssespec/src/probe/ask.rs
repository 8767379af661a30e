//! One request through reqwest, and what came of it.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue,
};
use tokio::time::Instant;
use url::Url;

use super::Prober;
use super::redirect::MOST_REDIRECTS;
use super::watch::{Company, micros, watch_among};
use crate::coding::Decoder;
use crate::header::{EVENT_STREAM, Header};
use crate::observation::{
    Answer, Body, End, Exchange, Failure, Request, Response, Stop, says_too_many,
};
use crate::script::Script;
use crate::settings::StopRules;
use crate::tls;

/// A request to be made.
#[derive(Clone)]
pub(super) struct Ask<'a> {
    pub(super) name: &'a str,
    pub(super) method: reqwest::Method,
    pub(super) url: Url,
    /// The content.
    pub(super) body: Option<Vec<u8>>,
    /// Sent besides those of the settings; replaces one of the same name.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether the secret headers of the settings may go along: not to another origin.
    pub(super) with_secrets: bool,
    /// The script that the content or the URL holds, for the judge.
    pub(super) script: Option<&'a Script>,
    /// Whether a request by hand keeps the body as it comes, transfer coding and all.
    pub(super) as_it_comes: bool,
}

/// A response whose body is still to be read, or nothing.
pub(super) struct Opened {
    name: String,
    request: Request,
    started: Instant,
    answer: Result<(reqwest::Response, u64), (Failure, u64)>,
}

impl<'a> Ask<'a> {
    /// The request that an event source makes.
    pub(super) fn stream(name: &'a str, prober: &Prober) -> Self {
        Self {
            name,
            method: prober.settings.method.clone(),
            url: prober.url().clone(),
            body: prober.settings.body.clone(),
            headers: Vec::new(),
            with_secrets: prober.is_at_home(),
            script: None,
            as_it_comes: false,
        }
    }

    /// Keeps the body as it comes, transfer coding and all. Only a request by hand can do that.
    pub(super) fn keep_as_it_comes(mut self) -> Self {
        self.as_it_comes = true;
        self
    }

    /// Whether no server has a reason to answer it otherwise than that of an event source.
    fn is_usual(&self) -> bool {
        let mut headers = self.headers.iter();
        headers.all(|(name, value)| {
            *name == ACCEPT_ENCODING || *name == ACCEPT && value == EVENT_STREAM
        })
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Prober {
    /// Makes the request and waits for the head of the response. A request for the stream goes where it is led, as that of an event source.
    pub(super) async fn open(&self, mut ask: Ask<'_>) -> Opened {
        let is_for_stream = ask.method == self.settings.method;
        for _ in 0..MOST_REDIRECTS {
            let again = ask.clone();
            let opened = self.open_within(self.head_patience(), ask).await;
            let response = opened.response().filter(|_| is_for_stream);
            match response.and_then(|response| again.led_on_by(response)) {
                Some(next) => ask = next,
                None => return opened,
            }
        }
        self.open_within(self.head_patience(), ask).await
    }

    /// The same, for as long as `patience`.
    pub(super) async fn open_within(&self, patience: Duration, ask: Ask<'_>) -> Opened {
        let is_usual = ask.method == self.settings.method && ask.is_usual();
        let headers = self.headers(&ask);
        let request = self.record(&ask, &headers);
        let mut builder = self
            .client
            .request(ask.method.clone(), ask.url)
            .version(self.version())
            .headers(headers);
        if let Some(body) = ask.body {
            builder = builder.body(body);
        }
        let opened = self.begin(ask.name, request, builder, patience).await;
        let is_turned_away = match &opened.answer {
            Ok((response, _)) => says_too_many(response.status().as_u16()),
            Err((why, _)) => matches!(why, Failure::Protocol(_) | Failure::Connect(_)),
        };
        // Of what is unusual a server may not want to hear.
        if is_usual && is_turned_away {
            self.turns_away();
        }
        opened
    }

    /// Sends what `builder` holds, which is recorded as `request`, and waits for the head of the response as long as `patience`.
    pub(super) async fn begin(
        &self,
        name: &str,
        request: Request,
        builder: reqwest::RequestBuilder,
        patience: Duration,
    ) -> Opened {
        let started = Instant::now();
        let sending = async {
            self.begin_request()?;
            let request = builder.build().map_err(|error| failure(&error))?;
            let method = request.method().clone();
            tokio::select! {
                biased;
                sent = self.client.execute(request) => sent.map_err(|error| failure(&error)),
                why = self.out_of_patience(&method, patience) => Err(why),
            }
        };
        let sent = sending.await;
        let answer = match sent {
            Err(why) => Err((why, micros(started))),
            Ok(response) => Ok((response, micros(started))),
        };
        Opened {
            name: name.to_owned(),
            request,
            started,
            answer,
        }
    }

    /// Makes the request and reads the body until `rules` hold; `None` does not read any of it.
    pub(super) async fn ask(&self, ask: Ask<'_>, rules: Option<&StopRules>) -> Exchange {
        let _slot = self.slot().await;
        self.open(ask).await.read(self, rules).await
    }

    /// The headers of the settings that may go along with `ask`.
    pub(super) fn headers_for(
        &self,
        ask: &Ask<'_>,
    ) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        let secrets = &self.settings.secrets;
        let with_secrets = ask.with_secrets;
        // The user of a replay endpoint or of a gauge: reqwest makes the header of that.
        let of_its_own = !ask.url.username().is_empty();
        let all = self.settings.headers.iter();
        all.filter(move |(name, _)| with_secrets || !secrets.is_secret_header(name.as_str()))
            .filter(move |(name, _)| !(of_its_own && name == AUTHORIZATION))
    }

    pub(super) fn headers(&self, ask: &Ask<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(EVENT_STREAM));
        // What Fetch adds for the cache mode "no-store", which an event source uses.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        for (name, value) in self.headers_for(ask) {
            headers.insert(name, value.clone());
        }
        for (name, value) in &ask.headers {
            headers.insert(name, value.clone());
        }
        headers
    }

    pub(super) fn record(&self, ask: &Ask<'_>, headers: &HeaderMap) -> Request {
        Request {
            method: ask.method.to_string(),
            url: self.settings.secrets.redact_url(&ask.url),
            headers: self.redacted(headers),
            body: ask.script.map(Script::to_json),
        }
    }

    pub(super) fn redacted(&self, headers: &HeaderMap) -> Vec<Header> {
        headers
            .iter()
            .map(|(name, value)| {
                self.settings
                    .secrets
                    .redact_header(Header::new(name.as_str(), value.as_bytes()))
            })
            .collect()
    }
}

impl Opened {
    /// Whether the request was taken, and no head came.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self.answer, Err((Failure::Timeout, _)))
    }

    /// How long the head took, in microseconds, or how long it was waited for.
    pub(super) fn waited(&self) -> u64 {
        match self.answer {
            Ok((_, after)) | Err((_, after)) => after,
        }
    }

    /// The response, if there is one.
    pub(super) fn response(&self) -> Option<&reqwest::Response> {
        self.answer.as_ref().ok().map(|(response, _)| response)
    }

    /// Reads the body until `rules` hold; `None` does not read any of it.
    pub(super) async fn read(self, prober: &Prober, rules: Option<&StopRules>) -> Exchange {
        self.read_among(None, prober, rules).await
    }

    /// The same for one of several streams.
    pub(super) async fn read_among(
        self,
        company: Option<&Company>,
        prober: &Prober,
        rules: Option<&StopRules>,
    ) -> Exchange {
        let next = async |response: &mut reqwest::Response| chunk(response).await;
        self.read_by(next, company, prober, rules).await
    }

    /// The same, with a way of its own to take the next piece of the body.
    pub(super) async fn read_by(
        self,
        mut take: impl AsyncFnMut(&mut reqwest::Response) -> Result<Option<Bytes>, String>,
        company: Option<&Company>,
        prober: &Prober,
        rules: Option<&StopRules>,
    ) -> Exchange {
        let Self {
            name,
            request,
            started,
            answer,
        } = self;
        let answer = match answer {
            Err((why, after)) => Answer::Nothing { why, after },
            Ok((mut response, head_at)) => {
                let mut answer = Response {
                    version: format!("{:?}", response.version()).replace("HTTP/2.0", "HTTP/2"),
                    status: response.status().as_u16(),
                    headers: prober.redacted(response.headers()),
                    head_at,
                    body: Body::default(),
                    end: End::Left(Stop::Seen),
                    ended_at: head_at,
                };
                if let Some(rules) = rules {
                    let next = async || take(&mut response).await;
                    let coding = Decoder::new(&answer.content_codings()).ok();
                    let watched = watch_among(company, coding, next, rules, started).await;
                    answer.body = watched.body;
                    answer.end = watched.end;
                    answer.ended_at = watched.ended_at;
                    if matches!(answer.end, End::Left(_)) {
                        prober.leaves();
                    }
                }
                Answer::Response(answer)
            }
        };
        Exchange {
            name,
            request,
            answer,
        }
    }
}

/// The next piece of the body of `response`.
pub(super) async fn chunk(response: &mut reqwest::Response) -> Result<Option<Bytes>, String> {
    response.chunk().await.map_err(|error| chain(&error))
}

/// An error with its causes, the outermost left out: it only repeats the URL, which may hold a secret.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.ends_with(&part) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&part);
        }
        cause = error.source();
    }
    if text.is_empty() {
        error.to_string()
    } else {
        text
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    let what = chain(error);
    let what = match tls::advice(error) {
        Some(advice) => format!("{what}; {advice}"),
        None => what,
    };
    if error.is_connect() {
        Failure::Connect(what)
    } else {
        Failure::Protocol(what)
    }
}
