//! The stream with a content coding offered, and with none.

use futures_util::future::join_all;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::coding::KNOWN;
use crate::observation::Observation;

/// So many events are read of a stream, if they come in time.
const EVENTS: usize = 3;

impl Prober {
    /// `identity` offers none; `gzip`, `br` and `zstd` offer one each. They are read side by side, so that one can be held against the other.
    pub(super) async fn coding(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Coding) {
            return nothing;
        }
        let rules = briefly(self.brief(), EVENTS);
        let asked = ["identity"].into_iter().chain(KNOWN).map(async |coding| {
            let ask =
                Ask::stream(coding, self).header(ACCEPT_ENCODING, HeaderValue::from_static(coding));
            self.open(ask).await.read(self, Some(&rules)).await
        });
        // All at the same time, or they could not be compared.
        let _slots = self.slots(1 + KNOWN.len()).await;
        Observation::of(Probe::Coding, join_all(asked).await)
    }
}
