//! Checks that have no code of their own: a requirement on what comes of bytes, judged by playing its fixtures to the target.
//!
//! What a fixture expects is written in it, and how it is compared is the same for all of them. So the row of the catalogue and the
//! sentences of the fixtures are the page of the check, and a fixture that is added is a judgement that is added.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sse_fixtures::Fixture;

use crate::check::Role;
use crate::requirement::{self, Requirement};

/// A requirement with its fixtures.
#[derive(Debug)]
pub struct FixtureCheck {
    /// The row of the catalogue.
    pub requirement: &'static Requirement,
    /// Whom it can judge.
    pub roles: Vec<Role>,
    /// The fixtures, by name.
    pub fixtures: Vec<&'static Fixture>,
}

/// All of them, in the order of the catalogue.
pub fn all() -> &'static [FixtureCheck] {
    static ALL: LazyLock<Vec<FixtureCheck>> = LazyLock::new(|| {
        let rows = requirement::all().iter();
        rows.filter_map(FixtureCheck::of).collect()
    });
    &ALL
}

/// The check of the requirement `id`, if it is judged by fixtures.
pub fn find(id: &str) -> Option<&'static FixtureCheck> {
    all().iter().find(|check| check.requirement.id == id)
}

impl FixtureCheck {
    fn of(requirement: &'static Requirement) -> Option<Self> {
        let fixtures: Vec<_> = sse_fixtures::corpus()
            .iter()
            .filter(|fixture| fixture.check == requirement.id && says_what_comes(fixture))
            .collect();
        let roles: Vec<_> = [Role::Parser]
            .into_iter()
            .filter(|role| requirement.roles.contains(role))
            .collect();
        let judges = requirement.excluded.is_none() && !fixtures.is_empty() && !roles.is_empty();
        judges.then_some(Self {
            requirement,
            roles,
            fixtures,
        })
    }

    /// The page of the check: what its fixtures show, in Markdown.
    pub fn page(&self) -> String {
        let mut page = format!(
            "{}\n\n## What is played\n\nEach of these streams, whole and cut in every way, and what comes of it is compared with the fixture:\n\n",
            self.requirement.says
        );
        for fixture in &self.fixtures {
            let _ = writeln!(page, "- `{}`: {}", fixture.name, fixture.summary);
        }
        page
    }
}

/// Whether a parser alone can play it, and can be wrong.
fn says_what_comes(fixture: &Fixture) -> bool {
    fixture.is_stream() && (fixture.events().is_some() || fixture.state().is_some())
}
