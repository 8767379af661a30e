use alloc::borrow::ToOwned;
use alloc::string::String;

/// An event [as it is dispatched](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage), borrowed from the chunk or from the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a str,
    pub(crate) data_bytes: &'a [u8],
    pub(crate) last_event_id: &'a str,
}

impl<'a> Event<'a> {
    /// The `type`; `message` where the stream gave none.
    #[must_use]
    pub const fn event_type(&self) -> &'a str {
        self.event_type
    }

    /// The `data`: the values of all `data` fields, joined with LF.
    #[must_use]
    pub const fn data(&self) -> &'a str {
        self.data
    }

    /// The data before it was decoded: as it came, also where it is not UTF-8.
    #[must_use]
    pub const fn data_bytes(&self) -> &'a [u8] {
        self.data_bytes
    }

    /// The `lastEventId`: of this event or, if it has none, of the last one before it that had.
    #[must_use]
    pub const fn last_event_id(&self) -> &'a str {
        self.last_event_id
    }

    /// Copies the event out of the chunk.
    #[must_use]
    pub fn to_owned(&self) -> OwnedEvent {
        OwnedEvent {
            event_type: self.event_type.to_owned(),
            data: self.data.to_owned(),
            last_event_id: self.last_event_id.to_owned(),
        }
    }
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        event.to_owned()
    }
}

/// An [`Event`] that owns its text.
///
/// With the feature `serde` it is `{"type": …, "data": …, "lastEventId": …}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct OwnedEvent {
    /// The `type`; `message` where the stream gave none.
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub event_type: String,
    /// The `data`.
    pub data: String,
    /// The `lastEventId`.
    pub last_event_id: String,
}
