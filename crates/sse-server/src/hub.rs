use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sse_encoder::Event;

use crate::metrics::{Counters, Metrics};
use crate::piece::Encoded;
use crate::settings::Settings;
use crate::topic::Topic;

/// Topics by name, and the settings that they share.
///
/// Clones are the same hub.
#[derive(Debug, Clone)]
pub struct Hub {
    shared: Arc<Shared>,
    topics: Arc<Mutex<BTreeMap<String, Topic>>>,
    #[cfg(feature = "durable")]
    store: Option<crate::store::Store>,
}

/// What all topics of a hub have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    /// What each stream begins with.
    pub(crate) retry: Option<Arc<Encoded>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Hub {
    /// A hub without topics.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let retry = settings.retry.map(|retry| {
            let bytes = Event::new().retry(retry).to_bytes();
            Arc::new(Encoded::new(
                &bytes.expect("a reconnection time can always be sent"),
            ))
        });
        Self {
            shared: Arc::new(Shared {
                settings,
                counters: Counters::default(),
                retry,
            }),
            topics: Arc::default(),
            #[cfg(feature = "durable")]
            store: None,
        }
    }

    /// A hub whose events are kept in a file as well, and whose topics go on where they were when it was last open.
    ///
    /// The topics that are in the file are there from the start, each with as many events as [`Settings::history`] says. An event
    /// reaches readers when it is on the disk. The file is closed when the last clone of the hub and of its topics is gone and what
    /// waits has been written; until then nobody else can open it.
    ///
    /// # Errors
    ///
    /// The file cannot be made or read, is open elsewhere, or is something else.
    #[cfg(feature = "durable")]
    pub fn open(settings: Settings, path: impl AsRef<std::path::Path>) -> std::io::Result<Self> {
        let mut hub = Self::new(settings);
        let (store, topics) =
            crate::store::Store::open(path.as_ref(), hub.shared.settings.history)?;
        for kept in topics {
            let name = kept.topic.clone();
            let topic = Topic::restored(Arc::clone(&hub.shared), &store, kept);
            hub.topics().insert(name, topic);
        }
        hub.store = Some(store);
        Ok(hub)
    }

    /// The topic of this name, which is made if there is none. It is read at `/name`.
    #[must_use]
    pub fn topic(&self, name: &str) -> Topic {
        let mut topics = self.topics();
        let made = topics.entry(name.to_owned());
        made.or_insert_with(|| self.new_topic(name)).clone()
    }

    #[cfg_attr(
        not(feature = "durable"),
        expect(unused_variables, reason = "a name in a file")
    )]
    fn new_topic(&self, name: &str) -> Topic {
        let topic = Topic::new(Arc::clone(&self.shared));
        #[cfg(feature = "durable")]
        if let Some(store) = &self.store {
            return topic.stored(store, name);
        }
        topic
    }

    /// The topic of this name, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Topic> {
        self.topics().get(name).cloned()
    }

    /// What it has done so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let subscribers = self.topics().values().map(Topic::readers).sum::<usize>();
        self.shared.counters.read(subscribers as u64)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Lets all streams look again whether they should end.
    pub(crate) fn wake(&self) {
        // Not under the lock: it takes a while with many readers.
        let topics: Vec<_> = self.topics().values().cloned().collect();
        for topic in topics {
            topic.wake();
        }
    }

    fn topics(&self) -> MutexGuard<'_, BTreeMap<String, Topic>> {
        // Nothing in here panics half way.
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
