//! An encoder that can be broken, for the fleets of replay endpoints and of drivers.

mod encode;
mod table;

use std::collections::BTreeSet;

pub(crate) use encode::{Answer, write};
pub(crate) use table::{BROKEN, RIGHT};

use crate::kill_table::Entry;

/// An encoder of a fleet.
pub(crate) struct Row {
    pub(crate) entry: Entry<'static>,
    /// What is broken, or unusual: names that are asked for where they matter.
    pub(crate) traits: &'static [&'static str],
}

impl Row {
    pub(crate) const fn new(
        name: &'static str,
        what: &'static str,
        killed_by: &'static [&'static str],
        traits: &'static [&'static str],
    ) -> Self {
        Self {
            entry: Entry {
                name,
                what,
                killed_by,
            },
            traits,
        }
    }
}

/// The one that nothing is wrong with.
pub(crate) const CONTROL: Row = Row::new("control", "nothing", &[], &[]);

/// The traits of an encoder.
pub(crate) struct Has(BTreeSet<String>);

impl Has {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
