use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// What an event must be; what is `None` is not asserted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExpectedEvent {
    /// `type`.
    pub event_type: Option<String>,
    /// `data`.
    pub data: Option<String>,
    /// `lastEventId`.
    pub last_event_id: Option<String>,
}

impl ExpectedEvent {
    /// An event of which all is asserted.
    #[must_use]
    pub fn new(event_type: &str, data: &str, last_event_id: &str) -> Self {
        Self {
            event_type: Some(event_type.to_owned()),
            data: Some(data.to_owned()),
            last_event_id: Some(last_event_id.to_owned()),
        }
    }

    /// Whether an event is as expected.
    #[must_use]
    pub fn matches(&self, event_type: &str, data: &str, last_event_id: &str) -> bool {
        let agrees =
            |expected: &Option<String>, seen| expected.as_deref().is_none_or(|e| e == seen);
        agrees(&self.event_type, event_type)
            && agrees(&self.data, data)
            && agrees(&self.last_event_id, last_event_id)
    }
}

/// What must be remembered after the end of a stream; what is `None` is not asserted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExpectedState {
    /// The [last event ID string](https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id).
    ///
    /// The standard's string starts out empty, so `Some(None)` (never set) and `Some(Some(""))` ask for the same.
    pub last_event_id: Option<Option<String>>,
    /// The [reconnection time](https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time)
    /// in milliseconds; `Some(None)` means that the stream must not set it.
    pub reconnection_time: Option<Option<u64>>,
    /// How long the reconnection time must be at least, in milliseconds, if the stream sets one at all: for numbers that are too
    /// large for some receivers, which may ignore or shorten them, but not to nearly nothing.
    pub reconnection_time_at_least: Option<u64>,
}

impl ExpectedState {
    /// Whether what is remembered is as expected; a last event ID that was never set is an empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// let expected = sse_fixtures::ExpectedState {
    ///     last_event_id: Some(Some(String::new())),
    ///     reconnection_time: Some(None),
    ///     ..Default::default()
    /// };
    /// assert!(expected.matches(None, None));
    /// assert!(expected.matches(Some(""), None));
    /// assert!(!expected.matches(Some("7"), None));
    /// assert!(!expected.matches(None, Some(20)));
    /// ```
    #[must_use]
    pub fn matches(&self, last_event_id: Option<&str>, reconnection_time: Option<u64>) -> bool {
        let id = self.last_event_id.as_ref();
        let id = id.is_none_or(|id| id.as_deref().unwrap_or("") == last_event_id.unwrap_or(""));
        let time = self.reconnection_time;
        let short = (self.reconnection_time_at_least.zip(reconnection_time))
            .is_some_and(|(least, time)| time < least);
        id && time.is_none_or(|time| time == reconnection_time) && !short
    }
}

/// What one check must say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExpectedVerdict {
    /// What it must say.
    pub outcome: Outcome,
    /// The id of the check, such as `lint/empty-data`.
    pub check: String,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// `pass`.
    Pass,
    /// `fail`.
    Fail,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventObject {
    #[serde(rename = "type", default, deserialize_with = "present")]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "present")]
    data: Option<String>,
    #[serde(rename = "lastEventId", default, deserialize_with = "present")]
    last_event_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateObject {
    #[serde(rename = "lastEventId", default, deserialize_with = "present")]
    last_event_id: Option<Option<String>>,
    #[serde(rename = "reconnectionTime", default, deserialize_with = "present")]
    reconnection_time: Option<Option<u64>>,
    #[serde(
        rename = "reconnectionTimeAtLeast",
        default,
        deserialize_with = "present"
    )]
    reconnection_time_at_least: Option<u64>,
}

/// Tells a member that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Reads an object; serde alone would take an array for one.
pub(crate) fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, serde_json::Error> {
    if json.starts_with('{') {
        serde_json::from_str(json)
    } else {
        Err(serde_json::Error::custom("not an object"))
    }
}

pub(crate) fn read_event(json: &str) -> Result<ExpectedEvent, serde_json::Error> {
    let object: EventObject = read(json)?;
    Ok(ExpectedEvent {
        event_type: object.event_type,
        data: object.data,
        last_event_id: object.last_event_id,
    })
}

pub(crate) fn read_state(json: &str) -> Result<ExpectedState, serde_json::Error> {
    let object: StateObject = read(json)?;
    Ok(ExpectedState {
        last_event_id: object.last_event_id,
        reconnection_time: object.reconnection_time,
        reconnection_time_at_least: object.reconnection_time_at_least,
    })
}
