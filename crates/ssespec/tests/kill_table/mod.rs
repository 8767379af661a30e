//! Who flags whom: what every fleet of mutants has in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ssespec::report::{Outcome, Row};

use crate::fresh::{HEADER, fresh};

/// A member of a fleet.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    /// What is broken, or unusual.
    pub(crate) what: &'a str,
    /// The checks that must flag it; no other may.
    pub(crate) killed_by: &'a [&'a str],
}

/// A fleet: those that are broken, and those that are unusual and right.
pub(crate) struct Fleet<'a> {
    /// The page with its table.
    pub(crate) page: &'a str,
    pub(crate) title: &'a str,
    /// What its members are, in the plural.
    pub(crate) members: &'a str,
    /// The test that runs it.
    pub(crate) test: &'a str,
    pub(crate) mutants: Vec<Entry<'a>>,
    pub(crate) right: Vec<Entry<'a>>,
    /// The checks that can flag one.
    pub(crate) checks: Vec<&'a str>,
}

/// The checks that accuse a target, with what they say.
pub(crate) fn flagged(rows: &[Row]) -> BTreeMap<&str, String> {
    let accused = rows.iter().filter(|row| {
        matches!(
            row.outcome,
            Outcome::Failed | Outcome::Warning | Outcome::Error
        )
    });
    accused
        .map(|row| (row.id.as_str(), row.seen.clone().unwrap_or_default()))
        .collect()
}

impl Entry<'_> {
    /// What is wrong with the judge, if it does not flag exactly what it must.
    pub(crate) fn misjudged(&self, flagged: &BTreeMap<&str, String>) -> Option<String> {
        let wanted: BTreeSet<_> = self.killed_by.iter().copied().collect();
        let got: BTreeSet<_> = flagged.keys().copied().collect();
        (got != wanted).then(|| {
            format!(
                "{} ({}): wanted {wanted:?}, flagged {flagged:#?}\n",
                self.name, self.what
            )
        })
    }
}

impl Fleet<'_> {
    /// Every member has a name of its own, and every check a mutant that it flags.
    pub(crate) fn is_complete(&self) {
        let mut names = BTreeSet::new();
        for entry in self.mutants.iter().chain(&self.right) {
            assert!(names.insert(entry.name), "two are called {}", entry.name);
        }
        let idle: Vec<_> = self
            .checks
            .iter()
            .filter(|id| self.killed(id).next().is_none())
            .collect();
        assert!(
            idle.is_empty(),
            "no mutant of tests/{} is flagged by {idle:?}",
            self.test
        );
    }

    /// The mutants that a check flags.
    fn killed<'s>(&'s self, id: &'s str) -> impl Iterator<Item = &'s Entry<'s>> {
        self.mutants
            .iter()
            .filter(move |entry| entry.killed_by.contains(&id))
    }

    /// The committed table says what the fleet says.
    pub(crate) fn is_told_as_it_is(&self) {
        let Self {
            title,
            members,
            test,
            ..
        } = self;
        let mut text = format!(
            "<!-- {HEADER} -->\n\n# {title}\n\nHow the judge is judged: {} {members}, each broken in one way, and the checks that flag them, no more and no fewer; and {} {members}\nthat are unusual and right, which nothing accuses. `cargo test -p ssespec --test {test}` runs them all.\n",
            self.mutants.len(),
            self.right.len()
        );
        text.push_str("\n| mutant | what is broken | flagged by |\n|---|---|---|\n");
        for entry in &self.mutants {
            let checks: Vec<_> = entry.killed_by.iter().map(|id| format!("`{id}`")).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                entry.name,
                entry.what,
                checks.join(", ")
            );
        }
        text.push_str("\n## By check\n\n| check | mutants that it flags |\n|---|---|\n");
        for id in &self.checks {
            let killed: Vec<_> = self.killed(id).map(|entry| entry.name).collect();
            let _ = writeln!(text, "| [`{id}`](checks/{id}.md) | {} |", killed.join(", "));
        }
        text.push_str("\n## Unusual, and right\n\n| name | what is unusual |\n|---|---|\n");
        for entry in &self.right {
            let _ = writeln!(text, "| {} | {} |", entry.name, entry.what);
        }
        fresh(self.page, &text);
    }
}
