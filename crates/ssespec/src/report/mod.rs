//! What a run says: one row a check, weighed against a baseline, in several forms.
//!
//! The form in memory is the form of the JSON report, `ssespec-report/1`: members may be added, none is renamed.

pub mod github;
pub mod human;
pub mod junit;
pub mod markdown;
pub mod table;
mod timing;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::timing::{Gaps, Timing};
use crate::check::{Excerpt, Role};
use crate::requirement::Level;
use crate::secret::Secrets;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "ssespec-report/1";

/// Everything that a run of the tool says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// `ssespec-report/1`.
    pub schema: String,
    /// Who says it.
    pub tool: Tool,
    /// One entry a target.
    pub runs: Vec<Run>,
    /// What differs between two addresses of one stream, with `--compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

/// Two addresses of one stream.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// The first address, secrets replaced.
    pub origin: String,
    /// The other one, secrets replaced.
    pub other: String,
    /// What is not the same at both.
    pub differences: Vec<Difference>,
}

/// One thing that is not the same at both addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// What differs: a header, the version of HTTP, an event, a check.
    pub what: String,
    /// How it is at the first address.
    pub origin: String,
    /// How it is at the other address.
    pub other: String,
    /// Which side did it.
    pub by: Side,
    /// What it is for the stream: a warning where something of it is lost, changed, late or cut off, that of the check where it is one, and a note
    /// otherwise.
    pub outcome: Outcome,
}

/// A side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The first address.
    Origin,
    /// The other address, or what is between it and the origin.
    Other,
}

/// Who made the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `ssespec`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was found out about one target.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Run {
    /// Who was under test.
    pub target: Target,
    /// How many rows have each outcome.
    pub summary: Summary,
    /// What was looked at, in the order of the catalogue.
    pub checks: Vec<Row>,
    /// What was done to see it.
    pub effort: Effort,
    /// Whether the target was gone before the run was over.
    pub target_died: bool,
    /// Whether the target took the request for the stream and never answered it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
}

/// Who was under test.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Target {
    /// What it was held to be.
    pub role: Role,
    /// What it is called.
    pub name: String,
    /// Where it is, secrets replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How much was done and seen.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Effort {
    /// Requests made, or scripts sent.
    pub requests: usize,
    /// Events seen on the main stream.
    pub events: usize,
    /// Bytes seen on the main stream.
    pub bytes: usize,
    /// Streams that were played to it, for a parser.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub streams: usize,
    /// Milliseconds for which the main stream was watched, or streams were played.
    pub watched_ms: u64,
    /// When the bytes of the main stream came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// Profiles that the stream looks like, if it was judged without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggested_profiles: Vec<String>,
    /// The tail of what the target printed, if the run owns it and something is not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// What came of one check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    /// The check, `group/rule`.
    pub id: String,
    /// How binding the requirement is for this role.
    pub level: Level,
    /// What came of it.
    pub outcome: Outcome,
    /// Whose fault it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub culprit: Option<Role>,
    /// What was seen; or why nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// What should have been seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The place in the standard, a URL.
    pub anchor: String,
    /// The fixture that shows it, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixture: Option<String>,
    /// Where in the bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Excerpt>,
    /// The reason in the baseline, for a known failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// More on what was seen, several lines for people to read: escaped, and not for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The judge or the runner is at fault, never the target.
    Error,
    /// A MUST is not met.
    Failed,
    /// An entry of the baseline that no longer fails.
    Stale,
    /// A SHOULD or an advice is not met.
    Warning,
    /// Not met, and the baseline says so.
    KnownFailure,
    /// Nothing is wrong; a measured value or a choice.
    Note,
    /// The target says that it cannot do that.
    Unsupported,
    /// Nothing happened that could show it.
    NotObserved,
    /// As it should be.
    Passed,
}

/// How many rows have each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "named like the outcomes")]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
    pub warnings: usize,
    pub notes: usize,
    pub not_observed: usize,
    pub unsupported: usize,
    pub known_failures: usize,
    pub stale: usize,
    pub errors: usize,
}

