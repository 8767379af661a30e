use core::time::Duration;

use crate::expectation::{ExpectedEvent, ExpectedState, ExpectedVerdict};
use crate::script::Scripted;

/// A section of a fixture; sections stand in the order in which things happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// `--- response`: a connection is answered with this status and these headers.
    Response {
        /// The status, three digits.
        status: u16,
        /// Names as written, values as bytes.
        headers: Vec<(String, Vec<u8>)>,
    },
    /// `--- stream`: bytes of the body; without a response before it, one of status 200 and type `text/event-stream` is meant.
    Stream(Stream),
    /// `--- reset`: the connection ends abruptly.
    Reset,
    /// `--- wait 200`: nothing is sent for so long.
    Wait(Duration),
    /// `--- request`: what the next request must carry.
    Request {
        /// Header names as written; `None` (written `!name`) means that the header must be absent.
        expect: Vec<(String, Option<Vec<u8>>)>,
    },
    /// `--- script`: what an encoder is asked to write; then the events are what must come of it unless it refuses.
    Script(Vec<Scripted>),
    /// `--- steps`: what an event source must fire, with its ready state at that moment.
    Steps(Vec<Step>),
    /// `--- events`: the events that must come of all streams, none more and none fewer.
    Events(Vec<ExpectedEvent>),
    /// `--- state`: what must be remembered when all is over.
    State(ExpectedState),
    /// `--- verdict`: what the checks of a server must say of this response.
    Verdict(Vec<ExpectedVerdict>),
}

impl Section {
    /// The word after `---`.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Response { .. } => "response",
            Self::Stream(_) => "stream",
            Self::Reset => "reset",
            Self::Wait(_) => "wait",
            Self::Request { .. } => "request",
            Self::Script(_) => "script",
            Self::Steps(_) => "steps",
            Self::Events(_) => "events",
            Self::State(_) => "state",
            Self::Verdict(_) => "verdict",
        }
    }
}

/// The bytes of a [stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream), and where the author cut them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Offsets of the chunk edges written as `\|`, in order; twice the same offset is an empty chunk.
    pub cuts: Vec<usize>,
}

/// Something that an event source fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// What is fired.
    pub kind: StepKind,
    /// The ready state that its handler sees.
    pub ready_state: ReadyState,
}

/// The kind of a [`Step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// `open`: the connection is [announced](https://html.spec.whatwg.org/multipage/server-sent-events.html#announce-the-connection).
    Open,
    /// `error`: the connection is [reestablished](https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection) or [failed](https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection).
    Error,
    /// `event`: the next of the expected events, of whatever type. A fixture's steps name all of its events or none.
    Event,
}

/// The [ready state](https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate) of an event source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadyState {
    /// `CONNECTING`, 0.
    Connecting,
    /// `OPEN`, 1.
    Open,
    /// `CLOSED`, 2.
    Closed,
}
