//! What a probe saw: plain data, without judgement.
//!
//! An [`Observation`] is all that a judge gets. It can be written to disk and read back, so every judgement can be repeated without the
//! network. Bytes are kept as they came; in JSON they are text in the escapes of the fixture format (`\n`, `\r`, `\\`, `\xHH`).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::body::{Arrival, Body};
use crate::check::{NotObserved, Probe};
use crate::coding;
use crate::header::{self, Header};

/// What one probe saw of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Which probe looked.
    pub probe: Probe,
    /// Requests and what came of them, in the order in which they were made.
    pub exchanges: Vec<Exchange>,
    /// Why nothing could be looked at, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing: Option<String>,
    /// Facts that are not part of an exchange, such as the state of a socket.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What the probe calls it: `stream`, `unknown-id` …
    pub name: String,
    /// What was sent.
    pub request: Request,
    /// What came back.
    pub answer: Answer,
}

/// What was sent. Values of secret headers are already replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method, `GET` for an `EventSource`.
    pub method: String,
    /// The URL with secret parts replaced.
    pub url: String,
    /// The headers that the probe set.
    pub headers: Vec<Header>,
    /// The content, where a judge needs it: a script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A response, perhaps with a body.
    Response(Response),
    /// No response at all.
    Nothing {
        /// What happened instead.
        why: Failure,
        /// Microseconds after the request was begun.
        after: u64,
    },
}

/// Why there was no response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// No connection: refused, no route, no such name, TLS.
    Connect(String),
    /// Connected, but no complete response head before the deadline.
    Timeout,
    /// Connected, but no complete response head by the time at which a request for the stream that was begun later had one.
    Overtaken,
    /// Connected, but the peer closed or reset the connection, or spoke something that is not HTTP.
    Protocol(String),
    /// A driver that did something else than answering.
    NoAnswer(String),
    /// The request was not made, for this reason.
    NotAsked(String),
    /// A response with this status, which who asks for nothing unusual got as well: there were too many, whatever was asked.
    TooMany(u16),
    /// The target was gone by then: see [`End::TargetDied`].
    TargetDied,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    pub version: String,
    /// The status code.
    pub status: u16,
    /// The header fields in the order in which they came, names in lower case.
    pub headers: Vec<Header>,
    /// Microseconds from the request until the head was complete.
    pub head_at: u64,
    /// The content, as far as it was read. Transfer codings are already removed, content codings are not.
    pub body: Body,
    /// How reading it ended.
    pub end: End,
    /// Microseconds from the request until then.
    pub ended_at: u64,
}

/// How reading a body ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The server ended the response, and its framing says so.
    Complete,
    /// The connection broke before the response was complete.
    Aborted(String),
    /// We left.
    Left(Stop),
    /// The target was no longer there at the end of the run, so nothing is said about how this ended.
    TargetDied,
}

/// Why we left a stream that went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// Enough events.
    Events,
    /// The time was up.
    Time,
    /// Silent for as long as was asked for.
    Idle,
    /// The event that was asked for came.
    Terminal,
    /// More bytes than we keep.
    TooMuch,
    /// The probe had seen what it came for.
    Seen,
}

impl Observation {
    /// An observation of these exchanges.
    pub fn of(probe: Probe, exchanges: Vec<Exchange>) -> Self {
        Self {
            probe,
            exchanges,
            nothing: None,
            facts: BTreeMap::new(),
        }
    }

    /// An observation that could not be made.
    pub fn nothing(probe: Probe, why: impl Into<String>) -> Self {
        Self {
            nothing: Some(why.into()),
            ..Self::of(probe, Vec::new())
        }
    }

    /// The exchange that the probe calls `name`.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if the probe did not get that far, with its reason.
    pub fn exchange(&self, name: &str) -> Result<&Exchange, NotObserved> {
        self.exchanges
            .iter()
            .find(|exchange| exchange.name == name)
            .ok_or_else(|| match &self.nothing {
                Some(why) => NotObserved(why.clone()),
                None => NotObserved(format!("the probe made no request {name:?}")),
            })
    }

    /// The response in the exchange that the probe calls `name`.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if there was none.
    pub fn response(&self, name: &str) -> Result<&Response, NotObserved> {
        self.exchange(name)?.response()
    }

    /// The response in the exchange `name`, if it is an event stream that a client would accept and whose bytes can be read.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if there is no such response: whether that is wrong is for `resp/ok` and `resp/content-type` to say.
    pub fn stream(&self, name: &str) -> Result<&Response, NotObserved> {
        let response = self.response(name)?;
        response.require_event_stream()?;
        Ok(response)
    }
}

impl Request {
    /// The first header that was sent under this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&Header> {
        self.headers.iter().find(|header| header.name == name)
    }
}

impl Exchange {
    /// What would be seen if this were the stream, and all that there is.
    pub(crate) fn as_stream(&self, probe: Probe) -> Observation {
        let stream = Self {
            name: "stream".to_owned(),
            ..self.clone()
        };
        Observation::of(probe, vec![stream])
    }

    /// Whether the request was taken, and no response head came in time.
    pub fn is_unanswered(&self) -> bool {
        matches!(
            self.answer,
            Answer::Nothing {
                why: Failure::Timeout,
                ..
            }
        )
    }

