//! One request as an `EventSource` makes it, redirects followed by hand, and the stream until a stop rule ends it.

use std::time::Duration;

use reqwest::Method;

use super::ask::{Ask, Opened};
use super::{ProbeError, Prober};
use crate::check::Probe;
use crate::observation::{Answer, Exchange, Failure, Observation};
use crate::settings::HttpVersion;

/// How many redirects Fetch follows: <https://fetch.spec.whatwg.org/#http-redirect-fetch>.
const MOST_REDIRECTS: usize = 20;

/// A stream of which only the head is read.
pub(super) struct OpenStream {
    hops: Vec<Exchange>,
    opened: Opened,
}

impl OpenStream {
    /// Whether the request was taken, and no head came.
    fn is_unanswered(&self) -> bool {
        self.opened.is_unanswered()
    }

    /// Whether the head did not come within `patience`, if at all.
    pub(super) fn took_longer(&self, patience: Duration) -> bool {
        self.is_unanswered() || Duration::from_micros(self.opened.waited()) > patience
    }
}

impl Prober {
    /// Opens the stream. A server that takes the request and does not answer is waited for as long as the stream would be watched.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Unreachable`] if the request was not taken, or answered with something that is no response.
    pub(super) async fn open_stream(&self) -> Result<OpenStream, ProbeError> {
        let mut hops = Vec::new();
        let mut ask = Ask::stream("stream", self);
        // A head that waits for the first event comes with it.
        let patience = self
            .head_patience()
            .max(self.settings.scaled(self.settings.stop.time));
        loop {
            let here = ask.url.clone();
            let with_secrets = ask.with_secrets;
            let (method, body) = (ask.method.clone(), ask.body.clone());
            let opened = self.open_within(patience, ask).await;
            let Some(next) = opened
                .response()
                .and_then(|response| redirect(response, &here))
            else {
                let open = OpenStream { hops, opened };
                return self.require_response(open, &here).await;
            };
            if hops.len() == MOST_REDIRECTS {
                return Ok(OpenStream { hops, opened });
            }
            let status = opened.response().map(|response| response.status().as_u16());
            let becomes_get = becomes_get(status.unwrap_or_default(), &method);
            hops.push(renamed(opened.read(self, None).await, hops.len() + 1));
            ask = Ask::stream("stream", self);
            if becomes_get {
                (ask.method, ask.body) = (Method::GET, None);
            } else {
                (ask.method, ask.body) = (method, body);
            }
            // Credentials never go to another origin, as in Fetch.
            ask.with_secrets = with_secrets && next.origin() == here.origin();
            ask.url = next;
        }
    }

    async fn require_response(
        &self,
        open: OpenStream,
        here: &url::Url,
    ) -> Result<OpenStream, ProbeError> {
        if let Some(response) = open.opened.response() {
            let agreed = response.version() == reqwest::Version::HTTP_2;
            if self.settings.version == HttpVersion::Http2 && !agreed {
                return Err(ProbeError::Unreachable {
                    url: self.settings.secrets.redact_url(here),
                    why: Failure::Connect("--http2: TLS does not agree on HTTP/2".to_owned()),
                });
            }
        }
        if open.opened.response().is_some() || open.is_unanswered() {
            // Set once: there is one stream a run.
            let _ = self.moved_to.set(here.clone());
            return Ok(open);
        }
        if !open.hops.is_empty() {
            // There was a response: one that leads nowhere.
            return Ok(open);
        }
        let exchange = open.opened.read(self, None).await;
        let Answer::Nothing { why, .. } = exchange.answer else {
            unreachable!("there is no response");
        };
        Err(ProbeError::Unreachable {
            url: self.settings.secrets.redact_url(here),
            why,
        })
    }

    /// Watches the stream until a stop rule holds.
    pub(super) async fn watch_stream(&self, open: OpenStream) -> Observation {
        let _slot = self.slot().await;
        let mut exchanges = open.hops;
        exchanges.push(open.opened.read(self, Some(&self.settings.stop)).await);
        Observation::of(Probe::Connect, exchanges)
    }
}

/// Where `response` to a request of `here` sends the client.
fn redirect(response: &reqwest::Response, here: &url::Url) -> Option<url::Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response
        .headers()
        .get(reqwest::header::LOCATION)?
        .to_str()
        .ok()?;
    let next = here.join(location).ok()?;
    matches!(next.scheme(), "http" | "https").then_some(next)
}

/// Whether a redirect makes a GET of a request: <https://fetch.spec.whatwg.org/#http-redirect-fetch>.
fn becomes_get(status: u16, method: &Method) -> bool {
    match status {
        301 | 302 => *method == Method::POST,
        303 => !matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    }
}

fn renamed(mut exchange: Exchange, number: usize) -> Exchange {
    exchange.name = format!("redirect-{number}");
    exchange
}
