//! A request with a foreign `Origin`, as a page of another site makes it.

use reqwest::header::{HeaderValue, ORIGIN};

use super::Prober;
use super::ask::Ask;
use crate::check::Probe;
use crate::observation::Observation;

/// An origin that no server can know: `.invalid` is nobody's.
pub(super) const FOREIGN: &str = "https://ssespec.invalid";

impl Prober {
    /// `foreign`: the head of the response to a request with a foreign origin.
    pub(super) async fn origin(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Origin) {
            return nothing;
        }
        let ask = Ask::stream("foreign", self).header(ORIGIN, HeaderValue::from_static(FOREIGN));
        Observation::of(Probe::Origin, vec![self.ask(ask, None).await])
    }
}
