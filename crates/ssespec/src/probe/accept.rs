//! The same resource with other `Accept` headers.

use reqwest::header::{ACCEPT, HeaderValue};

use super::Prober;
use super::ask::Ask;
use crate::check::Probe;
use crate::header::{EVENT_STREAM, Header};
use crate::observation::Observation;

impl Prober {
    /// `usual` asks as an event source does, for comparison; `any` asks for `*/*`, `html` for `text/html`, `none` has no such header.
    pub(super) async fn accept(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Accept) {
            return nothing;
        }
        let mut exchanges = Vec::new();
        for (name, value) in [
            ("usual", EVENT_STREAM),
            ("any", "*/*"),
            ("html", "text/html"),
        ] {
            let ask = Ask::stream(name, self).header(ACCEPT, HeaderValue::from_static(value));
            exchanges.push(self.ask(ask, None).await);
        }
        let without_accept =
            |headers: &mut Vec<Header>| headers.retain(|header| header.name != "accept");
        // reqwest always sends one, so this goes over the wire by hand.
        let none = self.wire_get("none", without_accept, None).await;
        exchanges.push(none.exchange);
        Observation::of(Probe::Accept, exchanges)
    }
}