impl Report {
    /// A report of these runs.
    pub fn new(runs: Vec<Run>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: "ssespec".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            runs,
            comparison: None,
        }
    }

    /// The same with what differs between its two runs.
    #[must_use]
    pub fn compared(mut self, mut comparison: Comparison, secrets: &Secrets) -> Self {
        for difference in &mut comparison.differences {
            for text in [&mut difference.origin, &mut difference.other] {
                *text = secrets.redact(text);
            }
        }
        self.comparison = Some(comparison);
        self
    }

    /// The exit code: 0 nothing to fix, 1 findings or a stale baseline, 3 a target died or did not answer, 4 our own fault. Warnings count with `strict`,
    /// those about what differs between two addresses included.
    pub fn exit_code(&self, strict: bool) -> u8 {
        let any = |wanted: fn(&Run) -> bool| self.runs.iter().any(wanted);
        if any(|run| run.summary.errors > 0) {
            4
        } else if any(|run| run.target_died || run.unanswered) {
            3
        } else if any(|run| run.summary.failed + run.summary.stale > 0)
            || (strict && (any(|run| run.summary.warnings > 0) || self.differs_for_the_worse()))
        {
            1
        } else {
            0
        }
    }

    /// Whether something of the stream suffers at one of two addresses.
    fn differs_for_the_worse(&self) -> bool {
        let mut differences = (self.comparison.iter()).flat_map(|both| &both.differences);
        differences.any(|difference| difference.outcome == Outcome::Warning)
    }

    /// The report as JSON, one object on several lines.
    ///
    /// # Panics
    ///
    /// Never: the report holds nothing that JSON cannot.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain data")
    }
}

impl Run {
    /// A run with these rows; the summary is counted.
    pub fn new(target: Target, checks: Vec<Row>, effort: Effort, target_died: bool) -> Self {
        Self {
            target,
            summary: Summary::of(&checks),
            checks,
            effort,
            target_died,
            unanswered: false,
        }
    }

    /// Replaces every known secret in what is shown.
    pub fn redact(&mut self, secrets: &Secrets) {
        for row in &mut self.checks {
            for text in [&mut row.seen, &mut row.expected, &mut row.evidence]
                .into_iter()
                .flatten()
            {
                *text = secrets.redact(text);
            }
            if let Some(bytes) = &mut row.bytes {
                bytes.escaped = secrets.redact(&bytes.escaped);
            }
        }
        if let Some(output) = &mut self.effort.output {
            *output = secrets.redact(output);
        }
    }
}

impl Outcome {
    /// What it is if a requirement of this level is not met.
    pub const fn of_failure(level: Level) -> Self {
        match level {
            Level::Must => Self::Failed,
            Level::Should | Level::Advice => Self::Warning,
            Level::Ambiguous => Self::Note,
        }
    }
}

impl Summary {
    /// Counts the outcomes of `rows`.
    pub fn of(rows: &[Row]) -> Self {
        let mut summary = Self::default();
        for row in rows {
            *match row.outcome {
                Outcome::Error => &mut summary.errors,
                Outcome::Failed => &mut summary.failed,
                Outcome::Stale => &mut summary.stale,
                Outcome::Warning => &mut summary.warnings,
                Outcome::KnownFailure => &mut summary.known_failures,
                Outcome::Note => &mut summary.notes,
                Outcome::Unsupported => &mut summary.unsupported,
                Outcome::NotObserved => &mut summary.not_observed,
                Outcome::Passed => &mut summary.passed,
            } += 1;
        }
        summary
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Failed => "failed",
            Self::Stale => "stale",
            Self::Warning => "warning",
            Self::KnownFailure => "known",
            Self::Note => "note",
            Self::Unsupported => "unsupported",
            Self::NotObserved => "not observed",
            Self::Passed => "passed",
        })
    }
}

/// The summary as one line, without what is zero: `34 passed, 1 failed`.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = [
            (self.passed, "passed"),
            (self.failed, "failed"),
            (
                self.warnings,
                if self.warnings == 1 {
                    "warning"
                } else {
                    "warnings"
                },
            ),
            (self.notes, if self.notes == 1 { "note" } else { "notes" }),
            (self.not_observed, "not observed"),
            (self.unsupported, "unsupported"),
            (
                self.known_failures,
                if self.known_failures == 1 {
                    "known failure"
                } else {
                    "known failures"
                },
            ),
            (
                self.stale,
                if self.stale == 1 {
                    "stale baseline entry"
                } else {
                    "stale baseline entries"
                },
            ),
            (
                self.errors,
                if self.errors == 1 {
                    "error of ssespec"
                } else {
                    "errors of ssespec"
                },
            ),
        ];
        let said: Vec<_> = counts
            .into_iter()
            .enumerate()
            .filter(|(place, (count, _))| *place < 2 || *count > 0)
            .map(|(_, (count, name))| format!("{count} {name}"))
            .collect();
        f.write_str(&said.join(", "))
    }
}
