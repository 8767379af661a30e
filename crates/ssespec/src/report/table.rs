//! Checks by targets, a character a cell.

use std::fmt::Write as _;

use super::{Outcome, Report, Row, Run};

/// What the characters mean.
pub(super) const LEGEND: &str = "`.` passed, `F` failed, `W` warning, `k` known failure, `n` note, `u` unsupported, `-` not observed, \
                                 `s` stale entry, `E` error of ssespec";

/// The table for people.
pub fn write(report: &Report) -> String {
    let mut text = String::from("\n");
    for (number, run) in report.runs.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:>3}  {:<36} {}",
            number + 1,
            run.target.name,
            run.summary
        );
    }
    let _ = write!(text, "\n{:<32}", "");
    for number in 1..=report.runs.len() {
        let _ = write!(text, "{number:>3}");
    }
    text.push('\n');
    for row in rows(report) {
        let _ = write!(text, "{:<32}", row.id);
        for run in &report.runs {
            let _ = write!(text, "{:>3}", cell(run, &row.id));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "\n{}", LEGEND.replace('`', ""));
    text
}

/// A row of each check that any target has, in the order of the catalogue.
pub(super) fn rows(report: &Report) -> Vec<&Row> {
    let mut rows: Vec<&Row> = Vec::new();
    for row in report.runs.iter().flat_map(|run| &run.checks) {
        if !rows.iter().any(|other| other.id == row.id) {
            rows.push(row);
        }
    }
    let place = |row: &Row| {
        crate::requirement::all()
            .iter()
            .position(|requirement| requirement.id == row.id)
            .unwrap_or(usize::MAX)
    };
    rows.sort_by_key(|row| place(row));
    rows
}

/// What came of the check `id` for a target; a blank if it was not made.
pub(super) fn cell(run: &Run, id: &str) -> char {
    match run.checks.iter().find(|row| row.id == id) {
        None => ' ',
        Some(row) => match row.outcome {
            Outcome::Passed => '.',
            Outcome::Failed => 'F',
            Outcome::Warning => 'W',
            Outcome::KnownFailure => 'k',
            Outcome::Note => 'n',
            Outcome::Unsupported => 'u',
            Outcome::NotObserved => '-',
            Outcome::Stale => 's',
            Outcome::Error => 'E',
        },
    }
}
