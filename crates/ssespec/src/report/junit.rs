//! The report as JUnit XML: one test suite a target, one test case a check.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Outcome, Report, Row};

/// The report as JUnit XML. Warnings are failures with `strict`, and succeed otherwise with the finding as their output.
///
/// # Panics
///
/// Never: what is written goes to memory.
pub fn write(report: &Report, strict: bool) -> String {
    let mut junit = quick_junit::Report::new("ssespec");
    for run in &report.runs {
        let mut suite = TestSuite::new(format!("{} {}", run.target.role, run.target.name));
        for row in &run.checks {
            suite.add_test_case(case(row, strict));
        }
        junit.add_test_suite(suite);
    }
    let xml = junit.to_string().expect("writing to memory cannot fail");
    // The schema that most readers use has this attribute on a suite, but not on the root.
    xml.replacen(&format!(" skipped=\"{}\"", junit.skipped), "", 1)
}

fn case(row: &Row, strict: bool) -> TestCase {
    let seen = row.seen.clone().unwrap_or_default();
    let mut status = match row.outcome {
        Outcome::Failed | Outcome::Stale => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Warning if strict => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::NotObserved | Outcome::Unsupported | Outcome::KnownFailure => {
            TestCaseStatus::skipped()
        }
        Outcome::Passed | Outcome::Note | Outcome::Warning => TestCaseStatus::success(),
    };
    let said = match row.outcome {
        Outcome::KnownFailure => format!(
            "known failure: {}: {seen}",
            row.reason.as_deref().unwrap_or_default()
        ),
        _ => seen,
    };
    if !matches!(status, TestCaseStatus::Success { .. }) {
        status
            .set_type(format!("{} {}", row.level, row.outcome))
            .set_message(said.clone());
        status.set_description(details(row));
    }
    let (group, _) = row.id.split_once('/').unwrap_or(("", &row.id));
    let mut case = TestCase::new(row.id.clone(), status);
    case.set_classname(group.to_owned());
    if matches!(row.outcome, Outcome::Note | Outcome::Warning) {
        case.set_system_out(format!("{}: {said}", row.outcome));
    }
    case
}

fn details(row: &Row) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(format!("{name}: {value}"));
        }
    };
    line("seen", row.seen.clone());
    line("expected", row.expected.clone());
    line(
        "bytes",
        row.bytes
            .as_ref()
            .map(|bytes| format!("at {}: {}", bytes.offset, bytes.escaped)),
    );
    line("culprit", row.culprit.map(|culprit| culprit.to_string()));
    line(
        "standard",
        Some(row.anchor.clone()).filter(|anchor| !anchor.is_empty()),
    );
    lines.join("\n")
}