    /// What was answered, which may be nothing.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if it says nothing about how the target answers that, with the reason.
    pub(crate) fn told(&self) -> Result<&Answer, NotObserved> {
        match &self.answer {
            Answer::Nothing { why, .. } if why.says_nothing() => Err(NotObserved(why.to_string())),
            answer => Ok(answer),
        }
    }

    /// Whether it was answered with an event stream.
    pub fn is_event_stream(&self) -> bool {
        self.response().is_ok_and(Response::is_event_stream)
    }

    /// The response.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if there was none, with what happened instead.
    pub fn response(&self) -> Result<&Response, NotObserved> {
        match &self.answer {
            Answer::Response(response) => Ok(response),
            Answer::Nothing { why, .. } => Err(NotObserved(format!("{}: {why}", self.name))),
        }
    }
}

impl Response {
    /// All values of the header `name` (in lower case).
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Header> {
        self.headers
            .iter()
            .filter(move |header| header.name == name)
    }

    /// The first value of the header `name` (in lower case), as text with replacement.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers
            .iter()
            .find(|header| header.name == name)
            .map(Header::text)
    }

    /// The names in the lists of all fields `name` (in lower case), in lower case.
    pub(crate) fn listed(&self, name: &str) -> Vec<String> {
        let fields = self.headers_named(name);
        let texts: Vec<_> = fields.map(Header::text).collect();
        let members = texts.iter().flat_map(|text| header::members(text));
        members.map(|(name, _)| name).collect()
    }

    /// Whether one of `words` is [listed](Self::listed) in the fields `name`.
    pub(crate) fn lists(&self, name: &str, words: &[&str]) -> bool {
        let listed = self.listed(name);
        listed.iter().any(|word| words.contains(&word.as_str()))
    }

    /// Whether the status is 200 and the essence of the type `text/event-stream`.
    pub fn is_event_stream(&self) -> bool {
        self.status == 200
            && self.header("content-type").is_some_and(|value| {
                header::essence(&value).as_deref() == Some(header::EVENT_STREAM)
            })
    }

    /// How long its body went on, in microseconds.
    pub fn lasted(&self) -> u64 {
        self.ended_at.saturating_sub(self.head_at)
    }

    /// How old it is by its own word, in seconds, if it has come from a cache: <https://www.rfc-editor.org/rfc/rfc9111#section-5.1>.
    pub(crate) fn age(&self) -> Option<u64> {
        let age = self.header("age")?.trim().parse().ok()?;
        Some(age).filter(|age| *age > 0)
    }

    /// How many of what `came` while its body went on may be expected in this time.
    pub(crate) fn expected(&self, came: usize, time: Duration) -> usize {
        let expected = came as u128 * time.as_micros() / u128::from(self.lasted().max(1));
        usize::try_from(expected).unwrap_or(usize::MAX)
    }

    /// Whether its body comes in chunks, which then say where it ends: <https://www.rfc-editor.org/rfc/rfc9112#section-6.3>.
    pub(crate) fn is_in_chunks(&self) -> bool {
        let codings = self.listed("transfer-encoding");
        self.version == "HTTP/1.1" && codings.last().is_some_and(|last| last == "chunked")
    }

    /// The names of the content codings of the body, without words that name none, such as `identity`: clients know that nothing is coded then.
    pub fn content_codings(&self) -> Vec<String> {
        self.headers_named("content-encoding")
            .flat_map(|header| {
                header
                    .text()
                    .split(',')
                    .map(|coding| coding.trim().to_ascii_lowercase())
                    .collect::<Vec<_>>()
            })
            .filter(|coding| !coding::NO_CODING.contains(&coding.as_str()))
            .collect()
    }

    /// Whether the body can be read as an event stream.
    fn require_event_stream(&self) -> Result<(), NotObserved> {
        if !self.is_event_stream() {
            return Err(NotObserved(
                "the response is not an event stream".to_owned(),
            ));
        }
        match self.content_codings().as_slice() {
            [] => Ok(()),
            codings => Err(NotObserved(format!(
                "the body is coded ({})",
                codings.join(", ")
            ))),
        }
    }

    /// Whether the server went on sending until we left or it ended the response by itself: not cut by a failure.
    pub fn ended_in_order(&self) -> bool {
        matches!(self.end, End::Complete | End::Left(_))
    }
}

/// Whether a status says that there are too many clients.
pub(crate) fn says_too_many(status: u16) -> bool {
    matches!(status, 429 | 503)
}

impl Failure {
    /// Whether it says nothing about how the target answers what was asked.
    pub(crate) fn says_nothing(&self) -> bool {
        matches!(
            self,
            Self::NotAsked(_) | Self::TooMany(_) | Self::TargetDied
        )
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(why) => write!(f, "no connection: {why}"),
            Self::Timeout => f.write_str("no response head before the deadline"),
            Self::Overtaken => f.write_str(
                "no response head, while a request for the stream that was begun later had one",
            ),
            Self::Protocol(why) => write!(f, "connected, but no response: {why}"),
            Self::NoAnswer(what) => f.write_str(what),
            Self::NotAsked(why) => f.write_str(why),
            Self::TooMany(status) => write!(
                f,
                "status {status}, as for others who ask for nothing unusual: there are too many"
            ),
            Self::TargetDied => f.write_str("the target was gone"),
        }
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Events => "enough events",
            Self::Time => "the time was up",
            Self::Idle => "silent for the idle time",
            Self::Terminal => "the terminal event came",
            Self::TooMuch => "more bytes than we keep",
            Self::Seen => "the probe had seen enough",
        })
    }
}
