//! `Last-Event-ID` values that the server has never given out, each of which a client may send.

use std::sync::OnceLock;

use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::order::is_crowded_out;
use super::watch::briefly;
use super::with_id::is_quiet;
use crate::check::Probe;
use crate::header::Header;
use crate::observation::{Exchange, Observation};
use crate::transcript::Transcript;

/// The name of the header, as reqwest wants it.
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The request that a library would not send.
pub(super) const CONTROL: &str = "control";

/// An id that no server has given out.
pub(crate) const UNKNOWN: &str = "ssespec-never-given-out";
/// An id for those who put it into a query, a command, a page, a path or a header.
pub(crate) const HOSTILE: &str = "ssespec'\"; -- <b>&{{7*7}}$(id)`../../%00%0d%0aX-Ssespec-Injected: 1\\r\\nX-Ssespec-Injected: 1";
/// An id that is a number, and fits into none of 64 bits.
pub(crate) const NUMBER: &str = "99999999999999999999";
/// An id in front of those that a counter gives out.
pub(crate) const ZERO: &str = "0";
/// One that no counter gives out, for who reads it as a number: see [`Prober::origin`].
pub(crate) const NEGATIVE: &str = "-1";
/// An id with a white space in it that is no space.
pub(crate) const TAB: &str = "ssespec\tnever";
/// The header that an unquoted copy of [`HOSTILE`] becomes.
pub(crate) const INJECTED: &str = "x-ssespec-injected";

impl Prober {
    /// `plain` has no such header, for comparison; then `unknown`, `empty`, `number`, `zero`, `non-ascii` (UTF-8), `long` (8 KiB), `hostile` and `tab`; and
    /// `control`, which a library would not send. Two at a time; one at a time those that `before` lacks an answer
    /// to. The fact `copied` names a header whose value is kept secret and holds that of ours.
    pub(super) async fn last_event_id(&self, before: Option<&Observation>) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::LastEventId) {
            return nothing;
        }
        let rules = briefly(self.brief() / 4, 1);
        let long = "x".repeat(8 * 1024);
        let values: [(&str, Option<&[u8]>); 9] = [
            ("plain", None),
            ("unknown", Some(UNKNOWN.as_bytes())),
            ("empty", Some(b"")),
            ("number", Some(NUMBER.as_bytes())),
            ("zero", Some(ZERO.as_bytes())),
            ("non-ascii", Some("\u{2026}é".as_bytes())),
            ("long", Some(long.as_bytes())),
            ("hostile", Some(HOSTILE.as_bytes())),
            ("tab", Some(TAB.as_bytes())),
        ];
        let at_once = if before.is_some() { 1 } else { 2 };
        let answered = |name: &str| {
            let exchange = before?.exchange(name).ok()?;
            (!is_crowded_out(exchange)).then(|| exchange.clone())
        };
        let copied = OnceLock::new();
        let asked = values.map(async |(name, value)| {
            if let Some(answered) = answered(name) {
                return answered;
            }
            let mut ask = Ask::stream(name, self);
            if let Some(value) = value {
                let value =
                    HeaderValue::from_bytes(value).expect("none of them has a control character");
                ask = ask.header(LAST_EVENT_ID, value);
            }
            let opened = self.open(ask).await;
            let headers = opened.response().map(reqwest::Response::headers);
            if let Some(secret) = headers.and_then(|headers| self.secret_with(headers, UNKNOWN)) {
                let _ = copied.set(secret);
            }
            opened.read(self, Some(&rules)).await
        });
        let slots = self.slots(at_once).await;
        let mut exchanges: Vec<_> = stream::iter(asked).buffered(at_once).collect().await;
        drop(slots);
        let control = Header::new(LAST_EVENT_ID.as_str(), &b"ssespec\x01\x1B[31m\x7F"[..]);
        let with = |headers: &mut Vec<Header>| headers.push(control.clone());
        exchanges.push(match answered(CONTROL) {
            Some(answered) => answered,
            None => self.wire_get(CONTROL, with, Some(&rules)).await.exchange,
        });
        let mut observation = Observation::of(Probe::LastEventId, exchanges);
        let copied = copied.into_inner().map(|name| ("copied".to_owned(), name));
        observation.facts = before
            .map(|before| before.facts.clone())
            .unwrap_or_default();
        observation.facts.extend(copied);
        observation
    }

    /// Adds [`with_and_without`](Self::with_and_without) to what was `seen` where an event came to who has no id, and none to who has one of ours, twice; if the
    /// stream that `connect` saw is one on which that is no accident.
    pub(super) async fn silence_behind_ids(&self, connect: &Observation, seen: &mut Observation) {
        let time = self.brief() / 2;
        let is_lively = connect.stream("stream").is_ok_and(|stream| {
            let events = Transcript::of(stream).events.len();
            stream.expected(events, time) > 0
        });
        let silent = seen
            .exchanges
            .iter()
            .find(|one| perhaps_silent(&seen.exchanges, &one.name));
        let Some(silent) = silent.filter(|_| is_lively) else {
            return;
        };
        let id = silent.request.header(LAST_EVENT_ID.as_str());
        let Some(Ok(id)) = id.map(|id| HeaderValue::from_bytes(&id.value)) else {
            return;
        };
        let ask = Ask::stream("unknown", self).header(LAST_EVENT_ID, id.clone());
        if is_silent(&self.ask(ask, Some(&briefly(time, 1))).await) {
            seen.exchanges
                .extend(self.with_and_without(id, 2 * self.brief()).await);
        }
    }

    /// The name of a secret header, such as `Set-Cookie`, in which `text` stands: its value is not kept.
    fn secret_with(&self, headers: &HeaderMap, text: &str) -> Option<String> {
        let secret = |name: &HeaderName| self.settings.secrets.is_secret_header(name.as_str());
        let holds = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).contains(text);
        let found = headers
            .iter()
            .find(|(name, value)| secret(name) && holds(value));
        found.map(|(name, _)| name.to_string())
    }
}

/// Whether no event came on a stream, though it was waited for.
fn is_silent(exchange: &Exchange) -> bool {
    let response = exchange.response().ok();
    response.is_some_and(|one| is_quiet(one) && Transcript::of(one).events.is_empty())
}

/// Whether events come to who has no id, and none to who has the one of the exchange `with`.
fn perhaps_silent(exchanges: &[Exchange], with: &str) -> bool {
    let is = |name: &str, silent: bool| {
        let mut named = exchanges.iter().filter(|exchange| exchange.name == name);
        named.any(|exchange| exchange.is_event_stream() && is_silent(exchange) == silent)
    };
    is("plain", false) && is(with, true)
}
