use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::line::{Line, line};
use crate::error::FixtureError;
use crate::expectation::{ExpectedEvent, ExpectedState};
use crate::fixture::Fixture;
use crate::section::{Section, Stream};

/// A stream and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedStream {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The events that must come.
    pub events: Vec<ExpectedEvent>,
    /// What must be remembered at the end.
    pub state: ExpectedState,
}

impl GeneratedStream {
    /// The stream as a fixture, so that a counter-example can be [written down](Fixture::to_text) and kept.
    ///
    /// # Errors
    ///
    /// If the path does not end in `group/rule/name.fixture`.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_fixtures::{ExpectedEvent, ExpectedState, strategies::GeneratedStream};
    ///
    /// let stream = GeneratedStream {
    ///     bytes: b"data: a\r\r".to_vec(),
    ///     events: vec![ExpectedEvent::new("message", "a", "")],
    ///     state: ExpectedState::default(),
    /// };
    /// let fixture = stream.fixture("parse/eol-cr/found.fixture", "A line ended by CR was lost.")?;
    /// assert!(fixture.to_text().contains("--- stream\ndata: a\\r\n\\r\n"));
    /// # Ok::<(), sse_fixtures::FixtureError>(())
    /// ```
    pub fn fixture(&self, path: &str, summary: &str) -> Result<Fixture, FixtureError> {
        let sections = vec![
            Section::Stream(Stream {
                bytes: self.bytes.clone(),
                cuts: Vec::new(),
            }),
            Section::Events(self.events.clone()),
            Section::State(self.state.clone()),
        ];
        Fixture::new(path, summary, sections)
    }
}

/// A stream of every kind of line, with every end of line, ill-formed bytes, an optional byte order mark and an optional last
/// line that has no end.
pub fn stream() -> impl Strategy<Value = GeneratedStream> {
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let lines = vec((line(), end), 0..20);
    let bom = prop_oneof![4 => Just(false), 1 => Just(true)];
    (bom, lines, option::of(line()))
        .prop_map(|(bom, lines, tail)| assemble(bom, &lines, tail.as_ref()))
}

/// Puts a stream together: the bytes of the lines one after the other, and what their meanings add up to.
fn assemble(bom: bool, lines: &[(Line, &str)], tail: Option<&Line>) -> GeneratedStream {
    let mut bytes = Vec::new();
    let mut events = Vec::new();
    let mut block = Block::default();
    let mut state = State::default();
    let mut previous_end = "";
    for (line, end) in lines {
        // LF after CR would be the rest of that end of line, not a line of its own
        let end = if matches!(line, Line::Blank) && previous_end == "\r" && *end == "\n" {
            "\r"
        } else {
            *end
        };
        bytes.extend(line.bytes());
        bytes.extend(end.bytes());
        previous_end = end;
        match line {
            Line::Blank => {
                state.id.clone_from(&state.pending_id);
                events.extend(core::mem::take(&mut block).close(&state.id));
            }
            Line::Data(value, _) => block.data.push(value.text.clone()),
            Line::Event(value, _) => block.event_type.clone_from(&value.text),
            Line::Id(value, _) if !value.text.contains('\0') => {
                state.pending_id.clone_from(&value.text)
            }
            Line::Retry(time, ..) => state.time = Some(u64::from(*time)),
            Line::Id(..) | Line::Comment(_) | Line::Dead(..) => {}
        }
    }
    bytes.extend(tail.map(Line::bytes).unwrap_or_default());

    // a stream that starts with the bytes of a byte order mark needs another one before it to keep them
    if bom || bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.splice(..0, *b"\xef\xbb\xbf");
    }
    GeneratedStream {
        bytes,
        events,
        state: ExpectedState {
            last_event_id: Some(Some(state.id)),
            reconnection_time: Some(state.time),
            reconnection_time_at_least: None,
        },
    }
}

#[derive(Default)]
struct State {
    id: String,
    pending_id: String,
    time: Option<u64>,
}

#[derive(Default)]
struct Block {
    event_type: String,
    data: Vec<String>,
}

impl Block {
    fn close(self, id: &str) -> Option<ExpectedEvent> {
        let event_type = if self.event_type.is_empty() {
            "message"
        } else {
            &self.event_type
        };
        let fires = !self.data.is_empty();
        fires.then(|| ExpectedEvent::new(event_type, &self.data.join("\n"), id))
    }
}
