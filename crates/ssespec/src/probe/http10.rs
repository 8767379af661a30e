//! A request in HTTP/1.0, by hand: the bytes of the answer are the point.

use super::Prober;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;

impl Prober {
    /// `http10`: the head and the first bytes, no coding removed.
    pub(super) async fn http10(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Http10) {
            return nothing;
        }
        let rules = briefly(self.brief(), 1);
        match self
            .wire_get("http10", "HTTP/1.0", |_| {}, Some(&rules))
            .await
        {
            Some(seen) => Observation::of(Probe::Http10, vec![seen.exchange]),
            None => Observation::nothing(Probe::Http10, "the target speaks HTTP/2 only"),
        }
    }
}
