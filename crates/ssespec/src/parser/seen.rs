//! What a parser under test reports, and whether it is what a fixture expects.

use serde::{Deserialize, Deserializer};
use sse_fixtures::{ExpectedEvent, ExpectedState, Fixture};

use crate::driver::Answer;

/// An event as the driver reports it. What it leaves out, or reports as `null`, is `None`; members that we do not know are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SeenEvent {
    /// `type`.
    #[serde(default, rename = "type")]
    pub event_type: Option<String>,
    /// `data`.
    #[serde(default)]
    pub data: Option<String>,
    /// `lastEventId`.
    #[serde(default, rename = "lastEventId")]
    pub last_event_id: Option<String>,
}

/// The state as the driver reports it: outside `None` means that it does not say, inside that it was never set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct SeenState {
    /// `lastEventId`.
    #[serde(default, rename = "lastEventId", deserialize_with = "present")]
    pub last_event_id: Option<Option<String>>,
    /// `reconnectionTime`, in milliseconds.
    #[serde(default, rename = "reconnectionTime", deserialize_with = "present")]
    pub reconnection_time: Option<Option<f64>>,
}

/// What came of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The events, in order.
    pub events: Vec<SeenEvent>,
    /// What is remembered at the end, if the driver says.
    pub state: Option<SeenState>,
}

/// The line that a persistent driver answers with.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    case: String,
    #[serde(default)]
    pub(super) events: Option<Vec<SeenEvent>>,
    #[serde(default)]
    pub(super) state: Option<SeenState>,
    #[serde(default)]
    pub(super) unsupported: Option<String>,
}

impl Answer for Line {
    fn case(&self) -> &str {
        &self.case
    }

    fn fault(&self) -> Option<&'static str> {
        let none = self.events.is_none() && self.unsupported.is_none();
        none.then_some("it has neither `events` nor `unsupported`")
    }
}

/// The first difference between what a fixture expects and what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The event at this place is another one.
    Event(usize, Member),
    /// The event at this place did not come.
    Missing(usize),
    /// At this place an event came where there is none.
    Extra(usize),
    /// The last event ID at the end.
    LastEventId,
    /// The reconnection time at the end.
    ReconnectionTime,
}

/// A member of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named like the members")]
pub enum Member {
    Type,
    Data,
    LastEventId,
}

/// What a driver reports at all, as its answers show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Whether any event had a `lastEventId`.
    pub last_event_id: bool,
    /// Whether any answer had a `state` with a reconnection time.
    pub reconnection_time: bool,
    /// Whether any answer had a `state` with a last event ID.
    pub committed_id: bool,
}

impl Seen {
    /// The first difference from what `fixture` expects; what the driver never reports is not compared.
    pub fn differs(&self, fixture: &Fixture, reports: Reports) -> Option<Difference> {
        let expected = fixture.events();
        expected
            .and_then(|expected| self.differs_in_events(expected, reports))
            .or_else(|| self.differs_in_state(fixture.state()?, reports))
    }

    fn differs_in_events(
        &self,
        expected: &[ExpectedEvent],
        reports: Reports,
    ) -> Option<Difference> {
        let pairs = expected.iter().zip(&self.events).enumerate();
        let mut members = pairs.filter_map(|(place, (expected, seen))| {
            Some(Difference::Event(place, seen.differs(expected, reports)?))
        });
        members
            .next()
            .or_else(|| match expected.len().cmp(&self.events.len()) {
                std::cmp::Ordering::Equal => None,
                std::cmp::Ordering::Greater => Some(Difference::Missing(self.events.len())),
                std::cmp::Ordering::Less => Some(Difference::Extra(expected.len())),
            })
    }

    fn differs_in_state(&self, expected: &ExpectedState, reports: Reports) -> Option<Difference> {
        let none = SeenState::default();
        let seen = self.state.as_ref().unwrap_or(&none);
        if let (Some(expected), true) = (&expected.last_event_id, reports.committed_id) {
            let seen = seen.last_event_id.as_ref().and_then(Option::as_deref);
            // The string of the standard starts out empty, so never set and empty are the same.
            if expected.as_deref().unwrap_or("") != seen.unwrap_or("") {
                return Some(Difference::LastEventId);
            }
        }
        if !reports.reconnection_time {
            return None;
        }
        let seen = seen.reconnection_time.flatten();
        let wrong = expected.reconnection_time.is_some_and(|expected| {
            #[expect(clippy::cast_precision_loss, reason = "fixtures hold small times")]
            let expected = expected.map(|time| time as f64);
            expected != seen
        });
        #[expect(clippy::cast_precision_loss, reason = "fixtures hold small times")]
        let short = (expected.reconnection_time_at_least.zip(seen))
            .is_some_and(|(least, seen)| seen < least as f64);
        (wrong || short).then_some(Difference::ReconnectionTime)
    }
}

impl SeenEvent {
    fn differs(&self, expected: &ExpectedEvent, reports: Reports) -> Option<Member> {
        let wrong = |expected: &Option<String>, seen: Option<&str>| {
            expected.is_some() && expected.as_deref() != seen
        };
        let id = self.last_event_id.as_deref().unwrap_or("");
        if wrong(&expected.data, self.data.as_deref()) {
            Some(Member::Data)
        } else if wrong(&expected.event_type, self.event_type.as_deref()) {
            Some(Member::Type)
        } else if reports.last_event_id && wrong(&expected.last_event_id, Some(id)) {
            Some(Member::LastEventId)
        } else {
            None
        }
    }
}

/// Tells a member that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}
