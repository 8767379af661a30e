//! The report as annotations of GitHub Actions: one workflow command a finding.

use std::fmt::Write as _;

use super::{Outcome, Report, Row};

/// The findings as workflow commands, a line each.
pub fn write(report: &Report) -> String {
    let mut text = String::new();
    for run in &report.runs {
        for row in &run.checks {
            let command = match row.outcome {
                Outcome::Failed | Outcome::Stale | Outcome::Error => "error",
                Outcome::Warning => "warning",
                Outcome::Note => "notice",
                _ => continue,
            };
            let title = property(&format!(
                "{} ({} {})",
                row.id, run.target.role, run.target.name
            ));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "::{command} title={title}::{}", data(&message(row)));
        }
    }
    text
}

fn message(row: &Row) -> String {
    let mut message = row.seen.clone().unwrap_or_default();
    if let Some(expected) = &row.expected {
        let _ = write!(message, "\nexpected: {expected}");
    }
    if let Some(bytes) = &row.bytes {
        let _ = write!(message, "\nbytes at {}: {}", bytes.offset, bytes.escaped);
    }
    if !row.anchor.is_empty() {
        let _ = write!(message, "\n{}", row.anchor);
    }
    message
}

/// Escapes the text of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
