//! From what came of the streams to rows of a report: one a requirement.

use sse_fixtures::Fixture;

use super::board::{Played, Record, Table};
use super::evidence;
use super::seen::{Difference, Reports};
use crate::apart;
use crate::check::{Excerpt, Role};
use crate::driver::{Greeting, How};
use crate::dump;
use crate::escape::printable;
use crate::fixture_check::FixtureCheck;
use crate::report::{Outcome, Row};
use crate::requirement::Level;

/// The check of the cuts themselves.
const INVARIANCE: &str = "parse/chunk-invariance";
/// What only a reported reconnection time can show.
const NEEDS_TIME: &[&str] = &[
    "field/retry-decimal",
    "field/retry-digits-only",
    "field/retry-huge",
    "field/retry-immediate",
    "field/retry-persist",
    "field/retry-zero",
];
/// What only the last event ID at the end can show.
const NEEDS_COMMITTED_ID: &[&str] = &["eof/id-not-committed"];
/// What only last event IDs can show.
const NEEDS_ID: &[&str] = &[
    "dispatch/id-anywhere-in-block",
    "dispatch/id-commit",
    "dispatch/last-event-id",
    "eof/id-not-committed",
    "field/id-empty",
    "field/id-null",
    "field/id-set",
    "field/id-verbatim",
];

/// Everything that the rows are made from.
pub(super) struct Evidence<'a> {
    pub(super) checks: &'a [&'static FixtureCheck],
    pub(super) fixtures: &'a [&'static Fixture],
    pub(super) table: &'a Table,
    /// Why not everything was played.
    pub(super) stopped: Option<&'a str>,
    pub(super) persistent: bool,
    pub(super) greeting: Option<&'a Greeting>,
}

/// A fixture of which something else came than it says.
struct Failure<'a> {
    fixture: &'static Fixture,
    played: &'a Played,
    difference: Option<Difference>,
    edges: &'a [usize],
}

pub(super) fn rows(evidence: &Evidence<'_>) -> Vec<Row> {
    let reports = evidence.reports();
    let mut rows: Vec<Row> = evidence
        .checks
        .iter()
        .map(|check| evidence.row(check, reports))
        .collect();
    rows.extend(evidence.driver_row(reports));
    rows
}

