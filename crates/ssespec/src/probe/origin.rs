//! A request with a foreign `Origin`, as a page of another site makes it.

use reqwest::header::{HeaderValue, ORIGIN};

use super::Prober;
use super::ask::Ask;
use super::last_event_id::{LAST_EVENT_ID, NEGATIVE};
use crate::check::Probe;
use crate::observation::Observation;

/// An origin that no server can know: `.invalid` is nobody's.
pub(super) const FOREIGN: &str = "https://ssespec.invalid";

impl Prober {
    /// `foreign`: the head of the response to a request with a foreign origin; `foreign-again`, that to one who comes back with the id [`NEGATIVE`]; and
    /// `foreign-led`, the redirect, where the address that was named leads to another one.
    pub(super) async fn origin(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Origin) {
            return nothing;
        }
        let ask = |name| Ask::stream(name, self).header(ORIGIN, HeaderValue::from_static(FOREIGN));
        let again = ask("foreign-again").header(LAST_EVENT_ID, HeaderValue::from_static(NEGATIVE));
        let first = self.ask(ask("foreign"), None).await;
        let mut exchanges = vec![first, self.ask(again, None).await];
        if *self.url() != self.settings.url {
            let mut ask = ask("foreign-led");
            ask.url = self.settings.url.clone();
            ask.with_secrets = true;
            let _slot = self.slot().await;
            let led = self.open_within(self.head_patience(), ask).await;
            exchanges.push(led.read(self, None).await);
        }
        Observation::of(Probe::Origin, exchanges)
    }
}
