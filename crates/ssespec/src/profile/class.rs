//! Sorting events into classes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::transcript::Dispatched;

/// The class of what fits no other.
pub(super) const OTHER: &str = "other";

/// A class of events: all that is said must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Class {
    /// What rules and the automaton call it.
    pub name: String,
    /// The type of the event is one of these.
    #[serde(default)]
    pub types: Vec<String>,
    /// The data is exactly this.
    #[serde(default)]
    pub data: Option<String>,
    /// The data is JSON that has all of these members, JSON Pointers.
    #[serde(default)]
    pub has: Vec<String>,
    /// It has none of these.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// It has one of these values there.
    #[serde(default)]
    pub equals: BTreeMap<String, Vec<Value>>,
    /// It has a text there that begins with this.
    #[serde(default)]
    pub prefix: BTreeMap<String, String>,
}

impl Class {
    pub(super) fn holds(&self, event: &Dispatched, json: Option<&Value>) -> bool {
        let at = |pointer: &str| json.and_then(|json| json.pointer(pointer));
        let asks_for_json =
            !(self.has.is_empty() && self.equals.is_empty() && self.prefix.is_empty());
        (self.types.is_empty() || self.types.contains(&event.event_type))
            && self.data.as_ref().is_none_or(|data| *data == event.data)
            && (!asks_for_json || json.is_some())
            && self.has.iter().all(|pointer| at(pointer).is_some())
            && self.lacks.iter().all(|pointer| at(pointer).is_none())
            && self
                .equals
                .iter()
                .all(|(pointer, values)| at(pointer).is_some_and(|value| values.contains(value)))
            && self.prefix.iter().all(|(pointer, start)| {
                at(pointer)
                    .and_then(Value::as_str)
                    .is_some_and(|text| text.starts_with(start.as_str()))
            })
    }
}
