use alloc::string::String;
use core::time::Duration;

use crate::event::Event;

/// An [`Event`] that owns its text, for queues, channels and streams.
///
/// # Examples
///
/// ```
/// use sse_encoder::{Event, OwnedEvent};
///
/// let queued = OwnedEvent { data: Some(format!("{} users", 3)), ..OwnedEvent::default() };
/// let mut out = Vec::new();
/// queued.as_event().id("7").encode_into(&mut out)?;
/// assert_eq!(out, b"id: 7\ndata: 3 users\n\n");
/// # Ok::<(), sse_encoder::EncodeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct OwnedEvent {
    /// The event type; see [`Event::event`].
    pub event: Option<String>,
    /// The last event ID; see [`Event::id`].
    pub id: Option<String>,
    /// The reconnection time; see [`Event::retry`].
    pub retry: Option<Duration>,
    /// The data; see [`Event::data`].
    pub data: Option<String>,
}

impl OwnedEvent {
    /// The same event, borrowed, to be encoded.
    pub fn as_event(&self) -> Event<'_> {
        Event {
            event: self.event.as_deref(),
            id: self.id.as_deref(),
            retry: self.retry,
            data: self.data.as_deref(),
        }
    }
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        Self {
            event: event.event.map(String::from),
            id: event.id.map(String::from),
            retry: event.retry,
            data: event.data.map(String::from),
        }
    }
}
