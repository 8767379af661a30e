//! What came of each step of a script: the part of the body between two markers, compared with what a client must see of the step.

use sse_fixtures::{Refusal, ScriptStep};

use super::compare::compare;
use super::region::{Mark, Region, marks};
use super::{MARKER, REFUSED, Script, UNSUPPORTED, subject};
use crate::observation::{End, Response, Stop};
use crate::transcript::{BodyLine, Dispatched, Transcript};

/// A step under test, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// What was to be written.
    pub step: ScriptStep,
    /// What came of it.
    pub came: Came,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// What a client sees is what was to be written.
    Kept,
    /// The target says that it refuses it.
    Refused,
    /// The target says that its framework has no way to express it.
    Unsupported,
    /// The response ended before its turn, or what came of it cannot be told from what came of the step before.
    NotReached,
    /// Something else.
    Wrong(Wrong),
}

/// What is wrong with what came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// In which way.
    pub fault: Fault,
    /// What a client sees, or which bytes do it.
    pub seen: String,
    /// What it should see.
    pub expected: String,
    /// Offset of the first byte that came of the step.
    pub offset: usize,
}

/// In which way what came of a step is wrong. Each is judged by one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A text became a field or an event of its own.
    Injection,
    /// A line end at the end of the data is gone.
    TrailingNewline,
    /// A space at the start of a value is gone.
    LeadingSpace,
    /// An event with empty data is not dispatched.
    EmptyData,
    /// An id with NUL is written.
    IdNul,
    /// What cannot be expressed, or is unusual, is changed or dropped without a word.
    SilentChange,
    /// The index in a refusal is not that of the step.
    WrongIndex,
    /// Anything else: lost, changed, doubled, torn, joined.
    RoundTrip,
}

/// Compares the body of `response` with `script`.
pub fn play(script: &Script, response: &Response) -> Vec<Played> {
    let transcript = Transcript::of(response);
    let playing = Playing {
        marks: marks(script, &transcript),
        lines: transcript.lines().collect(),
        transcript: &transcript,
        end: &response.end,
        alone: script.under_test().count() == 1,
    };
    let played = script.under_test().map(|(index, step)| Played {
        step: step.clone(),
        came: held_against(step, playing.came(index, step)),
    });
    played.collect()
}

/// A body with the markers of its script.
struct Playing<'t> {
    marks: Vec<Mark>,
    lines: Vec<BodyLine<'t>>,
    transcript: &'t Transcript<'t>,
    end: &'t End,
    alone: bool,
}

impl Playing<'_> {
    fn came(&self, index: usize, step: &ScriptStep) -> Came {
        let before = self.marks.iter().rfind(|mark| mark.index < index);
        if before.is_some_and(|mark| mark.found.is_none()) {
            return Came::NotReached;
        }
        let before = before.and_then(|mark| mark.found);
        let mut behind = self.marks.iter().filter(|mark| mark.index > index);
        let next = behind.next().and_then(|mark| mark.found);
        let later = next.or_else(|| behind.find_map(|mark| mark.found));
        let region = Region::new(step, self.transcript, &self.lines, before, later);
        if let Some(answer) = answer(&region, index) {
            return answer;
        }
        match compare(&region) {
            came if next.is_some() => came,
            // What is wrong with the rest may only be that there is none.
            Came::Wrong(wrong) if later.is_some() || wrong.fault == Fault::Injection => {
                Came::Wrong(wrong)
            }
            _ => self.unfinished(&region),
        }
    }

    /// The marker behind the step did not come.
    fn unfinished(&self, region: &Region<'_>) -> Came {
        let seen = match self.end {
            _ if region.behind.is_some() => "it swallows the event that follows it".to_owned(),
            End::Complete => "the response ends at it".to_owned(),
            End::Aborted(why) => format!("the response breaks off at it: {why}"),
            End::Left(Stop::Idle | Stop::Time) if self.alone => {
                "nothing more comes after it".to_owned()
            }
            // We did not wait for it, or not for long.
            End::Left(_) | End::TargetDied => return Came::NotReached,
        };
        Came::Wrong(Wrong {
            fault: region.changed(),
            seen,
            expected: "the step, and what follows".to_owned(),
            offset: region.from,
        })
    }
}

/// A refusal is a fault if the step is harmless.
pub(super) fn held_against(step: &ScriptStep, came: Came) -> Came {
    let harmless = subject::find(step).is_some_and(|found| found.refusal == Refusal::Defect);
    if came != Came::Refused || !harmless {
        return came;
    }
    Came::Wrong(Wrong {
        fault: Fault::RoundTrip,
        seen: "a refusal".to_owned(),
        expected: "the event: nothing in it is unsafe".to_owned(),
        offset: 0,
    })
}

/// What the target says about the step, if it does.
fn answer(region: &Region<'_>, index: usize) -> Option<Came> {
    // One that comes twice, and a marker that does, are held against a step that was not refused.
    let markers = |event: &&Dispatched| event.data.contains(MARKER);
    let mut events = region.events.iter().filter(|event| !markers(event));
    let event = events.next()?;
    if events.any(|other| (&other.event_type, &other.data) != (&event.event_type, &event.data)) {
        return None;
    }
    let answer = match event.event_type.as_str() {
        REFUSED => Came::Refused,
        UNSUPPORTED => Came::Unsupported,
        _ => return None,
    };
    // An encoder that sends JSON puts it in quotes.
    let told = event.data.trim().trim_matches('"');
    if told == index.to_string() {
        return Some(answer);
    }
    Some(Came::Wrong(Wrong {
        fault: Fault::WrongIndex,
        seen: format!("{} with the data {:?}", event.event_type, event.data),
        expected: format!("{index}, the index of the step, counted from 0"),
        offset: event.offset,
    }))
}
