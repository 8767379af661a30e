use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use sse_encoder::Event;

use crate::body::Events;
use crate::error::PublishError;
use crate::hub::Shared;
use crate::log::EventLog;
use crate::metrics::count;
use crate::piece::Encoded;
use crate::readers::Readers;
use crate::settings::UnknownId;
use crate::silence::Silence;
#[cfg(feature = "durable")]
use crate::store::{Kept, Store, Storing};

/// A series of events that any number of clients read, each from its own place on.
///
/// Clones are the same topic.
#[derive(Debug, Clone)]
pub struct Topic {
    inner: Arc<Inner>,
    /// Keeps the file open. Not in what is shared, because the store itself and the streams hold that.
    #[cfg(feature = "durable")]
    _store: Option<Store>,
}

/// What the clones, the streams and the store have in common.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    log: RwLock<EventLog>,
    pub(crate) readers: Readers,
    pub(crate) silence: Silence,
    closed: AtomicBool,
    publishing: Mutex<Publishing>,
}

#[derive(Debug)]
struct Publishing {
    /// Number of the event that is published next. With a store it is ahead of the log.
    next: u64,
    #[cfg(feature = "durable")]
    storing: Option<Storing>,
}

impl Topic {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let log = EventLog::new(shared.settings.history, shared.settings.queue);
        Self::with(shared, log)
    }

    fn with(shared: Arc<Shared>, log: EventLog) -> Self {
        let publishing = Publishing {
            next: log.end(),
            #[cfg(feature = "durable")]
            storing: None,
        };
        let inner = Inner {
            shared,
            log: RwLock::new(log),
            readers: Readers::default(),
            silence: Silence::new(),
            closed: AtomicBool::new(false),
            publishing: Mutex::new(publishing),
        };
        Self {
            inner: Arc::new(inner),
            #[cfg(feature = "durable")]
            _store: None,
        }
    }

    /// The topic that was kept in the store.
    #[cfg(feature = "durable")]
    pub(crate) fn restored(shared: Arc<Shared>, store: &Store, kept: Kept) -> Self {
        let settings = &shared.settings;
        let first = kept.next - kept.events.len() as u64;
        let (history, queue) = (settings.history, settings.queue);
        let log = EventLog::restored(kept.log, first, kept.events, history, queue);
        Self::with(shared, log).stored(store, &kept.topic)
    }

    /// The same topic, which is kept in the store from now on.
    #[cfg(feature = "durable")]
    pub(crate) fn stored(mut self, store: &Store, name: &str) -> Self {
        let storing = store.storing(name, self.inner.log().name());
        self.inner.publishing().storing = Some(storing);
        self._store = Some(store.clone());
        self
    }

    /// Sends the event to everybody who reads, keeps it for those who come back, and gives the id that it gets.
    ///
    /// The event is encoded once. A reader for whom more events wait than [`Settings::queue`](crate::Settings::queue) is let go: its
    /// stream ends behind a whole event, and it comes back with the id of the last one that it got. On a closed topic the event is sent
    /// to nobody.
    ///
    /// On a topic with a store the event is on its way to the disk, and reaches readers when it is there;
    /// `publish_stored` tells when that is.
    ///
    /// # Errors
    ///
    /// CR or LF in the event type: see [`EncodeError`](sse_encoder::EncodeError). With a store, also that it has failed, or
    /// that more than 4096 events wait for it.
    pub fn publish(&self, event: Event<'_>) -> Result<String, PublishError> {
        let mut publishing = self.inner.publishing();
        let (id, encoded) = self.inner.log().encode(publishing.next, event)?;
        #[cfg(feature = "durable")]
        if let Some(storing) = &publishing.storing {
            storing.store(&self.inner, publishing.next, encoded, None)?;
            publishing.next += 1;
            return Ok(id);
        }
        publishing.next += 1;
        self.inner.keep(std::iter::once(Arc::new(encoded)));
        Ok(id)
    }

    /// As [`publish`](Self::publish), and waits until the event is on the disk: from then on it has been published, whatever happens to
    /// the process or the machine. On a topic without a store it does not wait.
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish), and that the event could not be written.
    #[cfg(feature = "durable")]
    pub async fn publish_stored(&self, event: Event<'_>) -> Result<String, PublishError> {
        let (id, stored) = {
            let mut publishing = self.inner.publishing();
            let Some(storing) = &publishing.storing else {
                drop(publishing);
                return self.publish(event);
            };
            let (id, encoded) = self.inner.log().encode(publishing.next, event)?;
            let (tell, stored) = tokio::sync::oneshot::channel();
            storing.store(&self.inner, publishing.next, encoded, Some(tell))?;
            publishing.next += 1;
            (id, stored)
        };
        stored.await.unwrap_or_else(|_| {
            Err(PublishError::Store(
                "it ended before the event was written".into(),
            ))
        })?;
        Ok(id)
    }

    /// Ends all streams of the topic. Who asks for it from now on is answered with 204, which tells event sources to stop.
    pub fn close(&self) {
        self.inner.closed.store(true, Release);
        self.inner.wake();
    }

    /// The data of the event that was published last, if it is kept and has any: where somebody goes on who publishes the steps of
    /// something longer. With a store that is the last event on the disk, also after a restart.
    #[must_use]
    pub fn last_data(&self) -> Option<String> {
        let last = self.inner.log().last().cloned();
        last.and_then(|event| event.data())
    }

    /// How many clients read at this moment.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.inner.readers.len()
    }

    /// The events behind `last_event_id`, then those that are published from now on: without a gap, and nothing twice.
    ///
    /// Without an id, or with an empty one, it begins with the next event. `None` if the topic is closed.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio with a timer.
    #[must_use]
    pub fn subscribe(&self, last_event_id: Option<&str>) -> Option<Events> {
        if self.inner.is_closed() {
            return None;
        }
        let settings = &self.inner.shared.settings;
        let (next, end) = {
            let log = self.inner.log();
            let next = match last_event_id {
                None | Some("") => log.end(),
                Some(id) => log.after(id).unwrap_or_else(|| match settings.unknown_id {
                    UnknownId::ReplayAll => log.start(),
                    UnknownId::OnlyNew => log.end(),
                }),
            };
            (next, log.end())
        };
        // What is published before it is in the list is in the log, where it looks first.
        let events = Events::new(Arc::clone(&self.inner), next, end);
        Silence::watch(&self.inner, settings.keep_alive, |inner: &Inner| {
            inner.wake();
            inner.readers.len() > 0
        });
        Some(events)
    }

    /// Lets all streams look again whether they should end.
    pub(crate) fn wake(&self) {
        self.inner.wake();
    }
}

impl Inner {
    /// Gives these events to everybody who reads, with one wake-up.
    pub(crate) fn keep(&self, events: impl ExactSizeIterator<Item = Arc<Encoded>>) {
        if self.is_closed() {
            return;
        }
        count(&self.shared.counters.published, events.len() as u64);
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            log.push(event);
        }
        drop(log);
        self.silence.broken();
        self.wake();
    }

    fn wake(&self) {
        let end = self.log().end();
        let gone = self
            .readers
            .wake(end, self.shared.settings.queue.max(1) as u64);
        count(&self.shared.counters.dropped, gone);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Acquire)
    }

    pub(crate) fn log(&self) -> RwLockReadGuard<'_, EventLog> {
        // Nothing in here panics half way.
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn publishing(&self) -> std::sync::MutexGuard<'_, Publishing> {
        self.publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<Silence> for Inner {
    fn as_ref(&self) -> &Silence {
        &self.silence
    }
}