impl Evidence<'_> {
    fn reports(&self) -> Reports {
        let wholes = self
            .table
            .records
            .iter()
            .filter_map(|record| match &record.whole {
                Some(Played::Seen(seen)) => Some(seen),
                _ => None,
            });
        let states = || wholes.clone().filter_map(|seen| seen.state.as_ref());
        let mut events = wholes.clone().flat_map(|seen| &seen.events).peekable();
        Reports {
            last_event_id: events.peek().is_none()
                || events.any(|event| event.last_event_id.is_some()),
            reconnection_time: states().any(|state| state.reconnection_time.is_some()),
            committed_id: states().any(|state| state.last_event_id.is_some()),
        }
    }

    fn row(&self, check: &'static FixtureCheck, reports: Reports) -> Row {
        let requirement = check.requirement;
        let id = requirement.id.as_str();
        let level = requirement.level(Role::Parser);
        let mut row = empty(id, level, &requirement.anchor);
        let records = self.records(|fixture| fixture.check == id);
        let mut failures: Vec<_> = records
            .iter()
            .filter_map(|(fixture, record)| failure(fixture, record, reports))
            .collect();
        failures.sort_by_key(|failure| failure.length());
        // A cut that changes something says more than what came of one fixture.
        let cut_matters = (self.table.records.iter()).any(|record| record.smallest.is_some());
        if id == INVARIANCE && (cut_matters || failures.is_empty()) {
            self.judge_invariance(&mut row);
            return row;
        }
        if let Some(first) = failures.first() {
            // What a fixture of an ambiguous requirement asks for holds in every reading.
            let level = if level == Level::Ambiguous {
                Level::Must
            } else {
                level
            };
            failed(&mut row, level, first);
            row.seen = row.seen.map(|seen| {
                let (failed, all) = (failures.len(), records.len());
                format!("{failed} of {all} fixtures: {seen}")
            });
            row.evidence = Some(evidence::page(
                first.fixture,
                first.played,
                first.difference,
                first.edges,
            ));
            let others: Vec<_> = failures[1..]
                .iter()
                .map(|other| other.fixture.name.as_str())
                .collect();
            if let (false, Some(page)) = (others.is_empty(), &mut row.evidence) {
                page.push_str(&format!("also: {}\n", evidence::list(&others)));
            }
            return row;
        }
        let whole = records
            .iter()
            .filter_map(|(_, record)| record.whole.as_ref());
        let unsupported: Vec<_> = whole
            .clone()
            .filter_map(|played| match played {
                Played::Unsupported(why) => Some(why),
                _ => None,
            })
            .collect();
        let cut_by_hand = |fixture: &Fixture| {
            fixture
                .stream()
                .is_some_and(|stream| !stream.cuts.is_empty())
        };
        let (outcome, seen) = if let [why, ..] = unsupported[..] {
            let why = format!("{} of {} fixtures: {why}", unsupported.len(), records.len());
            (Outcome::Unsupported, why)
        } else if whole.clone().count() < records.len() {
            let why = self.stopped.unwrap_or("the driver ended");
            let played = whole.clone().count();
            (
                Outcome::NotObserved,
                format!(
                    "{played} of {} fixtures were played, then {why}",
                    records.len()
                ),
            )
        } else if !self.persistent && records.iter().all(|(fixture, _)| cut_by_hand(fixture)) {
            (Outcome::NotObserved, "a command that is started for each stream gets it whole; --persistent plays every cut".to_owned())
        } else if NEEDS_TIME.contains(&id) && !reports.reconnection_time {
            (
                Outcome::NotObserved,
                "the driver reports no reconnection time in a `state`".to_owned(),
            )
        } else if NEEDS_COMMITTED_ID.contains(&id) && !reports.committed_id {
            (
                Outcome::NotObserved,
                "the driver reports no last event ID in a `state`".to_owned(),
            )
        } else if NEEDS_ID.contains(&id) && !reports.last_event_id && !reports.committed_id {
            (
                Outcome::Unsupported,
                "no event has a `lastEventId`".to_owned(),
            )
        } else if level == Level::Ambiguous {
            (Outcome::Note, evidence::measured(&records))
        } else {
            return row;
        };
        row.outcome = outcome;
        row.seen = Some(printable(&seen));
        row
    }

    /// Compares every cut with the whole: what comes of the bytes may be wrong, but not because of the cut.
    fn judge_invariance(&self, row: &mut Row) {
        let records = self.records(|_| true);
        let smallest = records
            .iter()
            .filter_map(|(fixture, record)| Some((*fixture, *record, record.smallest.as_ref()?)))
            .min_by_key(|(fixture, _, (plan, _))| (plan.edges().len(), length(fixture)));
        if let Some((fixture, record, (plan, played))) = smallest {
            let count = records
                .iter()
                .filter(|(_, record)| record.smallest.is_some())
                .count();
            row.outcome = Outcome::Failed;
            row.culprit = Some(Role::Parser);
            row.fixture = Some(fixture.id.clone());
            row.seen = Some(format!(
                "{count} fixtures: {}, {plan}: something else comes than from the whole stream",
                fixture.id
            ));
            row.expected = Some("the same events and state, whatever the chunks are".to_owned());
            if let (Some(stream), [edge, ..]) = (fixture.stream(), plan.edges()) {
                row.bytes = Some(Excerpt::of(&stream.bytes, *edge));
            }
            row.evidence = record
                .whole
                .as_ref()
                .map(|whole| evidence::comparison(fixture, whole, played, plan));
            return;
        }
        let splits: usize = records.iter().map(|(_, record)| record.splits).sum();
        let all_cut = records.iter().all(|(_, record)| record.splits > 0);
        let (outcome, seen) = match self.stopped {
            _ if !self.persistent => (
                Outcome::NotObserved,
                "a command that is started for each stream gets it whole; --persistent plays every cut".to_owned(),
            ),
            None => return,
            Some(why) if all_cut => (
                Outcome::Note,
                format!("no difference in {splits} cut streams, then {why}; --for gives it more time"),
            ),
            Some(why) => (
                Outcome::NotObserved,
                format!("{splits} cut streams were played, then {why}; --for gives it more time"),
            ),
        };
        row.outcome = outcome;
        row.seen = Some(seen);
    }

    /// What is wrong with the driver itself, if anything.
    fn driver_row(&self, reports: Reports) -> Option<Row> {
        let mut row = empty(apart::DRIVER, Level::Must, "");
        let declared = self.greeting.is_some_and(|greeting| greeting.has("state"));
        let silent = !reports.reconnection_time && !reports.committed_id;
        let flukes = &self.table.flukes;
        if let Some(why) = self.stopped.filter(|why| why.starts_with("it ")) {
            row.outcome = Outcome::Failed;
            row.seen = Some(format!("{why}; the rest was not played"));
            row.expected = Some("one line for each line, and nothing else on stdout".to_owned());
        } else if declared && silent && self.stopped.is_none() {
            row.outcome = Outcome::Failed;
            row.seen = Some("it declares the feature `state`, and no answer has one".to_owned());
            row.expected = Some("a member `state`, or no such feature".to_owned());
        } else if let [first, ..] = &flukes[..] {
            row.level = Level::Advice;
            row.outcome = Outcome::Warning;
            let how = printable(&first.how.to_string());
            row.seen = Some(format!(
                "{} times it did not answer, but did when it was asked again: it {how}",
                flukes.len()
            ));
            row.expected = Some("the same answer each time".to_owned());
            row.evidence =
                (!first.tail.is_empty()).then(|| format!("its stderr:\n{}\n", first.tail));
        } else {
            return None;
        }
        row.culprit = Some(Role::Parser);
        Some(row)
    }

    fn records(&self, wanted: impl Fn(&Fixture) -> bool) -> Vec<(&'static Fixture, &Record)> {
        let pairs = self.fixtures.iter().copied().zip(&self.table.records);
        pairs.filter(|(fixture, _)| wanted(fixture)).collect()
    }
}

