//! The events of a topic with their ids, as many as are kept.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use sse_encoder::{EncodeError, Event};

/// A bounded history. Every event is encoded once, and shared from then on.
#[derive(Debug)]
pub(crate) struct EventLog {
    /// What all ids of this log begin with, so that those of another one, or from before a restart, are not taken for its own.
    name: String,
    /// Number of the first event that is kept.
    first: u64,
    kept: VecDeque<Bytes>,
    most: usize,
}

impl EventLog {
    pub(crate) fn new(most: usize) -> Self {
        let random = RandomState::new().hash_one(());
        Self {
            name: format!("{:08x}", random >> 32),
            first: 1,
            kept: VecDeque::new(),
            most,
        }
    }

    /// Gives the event the next id and keeps it; an id of its own is replaced.
    pub(crate) fn append(&mut self, event: Event<'_>) -> Result<(String, Bytes), EncodeError> {
        let id = format!("{}-{}", self.name, self.first + self.kept.len() as u64);
        let bytes = event.id(&id).to_bytes()?;
        self.kept.push_back(bytes.clone());
        if self.kept.len() > self.most {
            self.kept.pop_front();
            self.first += 1;
        }
        Ok((id, bytes))
    }

    /// What stands behind the event with this id. `None` if it is not known what that is: the id is not one of this log, or events
    /// behind it are no longer kept.
    pub(crate) fn after(&self, id: &str) -> Option<VecDeque<Bytes>> {
        let (name, number) = id.split_once('-')?;
        // Compared as text, because `+1` and `01` are numbers too, but no ids that were given out.
        let number: u64 = number
            .parse()
            .ok()
            .filter(|parsed: &u64| parsed.to_string() == number)?;
        let next = number.checked_add(1)?;
        let end = self.first + self.kept.len() as u64;
        let known = name == self.name && number >= 1 && (self.first..=end).contains(&next);
        let skip = usize::try_from(next.checked_sub(self.first)?).ok()?;
        known.then(|| self.kept.iter().skip(skip).cloned().collect())
    }

    /// Everything that is kept.
    pub(crate) fn all(&self) -> VecDeque<Bytes> {
        self.kept.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(events: usize, most: usize) -> (EventLog, Vec<String>) {
        let mut log = EventLog::new(most);
        let ids = (0..events).map(|_| {
            log.append(Event::new().data("x"))
                .expect("it can be sent")
                .0
        });
        let ids = ids.collect();
        (log, ids)
    }

    #[test]
    fn behind_each_id_stand_the_later_ones() {
        let (log, ids) = log(5, 10);
        for (at, id) in ids.iter().enumerate() {
            assert_eq!(log.after(id).expect("it is known").len(), 4 - at);
        }
    }

    #[test]
    fn what_is_not_kept_is_not_known() {
        let (log, ids) = log(5, 2);
        assert!(log.after(&ids[0]).is_none());
        assert!(log.after(&ids[1]).is_none(), "the third is gone");
        assert_eq!(
            log.after(&ids[2]).expect("both behind it are kept").len(),
            2
        );
        assert_eq!(log.all().len(), 2);
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
