//! What the rules of a profile look at.

use serde_json::Value;

use super::{Profile, class};
use crate::check::{NotObserved, Verdict};
use crate::observation::{Observation, Response};
use crate::transcript::{Dispatched, Transcript};

/// A response, the events in it if it is an event stream, and the further requests.
pub(super) struct Seen<'a> {
    pub(super) method: &'a str,
    pub(super) response: &'a Response,
    stream: Result<Stream<'a>, NotObserved>,
    pub(super) asked: Option<&'a Observation>,
}

/// An event stream with its events sorted into classes.
pub(super) struct Stream<'a> {
    pub(super) transcript: Transcript<'a>,
    pub(super) events: Vec<Event>,
}

/// An event in its class.
pub(super) struct Event {
    pub(super) class: String,
    pub(super) dispatched: Dispatched,
    /// Its data, if that is JSON.
    pub(super) json: Option<Value>,
}

impl<'a> Seen<'a> {
    /// Sorts the stream that `connect` saw.
    pub(super) fn of(
        profile: &Profile,
        connect: &'a Observation,
        asked: Option<&'a Observation>,
    ) -> Result<Self, NotObserved> {
        let exchange = connect.exchange("stream")?;
        Ok(Self {
            method: &exchange.request.method,
            response: exchange.response()?,
            stream: connect
                .stream("stream")
                .map(|response| Stream::of(profile, response)),
            asked,
        })
    }

    /// The stream.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if the response is no event stream, or one without events.
    pub(super) fn stream(&self) -> Result<&Stream<'a>, NotObserved> {
        let stream = self.stream.as_ref().map_err(Clone::clone)?;
        stream.transcript.require_events(1)?;
        Ok(stream)
    }
}

impl<'a> Stream<'a> {
    fn of(profile: &Profile, response: &'a Response) -> Self {
        let transcript = Transcript::of(response);
        let sort = |event: &Dispatched| {
            let json = serde_json::from_str(&event.data).ok();
            let class = profile
                .classes
                .iter()
                .find(|class| class.holds(event, json.as_ref()));
            Event {
                class: class.map_or(class::OTHER, |class| &class.name).to_owned(),
                dispatched: event.clone(),
                json,
            }
        };
        Self {
            events: transcript.events.iter().map(sort).collect(),
            transcript,
        }
    }

    /// The events of one of `classes`, or all if none is named.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if there is no such event.
    pub(super) fn of_classes(&self, classes: &[String]) -> Result<Vec<&Event>, NotObserved> {
        let chosen: Vec<_> = self
            .events
            .iter()
            .filter(|event| classes.is_empty() || classes.contains(&event.class))
            .collect();
        if chosen.is_empty() {
            return NotObserved::because(format!("there was no {}", classes.join(" and no ")));
        }
        Ok(chosen)
    }

    /// A failure at `event`.
    pub(super) fn fail(&self, event: &Event, seen: String, expected: impl Into<String>) -> Verdict {
        Verdict::fail_at(
            seen,
            expected,
            self.transcript.bytes(),
            event.dispatched.offset,
        )
    }
}

impl Event {
    /// The value at `pointer`, if the data is JSON that has one there.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.json.as_ref()?.pointer(pointer)
    }
}
