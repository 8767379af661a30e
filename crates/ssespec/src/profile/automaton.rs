//! In which order classes of events may come.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A deterministic automaton over classes of events.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Automaton {
    /// The state before the first event.
    pub start: String,
    /// The states in which a stream may end.
    pub ends: Vec<String>,
    /// Classes that may come at any time and change nothing.
    #[serde(default)]
    pub skip: Vec<String>,
    /// From each state: which class leads where.
    pub states: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where a stream got to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Walk<'a> {
    /// Every event had its place; this is the state behind the last.
    Through(&'a str),
    /// The event with this number has none in this state.
    Stuck {
        /// Which event, from 0.
        event: usize,
        /// In which state.
        state: &'a str,
    },
}

impl Automaton {
    /// Walks over the classes of a stream.
    pub(super) fn walk<'a>(&'a self, classes: impl Iterator<Item = &'a str>) -> Walk<'a> {
        let mut state = self.start.as_str();
        for (event, class) in classes.enumerate() {
            if self.skip.iter().any(|skipped| skipped == class) {
                continue;
            }
            match self.after(state).get(class) {
                Some(next) => state = next,
                None => return Walk::Stuck { event, state },
            }
        }
        Walk::Through(state)
    }

    /// Whether a stream may end in `state`.
    pub(super) fn may_end(&self, state: &str) -> bool {
        self.ends.iter().any(|end| end == state)
    }

    /// What may come in `state`, to be told: `chunk or done`; `nothing` behind the last.
    pub(super) fn permitted(&self, state: &str) -> String {
        let classes: Vec<_> = self.after(state).keys().map(String::as_str).collect();
        if classes.is_empty() {
            "nothing".to_owned()
        } else {
            classes.join(" or ")
        }
    }

    fn after(&self, state: &str) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.states.get(state).unwrap_or(&NONE)
    }

    /// All classes that it names.
    pub(super) fn classes(&self) -> impl Iterator<Item = &str> {
        let leading = self.states.values().flat_map(BTreeMap::keys);
        leading.chain(&self.skip).map(String::as_str)
    }

    /// A state that it names and that is not there.
    pub(super) fn unknown_state(&self) -> Option<&str> {
        let named = self.states.values().flat_map(BTreeMap::values);
        named
            .chain(&self.ends)
            .chain([&self.start])
            .find(|state| !self.states.contains_key(*state))
            .map(String::as_str)
    }
}
