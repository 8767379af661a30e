//! The part of a body that came of one step: what lies between two markers.

use sse_fixtures::ScriptStep;
use sse_parser::{FieldName, Line};

use super::played::Fault;
use super::{MARKER, Script, number_in, number_of, subject};
use crate::transcript::{Block, BodyLine, Dispatched, Transcript};

/// A marker of a script.
pub(super) struct Mark {
    /// Its index in the script.
    pub(super) index: usize,
    /// Where it is in the body, if it came.
    pub(super) found: Option<Found>,
}

/// A marker in a body.
#[derive(Clone, Copy)]
pub(super) struct Found {
    /// Which event it is; beyond the last if its blank line is missing.
    event: usize,
    /// Offset of the first field of its block.
    start: usize,
    /// Offset behind its blank line.
    end: usize,
}

/// All markers of `script`, in order.
pub(super) fn marks(script: &Script, transcript: &Transcript<'_>) -> Vec<Mark> {
    let mut came = Vec::new();
    for block in &transcript.blocks {
        let (event, number) = match block.event {
            Some(event) => (event, number_in(&transcript.events[event].data)),
            // The last event, without its blank line: that it is lost is for another check to say.
            None if !block.closed => {
                let bytes = &transcript.bytes()[block.start..block.end];
                (
                    transcript.events.len(),
                    number_in(&String::from_utf8_lossy(bytes)),
                )
            }
            None => continue,
        };
        // A number that does not grow is an echo of a marker, not a marker.
        if let Some(number) =
            number.filter(|number| came.last().is_none_or(|(last, _)| last < number))
        {
            let Block { start, end, .. } = *block;
            came.push((number, Found { event, start, end }));
        }
    }
    let steps = script.steps.iter().enumerate();
    let marks = steps.filter_map(|(index, step)| Some((index, number_of(step)?)));
    let found = |number: usize| {
        came.iter()
            .find(|(n, _)| *n == number)
            .map(|(_, found)| *found)
    };
    marks
        .map(|(index, number)| Mark {
            index,
            found: found(number),
        })
        .collect()
}

/// The part of a body that came of one step.
pub(super) struct Region<'t> {
    pub(super) step: &'t ScriptStep,
    /// Offset of its first byte.
    pub(super) from: usize,
    /// The events that came of the step.
    pub(super) events: &'t [Dispatched],
    /// Its lines, and those that the step put into the block of the marker behind it.
    pub(super) lines: Vec<BodyLine<'t>>,
    /// Offset of the first field of the marker behind it.
    until: usize,
    /// The blocks between the markers.
    pub(super) blocks: Vec<&'t Block>,
    /// The marker before it.
    pub(super) before: Option<&'t Dispatched>,
    /// The marker behind it.
    pub(super) behind: Option<&'t Dispatched>,
    bytes: &'t [u8],
}

impl<'t> Region<'t> {
    pub(super) fn new(
        step: &'t ScriptStep,
        transcript: &'t Transcript<'t>,
        lines: &[BodyLine<'t>],
        before: Option<Found>,
        behind: Option<Found>,
    ) -> Self {
        let from = before.map_or(0, |found| found.end);
        let to = behind.map_or_else(|| transcript.bytes().len(), |found| found.end);
        let until = behind.map_or(to, |found| found.start);
        let first = before.map_or(0, |found| found.event + 1);
        let last = behind.map_or(transcript.events.len(), |found| found.event);
        // Behind a marker without its blank line there is nothing.
        let first = first.min(last);
        let of_marker = |line: &BodyLine<'_>| {
            line.offset >= until
                && matches!(line.line, Line::Field { value, .. } if contains(value, MARKER))
        };
        let at = |offset| lines.partition_point(|line| line.offset < offset);
        let inside = lines[at(from)..at(to)]
            .iter()
            .filter(|line| !of_marker(line));
        let blocks = transcript.blocks.iter();
        Self {
            step,
            from,
            events: &transcript.events[first..last],
            lines: inside.copied().collect(),
            until,
            blocks: blocks
                .filter(|block| (from..until).contains(&block.start))
                .collect(),
            before: before.and_then(|found| transcript.events.get(found.event)),
            behind: behind.and_then(|found| transcript.events.get(found.event)),
            bytes: transcript.bytes(),
        }
    }

    /// The bytes of `line` without its end.
    pub(super) fn content(&self, line: &BodyLine<'_>) -> &'t [u8] {
        let bytes = &self.bytes[line.offset..line.next];
        let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        &bytes[..end.unwrap_or(bytes.len())]
    }

    /// The values of all fields of this name before the marker: that may have fields of its own.
    pub(super) fn values(&self, wanted: FieldName) -> impl Iterator<Item = (&'t [u8], usize)> {
        let before = self.lines.iter().filter(|line| line.offset < self.until);
        before.filter_map(move |line| match line.line {
            Line::Field { name, value } if FieldName::of(name) == wanted => {
                Some((value, line.offset))
            }
            _ => None,
        })
    }

    /// The fault of a step that comes back changed: what is ordinary has to arrive, what is not may be refused, but not changed in silence.
    pub(super) fn changed(&self) -> Fault {
        let unusual = || subject::find(self.step).is_some_and(|found| found.is_unusual());
        if super::is_expressible(self.step) && !unusual() {
            Fault::RoundTrip
        } else {
            Fault::SilentChange
        }
    }
}

fn contains(value: &[u8], text: &str) -> bool {
    value
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
