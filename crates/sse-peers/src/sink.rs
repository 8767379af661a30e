//! What becomes of an event.

use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) trait Sink: Default {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str);
}

/// Looks at every part and costs next to nothing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

impl Sink for Count {
    #[inline]
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
        self.events += 1;
        self.bytes += event_type.len() + data.len() + last_event_id.len();
        std::hint::black_box((event_type, data, last_event_id));
    }
}

/// Sees every byte.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    pub(crate) events: usize,
    hasher: DefaultHasher,
}

impl Digest {
    pub(crate) fn value(&self) -> (usize, u64) {
        (self.events, self.hasher.finish())
    }
}

impl Sink for Digest {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
        self.events += 1;
        (event_type, data, last_event_id).hash(&mut self.hasher);
    }
}
