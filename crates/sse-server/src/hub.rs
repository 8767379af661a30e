use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::settings::Settings;
use crate::topic::Topic;

/// Topics by name, and the settings that they share.
///
/// Clones are the same hub.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    settings: Arc<Settings>,
    topics: Arc<Mutex<BTreeMap<String, Topic>>>,
}

impl Hub {
    /// A hub without topics.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            topics: Arc::default(),
        }
    }

    /// The topic of this name, which is made if there is none. It is read at `/name`.
    #[must_use]
    pub fn topic(&self, name: &str) -> Topic {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let made = topics.entry(name.to_owned());
        made.or_insert_with(|| Topic::new(Arc::clone(&self.settings)))
            .clone()
    }

    /// The topic of this name, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Topic> {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.get(name).cloned()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}
