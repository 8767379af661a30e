//! The forms of the report, from rows of every outcome.

use ssespec::check::{Excerpt, Role};
use ssespec::report::human::Detail;
use ssespec::report::{
    Effort, Outcome, Report, Row, Run, Target, github, human, junit, markdown, table,
};
use ssespec::requirement::Level;

/// A row of each outcome, with texts that every form has to escape.
fn report() -> Report {
    let row = |id: &str, level, outcome| Row {
        id: id.to_owned(),
        level,
        outcome,
        culprit: None,
        seen: Some(format!("<{outcome}> & \"100%\" of ]]>")),
        expected: Some("something, else: é".to_owned()),
        anchor:
            "https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"
                .to_owned(),
        fixture: None,
        bytes: Some(Excerpt {
            offset: 7,
            escaped: r"data\x00\x1b[2J\n".to_owned(),
        }),
        reason: None,
        evidence: None,
    };
    let mut known = row("srv/charset", Level::Must, Outcome::KnownFailure);
    known.reason = Some("the gateway adds it".to_owned());
    let rows = vec![
        row("resp/content-type", Level::Must, Outcome::Failed),
        row("http/cache", Level::Advice, Outcome::Warning),
        row("http/cors", Level::Advice, Outcome::Note),
        row("lint/bom", Level::Advice, Outcome::Passed),
        row("srv/grammar", Level::Must, Outcome::NotObserved),
        row("lint/injection", Level::Must, Outcome::Unsupported),
        known,
        row("srv/utf8", Level::Must, Outcome::Stale),
        row("srv/eol", Level::Must, Outcome::Error),
    ];
    let target = Target {
        role: Role::Server,
        name: "a & b".to_owned(),
        url: Some("http://127.0.0.1:1/?a=1&b=2".to_owned()),
    };
    Report::new(vec![Run::new(target, rows, Effort::default(), false)])
}

#[test]
fn people_read_it() {
    let text = anstream::adapter::strip_str(&human::write(&report(), Detail::All)).to_string();
    insta::assert_snapshot!(text);
}

#[test]
fn github_reads_it() {
    insta::assert_snapshot!(github::write(&report()));
}

#[test]
fn junit_reads_it() {
    insta::assert_snapshot!(junit::write(&report(), false));
}

#[test]
fn a_page_shows_it() {
    let mut report = report();
    report.runs.push(report.runs[0].clone());
    report.runs[1].target.name = "<b>`b`</b> | [c](d)".to_owned();
    report.runs[1].checks.truncate(3);
    insta::assert_snapshot!(markdown::write(&report));
}

#[test]
fn a_table_shows_it() {
    insta::assert_snapshot!(table::write(&report()));
}

#[test]
fn junit_is_valid_under_the_common_schema() {
    let schema = uppsala::parse(include_str!("junit.xsd")).expect("the schema is XML");
    let validator = uppsala::XsdValidator::from_schema(&schema).expect("the schema is a schema");
    let errors = |xml: &str| {
        let document = uppsala::parse(xml).expect("the report is XML");
        validator
            .validate(&document)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    for strict in [false, true] {
        let xml = junit::write(&report(), strict);
        assert_eq!(errors(&xml), Vec::<String>::new(), "{xml}");
        // The validator can tell: an attribute that is not in the schema is refused.
        assert_ne!(
            errors(&xml.replace(" skipped=", " disabled=")),
            Vec::<String>::new()
        );
    }
}

#[test]
fn the_exit_code_says_the_same_as_the_summary() {
    let of = |outcome| {
        let mut report = report();
        let run = &mut report.runs[0];
        run.checks.retain(|row| row.outcome == outcome);
        run.summary = ssespec::report::Summary::of(&run.checks);
        (report.exit_code(false), report.exit_code(true))
    };
    for (outcome, codes) in [
        (Outcome::Passed, (0, 0)),
        (Outcome::Note, (0, 0)),
        (Outcome::NotObserved, (0, 0)),
        (Outcome::Unsupported, (0, 0)),
        (Outcome::KnownFailure, (0, 0)),
        (Outcome::Warning, (0, 1)),
        (Outcome::Failed, (1, 1)),
        (Outcome::Stale, (1, 1)),
        (Outcome::Error, (4, 4)),
    ] {
        assert_eq!(of(outcome), codes, "{outcome}");
    }
    let mut dead = report();
    dead.runs[0].checks.clear();
    dead.runs[0].summary = ssespec::report::Summary::default();
    dead.runs[0].target_died = true;
    assert_eq!(dead.exit_code(false), 3);
}
