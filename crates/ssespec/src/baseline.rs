//! Known failures: what is allowed to fail, why, and whether it still does.

use std::path::Path;

use serde::Deserialize;

use crate::judge::Selection;
use crate::report::{Outcome, Row, Run, Summary};
use crate::requirement::Level;

/// How many failures one entry may cover.
const MOST_COVERED: usize = 20;

/// What is allowed to fail.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    entries: Vec<(String, Entry)>,
}

/// Why a check is allowed to fail.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Entry {
    Reason(String),
    #[serde(rename_all = "kebab-case")]
    Pinned {
        reason: String,
        #[serde(default)]
        starts_with: Option<String>,
    },
}

/// A baseline that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path}: {error}")]
    Syntax {
        /// Which file.
        path: String,
        /// Where and why.
        error: Box<toml_edit::TomlError>,
    },
    /// An entry is not allowed.
    #[error("{0}")]
    Entry(String),
}

/// The table of known failures in a target's description, and in a file of its own.
pub const TABLE: &str = "known-failures";

impl Baseline {
    /// Reads a file: its table `known-failures`, or all of it if there is no such table.
    ///
    /// # Errors
    ///
    /// [`BaselineError`] names the file and the entry.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        Self::parse(&read(path)?, &path.display().to_string())
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    ///
    /// [`BaselineError`] names `path` and the entry.
    pub fn parse(text: &str, path: &str) -> Result<Self, BaselineError> {
        let table: toml::Table = toml::from_str(text)
            .map_err(|error| BaselineError::Entry(format!("{path}: {error}")))?;
        let table = match table.get(TABLE) {
            Some(toml::Value::Table(inner)) => inner.clone(),
            Some(_) => {
                return Err(BaselineError::Entry(format!(
                    "{path}: {TABLE} is a table: write [{TABLE}]"
                )));
            }
            None => table,
        };
        Self::from_table(table, path)
    }

    /// Takes the entries of a table, such as that of a target's description.
    ///
    /// # Errors
    ///
    /// [`BaselineError::Entry`] for one without a reason, or with `*` anywhere but behind a group.
    pub fn from_table(table: toml::Table, path: &str) -> Result<Self, BaselineError> {
        let mut entries = Vec::new();
        for (pattern, value) in table {
            let wrong = |why: &str| {
                BaselineError::Entry(format!("{path}: known failure {pattern:?}: {why}"))
            };
            let entry: Entry = value.try_into().map_err(|_| {
                wrong("write the reason as a string, or { reason = \"…\", starts-with = \"…\" }")
            })?;
            if entry.reason().trim().is_empty() {
                return Err(wrong("the reason is mandatory"));
            }
            let group = pattern.split_once('/').map(|(group, _)| group);
            if group.is_none_or(|group| group.contains('*')) {
                return Err(wrong("write a check id, or group/*"));
            }
            entries.push((pattern, entry));
        }
        Ok(Self { entries })
    }

    /// Weighs `run` against the entries: failures that are known, and entries that no longer hold. Entries for checks that `selection` leaves
    /// out are not looked at.
    ///
    /// # Errors
    ///
    /// [`BaselineError::Entry`] if one entry covers more than 20 failures.
    pub fn weigh(&self, run: &mut Run, selection: &Selection) -> Result<(), BaselineError> {
        for (pattern, entry) in &self.entries {
            let mut covered = 0;
            for row in run
                .checks
                .iter_mut()
                .filter(|row| matches(pattern, &row.id))
            {
                if matches!(row.outcome, Outcome::Failed | Outcome::Warning) && entry.pins(row) {
                    row.outcome = Outcome::KnownFailure;
                    row.reason = Some(entry.reason().to_owned());
                    covered += 1;
                }
            }
            if covered > MOST_COVERED {
                return Err(BaselineError::Entry(format!(
                    "known failure {pattern:?} covers {covered} failures, {MOST_COVERED} are the most: name the checks"
                )));
            }
            if covered == 0 && (pattern.contains('*') || selection.includes(pattern)) {
                stale(run, pattern, entry);
            }
        }
        run.summary = Summary::of(&run.checks);
        Ok(())
    }
}

/// Rewrites the baseline at `path` so that it says what failed in `run`: adds what is missing, removes what no longer fails, keeps the rest with
/// its comments.
///
/// # Errors
///
/// [`BaselineError`] if the file cannot be read, understood or written.
pub fn update(path: &Path, run: &Run) -> Result<(), BaselineError> {
    let text = if path.exists() {
        read(path)?
    } else {
        String::new()
    };
    let mut document: toml_edit::DocumentMut =
        text.parse().map_err(|error| BaselineError::Syntax {
            path: path.display().to_string(),
            error: Box::new(error),
        })?;
    let root = document.as_table_mut();
    let nested = root.contains_key(TABLE) || root.is_empty();
    let table = if nested {
        root.entry(TABLE)
            .or_insert(toml_edit::table())
            .as_table_mut()
    } else {
        Some(root)
    };
    let Some(table) = table else {
        return Err(BaselineError::Entry(format!(
            "{}: {TABLE} is a table: write [{TABLE}]",
            path.display()
        )));
    };
    for row in &run.checks {
        match row.outcome {
            Outcome::Stale => {
                table.remove(&row.id);
            }
            Outcome::Failed | Outcome::Warning => {
                let seen = row.seen.clone().unwrap_or_default();
                table.insert(
                    &row.id,
                    toml_edit::value(format!("not explained yet: {seen}")),
                );
            }
            _ => {}
        }
    }
    std::fs::write(path, document.to_string()).map_err(|error| BaselineError::File {
        path: path.display().to_string(),
        error,
    })
}

impl Entry {
    fn reason(&self) -> &str {
        match self {
            Self::Reason(reason) | Self::Pinned { reason, .. } => reason,
        }
    }

    fn pins(&self, row: &Row) -> bool {
        match self {
            Self::Pinned {
                starts_with: Some(start),
                ..
            } => row
                .seen
                .as_deref()
                .unwrap_or_default()
                .starts_with(start.as_str()),
            _ => true,
        }
    }
}

/// Makes the row of an entry that covers nothing: the row of its check, or one of its own.
fn stale(run: &mut Run, pattern: &str, entry: &Entry) {
    let expected = Some(format!("remove the entry {pattern:?} from the baseline"));
    match run.checks.iter_mut().find(|row| row.id == pattern) {
        Some(row) => {
            let seen = match row.outcome {
                Outcome::Failed | Outcome::Warning => {
                    // It fails, but not in the way that the entry pins: the failure itself stays what it is.
                    row.reason = Some(format!(
                        "the baseline knows another failure: {}",
                        entry.reason()
                    ));
                    return;
                }
                Outcome::NotObserved => {
                    format!("not observed: {}", row.seen.as_deref().unwrap_or_default())
                }
                _ => "does not fail any more".to_owned(),
            };
            row.outcome = Outcome::Stale;
            row.seen = Some(seen);
            row.expected = expected;
            row.reason = Some(entry.reason().to_owned());
        }
        None => run.checks.push(Row {
            id: pattern.to_owned(),
            level: Level::Advice,
            outcome: Outcome::Stale,
            culprit: None,
            seen: Some("matches no failure".to_owned()),
            expected,
            anchor: String::new(),
            fixture: None,
            bytes: None,
            reason: Some(entry.reason().to_owned()),
            evidence: None,
        }),
    }
}

fn matches(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => pattern == id,
    }
}

fn read(path: &Path) -> Result<String, BaselineError> {
    std::fs::read_to_string(path).map_err(|error| BaselineError::File {
        path: path.display().to_string(),
        error,
    })
}
