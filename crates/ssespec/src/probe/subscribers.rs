//! A second client of the same session, beside the first one.

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::{Exchange, Observation};
use crate::settings::StopRules;

/// So many events tell whether two clients get the same.
const EVENTS: usize = 200;

impl Prober {
    /// `also-mine`, which is opened as soon as the stream is there and read for as long as that is watched. If it is not answered, nobody else waits for an
    /// answer while that stream is there: whatever they ask for, they ask for it again alone.
    pub(super) async fn also_mine(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Subscribers) {
            return nothing;
        }
        let stop = &self.settings.stop;
        let rules = StopRules {
            events: stop.events.min(EVENTS),
            bytes: briefly(stop.time, 0).bytes,
            ..stop.clone()
        };
        let also = self.ask(Ask::stream("also-mine", self), Some(&rules)).await;
        self.full.send_replace(also.is_unanswered());
        Observation::of(Probe::Subscribers, vec![also])
    }
}

/// Both of them: `mine` is the stream that `connect` saw.
pub(super) fn both(connect: &Observation, mut also: Observation) -> Observation {
    match connect.exchange("stream") {
        Ok(stream) if !also.exchanges.is_empty() => {
            let mine = Exchange {
                name: "mine".to_owned(),
                ..stream.clone()
            };
            also.exchanges.insert(0, mine);
            also
        }
        _ => also,
    }
}
