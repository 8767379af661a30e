use std::fmt::Display;
use std::hash::{DefaultHasher, Hash, Hasher};

use sse_parser::OwnedEvent;

/// What becomes of the events of a parser.
pub trait Sink: Default {
    /// An event was dispatched.
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str);

    /// The parser ended the stream with an error.
    fn failed(&mut self, _error: impl Display) {}
}

/// Looks at every part and costs next to nothing: for what is timed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many events there were.
    pub events: usize,
    /// Length of all their parts together, in bytes.
    pub bytes: usize,
}

impl Sink for Count {
    #[inline]
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
        self.events += 1;
        self.bytes += event_type.len() + data.len() + last_event_id.len();
        std::hint::black_box((event_type, data, last_event_id));
    }
}

/// Sees every byte and keeps none.
#[derive(Debug, Default)]
pub struct Digest {
    events: usize,
    hasher: DefaultHasher,
}

impl Digest {
    /// The same for the same events.
    #[must_use]
    pub fn value(&self) -> (usize, u64) {
        (self.events, self.hasher.finish())
    }
}

impl Sink for Digest {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
        self.events += 1;
        (event_type, data, last_event_id).hash(&mut self.hasher);
    }
}

/// Keeps everything.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Collect {
    /// The events, in order.
    pub events: Vec<OwnedEvent>,
    /// What the parser said when it gave up, if it did.
    pub error: Option<String>,
}

impl Sink for Collect {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
        self.events.push(OwnedEvent {
            event_type: event_type.to_owned(),
            data: data.to_owned(),
            last_event_id: last_event_id.to_owned(),
        });
    }

    fn failed(&mut self, error: impl Display) {
        self.error = Some(error.to_string());
    }
}
