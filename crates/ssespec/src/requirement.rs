//! The catalogue: every requirement with its level, its anchor in a standard, and who can be held to it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Role;

/// How binding a requirement is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The standard demands it.
    Must,
    /// The standard recommends it, or safety does.
    Should,
    /// No standard says it; experience does.
    Advice,
    /// The standard leaves it open or contradicts itself: what was measured is told, nothing fails.
    Ambiguous,
}

/// One row of the catalogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Requirement {
    /// Its name, `group/rule`.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// How binding it is for one role, where that differs.
    #[serde(default)]
    pub level_for: BTreeMap<Role, Level>,
    /// The place in a standard, a URL.
    pub anchor: String,
    /// What it says, in our words.
    pub says: String,
    /// Who can be held to it.
    pub roles: Vec<Role>,
    /// Why no check stands for it, if none ever will.
    #[serde(default)]
    pub excluded: Option<String>,
    /// The same for one role, where others are judged.
    #[serde(default)]
    pub excluded_for: BTreeMap<Role, String>,
}

#[derive(Deserialize)]
struct Catalogue {
    requirement: Vec<Requirement>,
}

impl Requirement {
    /// How binding it is for `role`.
    pub fn level(&self, role: Role) -> Level {
        self.level_for.get(&role).copied().unwrap_or(self.level)
    }

    /// Why no check stands for it where `role` is concerned, if none ever will.
    pub fn exclusion(&self, role: Role) -> Option<&str> {
        let for_role = self.excluded_for.get(&role);
        for_role.or(self.excluded.as_ref()).map(String::as_str)
    }
}

/// All requirements, in the order of the catalogue.
pub fn all() -> &'static [Requirement] {
    static ALL: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
        // A copy of conformance/requirements.toml inside of the crate, so that the crate can be packaged; a test keeps both equal.
        let catalogue: Catalogue = toml::from_str(include_str!("../generated/requirements.toml"))
            .expect("the embedded catalogue is checked by a test");
        catalogue.requirement
    });
    &ALL
}

/// The requirement `id`.
pub fn find(id: &str) -> Option<&'static Requirement> {
    all().iter().find(|requirement| requirement.id == id)
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Advice => "advice",
            Self::Ambiguous => "ambiguous",
        })
    }
}
