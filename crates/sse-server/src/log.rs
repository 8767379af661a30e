//! The events of a topic with their ids, as many as are kept.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use sse_encoder::{EncodeError, Event};

use crate::piece::Encoded;

/// A bounded history. Every event is encoded once, and shared from then on.
#[derive(Debug)]
pub(crate) struct EventLog {
    /// What all ids of this log begin with, so that those of another one are not taken for its own.
    name: String,
    /// Number of the first event that is kept.
    first: u64,
    kept: VecDeque<Arc<Encoded>>,
    /// How many are kept for those who come back.
    history: usize,
    /// How many are kept at all: no fewer than may wait for a reader.
    most: usize,
}

impl EventLog {
    pub(crate) fn new(history: usize, queue: usize) -> Self {
        let random = RandomState::new().hash_one(());
        Self::restored(format!("{:08x}", random >> 32), 1, [], history, queue)
    }

    /// A log that goes on behind these events, the first of which has this number.
    pub(crate) fn restored(
        name: String,
        first: u64,
        kept: impl IntoIterator<Item = Arc<Encoded>>,
        history: usize,
        queue: usize,
    ) -> Self {
        Self {
            name,
            first,
            kept: kept.into_iter().collect(),
            history,
            most: history.max(queue).max(1),
        }
    }

    #[cfg(feature = "durable")]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Gives the event the id of this number; an id of its own is replaced.
    pub(crate) fn encode(
        &self,
        number: u64,
        event: Event<'_>,
    ) -> Result<(String, Encoded), EncodeError> {
        let id = format!("{}-{number}", self.name);
        let mut bytes = Vec::new();
        event.id(&id).encode_into(&mut bytes)?;
        Ok((id, Encoded::new(&bytes)))
    }

    /// Keeps the event whose number is [`end`](Self::end).
    pub(crate) fn push(&mut self, event: Arc<Encoded>) {
        self.kept.push_back(event);
        if self.kept.len() > self.most {
            self.kept.pop_front();
            self.first += 1;
        }
    }

    /// Number of the event that comes next.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Number of the oldest event that somebody can come back to.
    pub(crate) fn start(&self) -> u64 {
        self.first
            .max(self.end().saturating_sub(self.history as u64))
    }

    /// The event with this number, if it is kept.
    pub(crate) fn get(&self, number: u64) -> Option<&Arc<Encoded>> {
        let at = number.checked_sub(self.first)?;
        self.kept.get(usize::try_from(at).ok()?)
    }

    /// The newest event, if it is kept.
    pub(crate) fn last(&self) -> Option<&Arc<Encoded>> {
        self.kept.back()
    }

    /// Number of the event behind the one with this id. `None` if it is not known what stands there: the id is not one of this log, or
    /// events behind it are no longer kept.
    pub(crate) fn after(&self, id: &str) -> Option<u64> {
        let (name, number) = id.split_once('-')?;
        // Compared as text, because `+1` and `01` are numbers too, but no ids that were given out.
        let number: u64 = number
            .parse()
            .ok()
            .filter(|parsed: &u64| parsed.to_string() == number)?;
        let next = number.checked_add(1)?;
        let known = name == self.name && number >= 1 && (self.start()..=self.end()).contains(&next);
        known.then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(events: usize, most: usize) -> (EventLog, Vec<String>) {
        let mut log = EventLog::new(most, 1);
        let ids = (0..events).map(|_| {
            let (id, event) = log
                .encode(log.end(), Event::new().data("x"))
                .expect("it can be sent");
            log.push(Arc::new(event));
            id
        });
        let ids = ids.collect();
        (log, ids)
    }

    #[test]
    fn behind_each_id_stand_the_later_ones() {
        let (log, ids) = log(5, 10);
        for (at, id) in ids.iter().enumerate() {
            assert_eq!(log.after(id), Some(at as u64 + 2));
        }
    }

    #[test]
    fn what_is_not_kept_is_not_known() {
        let (log, ids) = log(5, 2);
        assert!(log.after(&ids[0]).is_none());
        assert!(log.after(&ids[1]).is_none(), "the third is gone");
        assert_eq!(log.after(&ids[2]), Some(4), "both behind it are kept");
        assert_eq!((log.start(), log.end()), (4, 6));
        assert!(log.get(3).is_none() && log.get(4).is_some() && log.get(6).is_none());
    }

    #[test]
    fn what_waits_for_a_reader_is_not_history() {
        let mut log = EventLog::new(0, 4);
        let (id, event) = log
            .encode(log.end(), Event::new().data("x"))
            .expect("it can be sent");
        log.push(Arc::new(event));
        assert!(log.get(1).is_some());
        assert_eq!(log.after(&id), Some(2));
        assert_eq!(log.start(), 2, "nothing to come back to");
    }

    #[test]
    fn ids_of_others_are_not_known() {
        let (ours, ids) = log(3, 10);
        let (others, _) = log(3, 10);
        assert!(others.after(&ids[0]).is_none());
        let name = ids[0].split_once('-').expect("it has a name").0;
        for number in [
            "0",
            "4",
            "01",
            "+1",
            "-1",
            "",
            "x",
            "18446744073709551615",
            "18446744073709551616",
        ] {
            assert!(
                ours.after(&format!("{name}-{number}")).is_none(),
                "{number}"
            );
        }
        for id in ["", "-", "…", "1"] {
            assert!(ours.after(id).is_none(), "{id}");
        }
    }
}