impl Failure<'_> {
    fn length(&self) -> usize {
        length(self.fixture)
    }
}

fn length(fixture: &Fixture) -> usize {
    fixture.stream().map_or(0, |stream| stream.bytes.len())
}

fn failure<'a>(
    fixture: &'static Fixture,
    record: &'a Record,
    reports: Reports,
) -> Option<Failure<'a>> {
    let written = record.written.as_ref();
    let written = written.map(|(plan, played)| (played, plan.edges()));
    let whole = record.whole.as_ref().map(|played| (played, &[][..]));
    let mut ways = whole.into_iter().chain(written);
    ways.find_map(|(played, edges)| {
        let difference = match played {
            Played::Seen(seen) => Some(seen.differs(fixture, reports)?),
            Played::Trouble { .. } => None,
            Played::Unsupported(_) => return None,
        };
        Some(Failure {
            fixture,
            played,
            difference,
            edges,
        })
    })
}

/// Writes the failure into its row.
fn failed(row: &mut Row, level: Level, failure: &Failure<'_>) {
    row.level = level;
    row.outcome = match level {
        Level::Must | Level::Ambiguous => Outcome::Failed,
        Level::Should | Level::Advice => Outcome::Warning,
    };
    row.culprit = Some(Role::Parser);
    row.fixture = Some(failure.fixture.id.clone());
    let (seen, expected) = match (failure.played, failure.difference) {
        (Played::Seen(seen), Some(difference)) => {
            evidence::words(failure.fixture, seen, difference)
        }
        (Played::Trouble { how, .. }, _) => (
            format!("{}: it {how}", failure.fixture.name),
            match how {
                How::Garbled(_) => {
                    "events and state as JSON, and nothing else on stdout".to_owned()
                }
                How::Silent(_) => {
                    "an answer; --timeout-scale gives a driver that is slow more time".to_owned()
                }
                How::Ended(_) => "no bytes make a parser fail".to_owned(),
            },
        ),
        _ => return,
    };
    row.seen = Some(printable(&seen));
    row.expected = Some(printable(&expected));
    if let Some(stream) = failure.fixture.stream() {
        let steps = dump::steps(&stream.bytes);
        let guilty = failure.difference.map_or(0, |difference| {
            evidence::guilty(&steps, difference, failure.played, failure.fixture)
        });
        row.bytes = steps
            .get(guilty)
            .map(|step| Excerpt::of(&stream.bytes, step.offset));
    }
}

fn empty(id: &str, level: Level, anchor: &str) -> Row {
    Row {
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
    }
}
