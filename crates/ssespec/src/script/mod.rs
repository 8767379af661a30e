//! Scripts of events: what a target is asked to write with its own encoder, and what must come of it.
//!
//! A script goes over the wire as the contract of the replay endpoint says. Between the steps under test stand markers, events of plain data
//! with a number: what lies between two of them came of one step, whatever the target made of it.

mod compare;
pub(crate) mod delivery;
mod injection;
mod played;
mod region;
mod subject;
mod told;

pub(crate) use compare::any_line_end;
pub use played::{Came, Fault, Played, Wrong, play};
pub use subject::{Subject, subjects};
pub(crate) use told::{each, faults, judge, skips_to_empty_id, unsupported};

use serde::{Deserialize, Serialize};
use sse_fixtures::ScriptStep;

/// A script as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    version: u32,
    /// What is to be written, in order.
    #[serde(rename = "script")]
    pub steps: Vec<ScriptStep>,
}

/// The type of the event that says that a step was refused.
pub const REFUSED: &str = "ssespec-refused";

/// The type of the event that says that the framework has no way to express a step.
pub const UNSUPPORTED: &str = "ssespec-unsupported";

/// What the data of a marker holds; its number and a last `-` follow. It stands in quotes, so that it is JSON as well: some frameworks write nothing
/// else.
const MARKER: &str = "ssespec-mark-";

impl Script {
    /// A script of these steps.
    pub fn new(steps: Vec<ScriptStep>) -> Self {
        Self { version: 1, steps }
    }

    /// A script with a marker before, between and behind these steps.
    pub fn marked<'s>(steps: impl IntoIterator<Item = &'s ScriptStep>) -> Self {
        let mut marked = vec![marker(0)];
        for (number, step) in steps.into_iter().enumerate() {
            marked.push(step.clone());
            marked.push(marker(number + 1));
        }
        Self::new(marked)
    }

    /// The shortest script that shows what comes of a step: the step, and one marker. Before an empty id stands one too, because an endpoint that
    /// takes a missing `Last-Event-ID` for an empty one leaves out what stands up to it.
    pub fn alone(step: &ScriptStep) -> Self {
        match step {
            ScriptStep::Event { id: Some(id), .. } if id.is_empty() => Self::marked([step]),
            _ => Self::new(vec![step.clone(), marker(0)]),
        }
    }

    /// The script as JSON, one line.
    ///
    /// # Panics
    ///
    /// Never: a script holds nothing that JSON cannot.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a script is plain data")
    }

    /// Reads the JSON of a request.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The steps under test with their index in the script: all but the markers.
    pub fn under_test(&self) -> impl Iterator<Item = (usize, &ScriptStep)> + Clone {
        let steps = self.steps.iter().enumerate();
        steps.filter(|(_, step)| number_of(step).is_none())
    }
}

/// An event that carries nothing but a number.
pub fn marker(number: usize) -> ScriptStep {
    event(&format!("\"{MARKER}{number}-\""))
}

/// An event of data alone.
pub fn event(data: &str) -> ScriptStep {
    ScriptStep::Event {
        event: None,
        id: None,
        retry: None,
        data: Some(data.to_owned()),
    }
}

/// The number of a marker; `None` if the step is none.
pub(crate) fn number_of(step: &ScriptStep) -> Option<usize> {
    match step {
        ScriptStep::Event {
            event: None,
            id: None,
            retry: None,
            data: Some(data),
        } => {
            let data = data.strip_prefix('"')?.strip_suffix('"')?;
            data.strip_prefix(MARKER)?.strip_suffix('-')?.parse().ok()
        }
        _ => None,
    }
}

/// The number of the marker that `data` is, or that it holds: a target may have changed what stands around it.
pub(crate) fn number_in(data: &str) -> Option<usize> {
    let (_, behind) = data.rsplit_once(MARKER)?;
    behind.split_once('-')?.0.parse().ok()
}

/// The texts of a step, each with the name of its field.
pub(crate) fn texts(step: &ScriptStep) -> impl Iterator<Item = (&'static str, &str)> {
    let (event, id, data, comment) = match step {
        ScriptStep::Event {
            event, id, data, ..
        } => (event.as_deref(), id.as_deref(), data.as_deref(), None),
        ScriptStep::Comment(comment) => (None, None, None, Some(comment.as_str())),
        ScriptStep::Wait(_) => (None, None, None, None),
    };
    let named = [
        ("event", event),
        ("id", id),
        ("data", data),
        ("comment", comment),
    ];
    named
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
}

/// Whether the format can carry the step: a type, an id and a comment are one line, and an id has no NUL. Data is split into lines.
pub(crate) fn is_expressible(step: &ScriptStep) -> bool {
    texts(step).all(|(name, text)| {
        (name == "data" || !has_line_end(text)) && (name != "id" || !text.contains('\0'))
    })
}

/// Whether the text has a character that ends a line.
pub(crate) fn has_line_end(text: &str) -> bool {
    text.contains(['\r', '\n'])
}

/// What clients see of data: the format cannot say which line end it was, so each CR, LF and CRLF is a line feed.
pub(crate) fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The lines of a text, which end in CRLF, LF or CR.
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.find(['\r', '\n']) else {
            return rest.take();
        };
        let end = if text[at..].starts_with("\r\n") {
            at + 2
        } else {
            at + 1
        };
        rest = Some(&text[end..]);
        Some(&text[..at])
    })
}
