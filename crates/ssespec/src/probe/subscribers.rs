//! A second client of the same session, beside the first one.

use futures_util::future::join_all;

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::{Exchange, Observation};
use crate::settings::StopRules;
use crate::transcript::Transcript;

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
        if also.is_unanswered() {
            self.full.send_replace(true);
        }
        Observation::of(Probe::Subscribers, vec![also])
    }

    /// Adds `alone` and `together-1` … to what was seen of two clients, of which each got numbers of one counter that the other one lacks: how many come
    /// to one client, and how many of them to each of several.
    pub(super) async fn one_and_several(&self, subscribers: &mut Observation) {
        if !share_a_counter(subscribers) {
            return;
        }
        let rules = briefly(self.brief(), usize::MAX);
        self.until_noticed().await;
        let alone = self.ask(Ask::stream("alone", self), Some(&rules)).await;
        subscribers.exchanges.push(alone);
        self.until_noticed().await;
        let names: Vec<_> = (1..=SEVERAL)
            .map(|number| format!("together-{number}"))
            .collect();
        let _slots = self.slots(SEVERAL).await;
        let opened = join_all(names.iter().map(|name| self.open(Ask::stream(name, self)))).await;
        let reading = opened
            .into_iter()
            .map(|opened| opened.read(self, Some(&rules)));
        subscribers.exchanges.extend(join_all(reading).await);
    }
}

/// How many clients are several.
pub(crate) const SEVERAL: usize = 3;

/// So many numbers of each are worth a closer look.
const COUNTED: usize = 2;

/// Whether the ids of two clients are numbers from one range, and no event came to both.
fn share_a_counter(seen: &Observation) -> bool {
    let numbers = |name| Transcript::of(seen.stream(name).ok()?).numbers();
    let (Some(mine), Some(also)) = (numbers("mine"), numbers("also-mine")) else {
        return false;
    };
    let ends = |numbers: &[u64]| Some((*numbers.iter().min()?, *numbers.iter().max()?));
    let (Some(one), Some(other)) = (ends(&mine), ends(&also)) else {
        return false;
    };
    let overlap = one.0.max(other.0) < one.1.min(other.1);
    overlap
        && mine.len().min(also.len()) >= COUNTED
        && !mine.iter().any(|number| also.contains(number))
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
