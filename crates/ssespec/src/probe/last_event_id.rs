//! `Last-Event-ID` values that the server has never given out, each of which a client may send.

use reqwest::header::{HeaderName, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;

/// The name of the header, as reqwest wants it.
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

impl Prober {
    /// `plain` has no such header, for comparison; then `unknown`, `empty`, `non-ascii` (UTF-8) and `long` (8 KiB).
    pub(super) async fn last_event_id(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::LastEventId) {
            return nothing;
        }
        let rules = briefly(self.brief() / 4, 1);
        let long = "x".repeat(8 * 1024);
        let values: [(&str, Option<&[u8]>); 5] = [
            ("plain", None),
            ("unknown", Some(b"ssespec-never-given-out")),
            ("empty", Some(b"")),
            ("non-ascii", Some("\u{2026}é".as_bytes())),
            ("long", Some(long.as_bytes())),
        ];
        let mut exchanges = Vec::new();
        for (name, value) in values {
            let mut ask = Ask::stream(name, self);
            if let Some(value) = value {
                let value =
                    HeaderValue::from_bytes(value).expect("none of them has a control character");
                ask = ask.header(LAST_EVENT_ID, value);
            }
            exchanges.push(self.ask(ask, Some(&rules)).await);
        }
        Observation::of(Probe::LastEventId, exchanges)
    }
}
