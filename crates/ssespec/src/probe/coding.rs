//! The stream with a content coding offered, and with none.

use futures_util::future::join_all;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::coding::KNOWN;
use crate::observation::{Exchange, Observation};

/// So many events are read of a stream, if they come in time: the end of a short one is to be seen.
const EVENTS: usize = 12;

/// No coding is offered.
pub(crate) const PLAIN: &str = "identity";

/// The same, after a request that was not answered.
pub(crate) const AGAIN: &str = "identity-again";

impl Prober {
    /// `identity` offers none; `gzip`, `br` and `zstd` offer one each. They are read side by side, so that one can be held against the other. What is not
    /// answered is asked for once more alone, and after it `identity-again`: it tells a compressor that waits from a server that has no place.
    pub(super) async fn coding(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Coding) {
            return nothing;
        }
        let rules = briefly(self.brief(), EVENTS);
        let ask = async |name, coding| {
            let ask =
                Ask::stream(name, self).header(ACCEPT_ENCODING, HeaderValue::from_static(coding));
            self.open(ask).await.read(self, Some(&rules)).await
        };
        // All at the same time, or they could not be compared.
        let _slots = self.slots(1 + KNOWN.len()).await;
        let plain = ask(PLAIN, PLAIN);
        let coded = join_all(KNOWN.map(|coding| ask(coding, coding)));
        let (plain, mut coded) = tokio::join!(plain, coded);
        let mut again = None;
        let is_there = |one: &Exchange| one.response().is_ok();
        // A server that serves few streams at a time answers none of those beside the first.
        let served = is_there(&plain) && coded.iter().any(is_there);
        for (exchange, coding) in coded.iter_mut().zip(KNOWN) {
            if served && exchange.is_unanswered() {
                *exchange = ask(coding, coding).await;
                again = Some(ask(AGAIN, PLAIN).await);
            }
        }
        let exchanges = [plain].into_iter().chain(coded).chain(again);
        Observation::of(Probe::Coding, exchanges.collect())
    }
}
