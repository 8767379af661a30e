//! From observations to rows of a report: every check that fits, once.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::check::{self, Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks;
use crate::escape::printable;
use crate::observation::Observation;
use crate::profile;
use crate::report::{Outcome, Row};
use crate::requirement::Level;

/// Which checks are to be made.
#[derive(Clone, Debug)]
pub struct Selection {
    only: Option<globset::GlobSet>,
    skip: globset::GlobSet,
    shard: Option<Shard>,
}

/// A part of the checks: those whose hash falls to it.
#[derive(Clone, Copy, Debug)]
pub struct Shard {
    /// Which part, from 1.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

/// A pattern or shard that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SelectionError(String);

impl Selection {
    /// The checks that match one of `only`, or all if there is none, and none of `skip`.
    ///
    /// # Errors
    ///
    /// A pattern that cannot be read, or that matches no check.
    pub fn new(
        only: &[String],
        skip: &[String],
        shard: Option<Shard>,
    ) -> Result<Self, SelectionError> {
        let set = |patterns: &[String]| {
            let mut set = globset::GlobSetBuilder::new();
            for pattern in patterns {
                let glob = globset::GlobBuilder::new(pattern)
                    .literal_separator(true)
                    .build()
                    .map_err(|error| SelectionError(error.to_string()))?;
                let matcher = glob.compile_matcher();
                let mut known = check::names().chain(profile::rule_ids());
                if !known.any(|id| matcher.is_match(id)) {
                    return Err(SelectionError(format!(
                        "no check matches {pattern:?}: `*` ends at `/`, as in lint/*; `ssespec list` shows all, and with --profiles the rules of profiles"
                    )));
                }
                set.add(glob);
            }
            set.build()
                .map_err(|error| SelectionError(error.to_string()))
        };
        Ok(Self {
            only: if only.is_empty() {
                None
            } else {
                Some(set(only)?)
            },
            skip: set(skip)?,
            shard,
        })
    }

    /// Whether the check `id` is to be made.
    pub fn includes(&self, id: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_match(id))
            && !self.skip.is_match(id)
            && self
                .shard
                .is_none_or(|shard| fnv(id) % shard.of == shard.part - 1)
    }

    /// The checks that are to be made for `role`, in the order of the catalogue.
    pub fn checks(&self, role: Role) -> Vec<&'static Check> {
        let mut chosen: Vec<_> = checks::ALL
            .iter()
            .flat_map(|registered| registered.ways())
            .filter(|check| check.roles.contains(&role) && self.includes(check.requirement))
            .collect();
        let order: BTreeMap<_, _> = crate::requirement::all()
            .iter()
            .enumerate()
            .map(|(place, requirement)| (requirement.id.as_str(), place))
            .collect();
        chosen.sort_by_key(|check| order.get(check.requirement));
        chosen
    }
}

/// `hash:M/N`, as in the shards of test runners.
impl std::str::FromStr for Shard {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            SelectionError(format!(
                "{text:?} is not a shard: write hash:M/N with 1 <= M <= N, such as hash:1/4"
            ))
        };
        let (part, of) = text
            .strip_prefix("hash:")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(wrong)?;
        let (part, of) = (
            part.parse().map_err(|_| wrong())?,
            of.parse().map_err(|_| wrong())?,
        );
        if part == 0 || part > of {
            return Err(wrong());
        }
        Ok(Self { part, of })
    }
}

/// Judges `observations` with `checks`: one row a requirement. Where there are several ways to see one, the worst that was seen counts.
pub fn judge(
    role: Role,
    checks: &[&'static Check],
    observations: &BTreeMap<Probe, Observation>,
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for check in checks {
        let row = row(role, check, observations.get(&check.probe));
        match rows.last_mut().filter(|last| last.id == row.id) {
            Some(last) if weight(row.outcome) < weight(last.outcome) => *last = row,
            Some(_) => {}
            None => rows.push(row),
        }
    }
    rows
}

/// The order in which outcomes of one requirement count. What was seen counts more than what was not.
fn weight(outcome: Outcome) -> (bool, Outcome) {
    let unseen = matches!(outcome, Outcome::Unsupported | Outcome::NotObserved);
    (unseen, outcome)
}

fn row(role: Role, check: &'static Check, observation: Option<&Observation>) -> Row {
    let requirement = check.requirement();
    let level = requirement.level(role);
    judged(
        role,
        (&requirement.id, level, &requirement.anchor),
        || match observation {
            // Why nothing could be looked at says more than what a judge misses then.
            Some(Observation {
                nothing: Some(why), ..
            }) => (check.judge)(observation.expect("it is there"))
                .map_err(|_| NotObserved(why.clone())),
            Some(observation) => (check.judge)(observation),
            None => NotObserved::because("the probe was not made"),
        },
    )
}

/// The row of the requirement `id` with its level and anchor, from what `judge` says.
pub(crate) fn judged(
    role: Role,
    (id, level, anchor): (&str, Level, &str),
    judge: impl FnOnce() -> Judgement,
) -> Row {
    let mut row = Row {
        id: id.to_owned(),
        level,
        outcome: Outcome::Passed,
        culprit: None,
        seen: None,
        expected: None,
        anchor: anchor.to_owned(),
        fixture: None,
        bytes: None,
        reason: None,
        evidence: None,
    };
    // A judge that panics is our fault, and must not take the other verdicts along.
    match catch_unwind(AssertUnwindSafe(judge)) {
        Err(_) => {
            row.outcome = Outcome::Error;
            row.seen =
                Some("the judge panicked; please report this with the target's bytes".to_owned());
        }
        Ok(Err(NotObserved(why))) => {
            row.outcome = Outcome::NotObserved;
            row.seen = Some(printable(&why));
        }
        Ok(Ok(Verdict::Pass)) => {}
        Ok(Ok(Verdict::Unsupported(what))) => {
            row.outcome = Outcome::Unsupported;
            row.seen = Some(printable(&what));
        }
        Ok(Ok(Verdict::Note(text))) => {
            row.outcome = Outcome::Note;
            row.seen = Some(printable(&text));
        }
        Ok(Ok(Verdict::Fail(finding))) => {
            row.outcome = Outcome::of_failure(level);
            row.culprit = Some(role);
            row.seen = Some(printable(&finding.seen));
            row.expected = Some(printable(&finding.expected));
            row.bytes = finding.bytes;
        }
    }
    row
}

/// FNV-1a: the same on every machine and in every version, so that a shard stays the same.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
