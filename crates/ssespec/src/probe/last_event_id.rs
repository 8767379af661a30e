//! `Last-Event-ID` values that the server has never given out, each of which a client may send.

use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::header::{HeaderName, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::header::Header;
use crate::observation::Observation;

/// The name of the header, as reqwest wants it.
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// An id that no server has given out.
pub(crate) const UNKNOWN: &str = "ssespec-never-given-out";
/// An id for those who put it into a query, a command, a page, a path or a header.
pub(crate) const HOSTILE: &str = "ssespec'\"; -- <b>&{{7*7}}$(id)`../../%00%0d%0aX-Ssespec-Injected: 1\\r\\nX-Ssespec-Injected: 1";
/// The header that an unquoted copy of [`HOSTILE`] becomes.
pub(crate) const INJECTED: &str = "x-ssespec-injected";

impl Prober {
    /// `plain` has no such header, for comparison; then `unknown`, `empty`, `non-ascii` (UTF-8), `long` (8 KiB), `hostile` and `tab`; and `control`,
    /// which a library would not send. Of the others so many are asked for `at_once`.
    pub(super) async fn last_event_id(&self, at_once: usize) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::LastEventId) {
            return nothing;
        }
        let rules = briefly(self.brief() / 4, 1);
        let long = "x".repeat(8 * 1024);
        let values: [(&str, Option<&[u8]>); 7] = [
            ("plain", None),
            ("unknown", Some(UNKNOWN.as_bytes())),
            ("empty", Some(b"")),
            ("non-ascii", Some("\u{2026}é".as_bytes())),
            ("long", Some(long.as_bytes())),
            ("hostile", Some(HOSTILE.as_bytes())),
            ("tab", Some(b"ssespec\tnever")),
        ];
        let asked = values.map(async |(name, value)| {
            let mut ask = Ask::stream(name, self);
            if let Some(value) = value {
                let value =
                    HeaderValue::from_bytes(value).expect("none of them has a control character");
                ask = ask.header(LAST_EVENT_ID, value);
            }
            self.ask(ask, Some(&rules)).await
        });
        let mut exchanges: Vec<_> = stream::iter(asked).buffered(at_once).collect().await;
        let control = Header::new(LAST_EVENT_ID.as_str(), &b"ssespec\x01\x1B[31m\x7F"[..]);
        let with = |headers: &mut Vec<Header>| headers.push(control.clone());
        let wire = self.wire_get("control", with, Some(&rules)).await;
        exchanges.push(wire.exchange);
        Observation::of(Probe::LastEventId, exchanges)
    }
}
