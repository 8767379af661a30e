use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sse_encoder::{EncodeError, Event};
use tokio::sync::mpsc;

use crate::body::Events;
use crate::log::EventLog;
use crate::settings::{Settings, UnknownId};

/// A series of events that any number of clients read, each from its own place on.
///
/// Clones are the same topic.
#[derive(Debug, Clone)]
pub struct Topic {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    log: EventLog,
    readers: BTreeMap<u64, mpsc::Sender<Bytes>>,
    next_reader: u64,
    closed: bool,
}

impl Topic {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        let state = State {
            log: EventLog::new(settings.history),
            readers: BTreeMap::new(),
            next_reader: 0,
            closed: false,
        };
        Self {
            inner: Arc::new(Inner {
                settings,
                state: Mutex::new(state),
            }),
        }
    }

    /// Sends the event to everybody who reads, keeps it for those who come back, and gives the id that it got.
    ///
    /// The event is encoded once. A reader whose queue is full is let go: its stream ends behind what is in the queue, and it comes
    /// back with the id of the last event that it got. On a closed topic the event is kept by nobody and sent to nobody.
    ///
    /// # Errors
    ///
    /// CR or LF in the event type: see [`EncodeError`].
    pub fn publish(&self, event: Event<'_>) -> Result<String, EncodeError> {
        let mut state = self.state();
        let (id, bytes) = state.log.append(event)?;
        state
            .readers
            .retain(|_, reader| reader.try_send(bytes.clone()).is_ok());
        Ok(id)
    }

    /// Ends all streams of the topic. Who asks for it from now on is answered with 204, which tells event sources to stop.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.readers.clear();
    }

    /// How many clients read at this moment.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.state().readers.len()
    }

    /// The events behind `last_event_id`, then those that are published from now on: without a gap, and nothing twice.
    ///
    /// Without an id, or with an empty one, it begins with the next event. `None` if the topic is closed.
    #[must_use]
    pub fn subscribe(&self, last_event_id: Option<&str>) -> Option<Events> {
        let settings = &self.inner.settings;
        let mut state = self.state();
        if state.closed {
            return None;
        }
        let missed = match last_event_id {
            None | Some("") => Default::default(),
            Some(id) => state
                .log
                .after(id)
                .unwrap_or_else(|| match settings.unknown_id {
                    UnknownId::ReplayAll => state.log.all(),
                    UnknownId::OnlyNew => Default::default(),
                }),
        };
        // Under the same lock, so that nothing is published between what was missed and what is new.
        let (sender, receiver) = mpsc::channel(settings.queue.max(1));
        let number = state.next_reader;
        state.next_reader += 1;
        state.readers.insert(number, sender);
        drop(state);
        let left = Leave {
            topic: self.clone(),
            number,
        };
        Some(Events::new(settings, missed, receiver, left))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way.
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped with the stream of a reader, whoever ended it.
#[derive(Debug)]
pub(crate) struct Leave {
    topic: Topic,
    number: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.topic.state().readers.remove(&self.number);
    }
}
