use core::time::Duration;

use serde::{Deserialize, Serialize};

/// A step of a script, and what whoever writes it may do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// What is to be written.
    pub step: ScriptStep,
    /// Whether it may be refused.
    pub refusal: Refusal,
}

/// A step of a script: what an encoder, or a server with its own encoder, is asked to write.
///
/// As JSON it is what the contract of the replay endpoint says: `{"event": …, "id": …, "retry": …, "data": …}`, of which a member
/// that is absent is a field that is not sent; `{"comment": …}`; `{"wait_ms": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StepObject", into = "StepObject")]
pub enum ScriptStep {
    /// An event.
    Event {
        /// The type.
        event: Option<String>,
        /// The ID.
        id: Option<String>,
        /// The reconnection time in milliseconds.
        retry: Option<u64>,
        /// The data.
        data: Option<String>,
    },
    /// A comment.
    Comment(String),
    /// Silence, in whole milliseconds.
    Wait(Duration),
}

/// What it means if a step is refused as unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A defect: the step is harmless.
    Defect,
    /// Fine (written `may-refuse`): the step can be expressed, and it is as fine to write it.
    Allowed,
    /// The only right thing (written `must-refuse`): the format cannot carry the step as it is, so what is written
    /// instead either forges something or changes it in silence.
    Required,
}

impl Refusal {
    /// The word before the step in a fixture.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Defect => None,
            Self::Allowed => Some("may-refuse"),
            Self::Required => Some("must-refuse"),
        }
    }

    /// Splits a line of `--- script` into the word and the step.
    pub(crate) fn split(line: &str) -> (Self, &str) {
        let worded = [Self::Allowed, Self::Required].into_iter();
        let mut found = worded.filter_map(|refusal| {
            let rest = line.strip_prefix(refusal.word()?)?.strip_prefix(' ')?;
            Some((refusal, rest))
        });
        found.next().unwrap_or((Self::Defect, line))
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StepObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_ms: Option<u64>,
}

impl From<ScriptStep> for StepObject {
    fn from(step: ScriptStep) -> Self {
        match step {
            ScriptStep::Event {
                event,
                id,
                retry,
                data,
            } => Self {
                event,
                id,
                retry,
                data,
                ..Self::default()
            },
            ScriptStep::Comment(comment) => Self {
                comment: Some(comment),
                ..Self::default()
            },
            ScriptStep::Wait(silence) => Self {
                wait_ms: Some(u64::try_from(silence.as_millis()).unwrap_or(u64::MAX)),
                ..Self::default()
            },
        }
    }
}

impl TryFrom<StepObject> for ScriptStep {
    type Error = &'static str;

    fn try_from(object: StepObject) -> Result<Self, Self::Error> {
        let StepObject {
            event,
            id,
            retry,
            data,
            comment,
            wait_ms,
        } = object;
        let fields = event.is_some() || id.is_some() || retry.is_some() || data.is_some();
        match (fields, comment, wait_ms) {
            (true, None, None) => Ok(Self::Event {
                event,
                id,
                retry,
                data,
            }),
            (false, Some(comment), None) => Ok(Self::Comment(comment)),
            (false, None, Some(milliseconds)) => {
                Ok(Self::Wait(Duration::from_millis(milliseconds)))
            }
            (false, None, None) => Err("a step without any member"),
            _ => Err("a step is an event, a comment or a wait, and only one of them"),
        }
    }
}
