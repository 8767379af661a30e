//! A client that comes with an id, beside one that comes without: whether the first one falls silent while there is something new.

use std::time::Duration;

use futures_util::future::join;
use reqwest::header::HeaderValue;

use super::Prober;
use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::watch::briefly;
use crate::observation::{End, Exchange, Response, Stop};
use crate::transcript::Transcript;

/// What the two are called.
pub(crate) const WITH_ID: &str = "with-id";
pub(crate) const WITHOUT_ID: &str = "without-id";

impl Prober {
    /// Both of them, for so much `time`. Asked only where it looks as if the one with the id fell silent.
    pub(super) async fn with_and_without(&self, id: HeaderValue, time: Duration) -> [Exchange; 2] {
        let rules = briefly(time, usize::MAX);
        let with = Ask::stream(WITH_ID, self).header(LAST_EVENT_ID, id);
        // At the same time, or they could not be compared; and it comes first, so that it does not wait for the other one.
        let _slots = self.slots(2).await;
        let with = self.open(with).await;
        let without = self.open(Ask::stream(WITHOUT_ID, self)).await;
        let (with, without) = (
            with.read(self, Some(&rules)),
            without.read(self, Some(&rules)),
        );
        join(with, without).await.into()
    }
}

/// Whether no event came in the second half of the time for which `response` was read.
pub(super) fn is_quiet(response: &Response) -> bool {
    let half = response.head_at + response.lasted() / 2;
    let events = Transcript::of(response).events;
    response.end == End::Left(Stop::Time) && events.iter().all(|event| event.at < half)
}
