//! A request in HTTP/1.0, by hand: the bytes of the answer are the point.

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;

impl Prober {
    /// `http10`: the head and the first bytes, no coding removed. Half of the time is enough: it is the head that tells.
    pub(super) async fn http10(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Http10) {
            return nothing;
        }
        let rules = briefly(self.brief() / 2, 1);
        let ask = Ask::stream("http10", self).keep_as_it_comes();
        match self.http1_ask(&ask, "HTTP/1.0", |_| {}, Some(&rules)).await {
            Ok(seen) => Observation::of(Probe::Http10, vec![seen.exchange]),
            Err(_) => Observation::nothing(Probe::Http10, "the target speaks HTTP/2 only"),
        }
    }
}
