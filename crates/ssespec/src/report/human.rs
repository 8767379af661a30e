//! The report for people: narrow, one line a check that can be searched for, the details indented below it.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{Comparison, Outcome, Report, Row, Run, Side};
use crate::check::Role;

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What is not as it should be.
    #[default]
    Findings,
    /// Every check.
    All,
}

/// The report as text with colours; whoever prints it takes them out where there is no terminal.
pub fn write(report: &Report, detail: Detail) -> String {
    let mut text = String::new();
    for run in &report.runs {
        // Writing to a string cannot fail.
        let _ = write_run(&mut text, run, detail);
    }
    if let Some(comparison) = &report.comparison {
        let _ = write_comparison(&mut text, comparison);
    }
    text
}

fn write_run(text: &mut String, run: &Run, detail: Detail) -> std::fmt::Result {
    let target = &run.target;
    let bold = Style::new().bold();
    write!(text, "{bold}{} {}{bold:#}", target.role, target.name)?;
    match &target.url {
        Some(url) if *url != target.name => writeln!(text, "  {url}")?,
        _ => writeln!(text)?,
    }
    let effort = &run.effort;
    if effort.requests > 0 && target.role == Role::Encoder {
        writeln!(text, "{} scripts", effort.requests)?;
    } else if effort.requests > 0 {
        writeln!(
            text,
            "watched for {:.1} s: {} event{}, {} bytes; {} request{} in all",
            std::time::Duration::from_millis(effort.watched_ms).as_secs_f64(),
            effort.events,
            if effort.events == 1 { "" } else { "s" },
            effort.bytes,
            effort.requests,
            if effort.requests == 1 { "" } else { "s" }
        )?;
    }
    if let (Some(timing), Detail::All) = (&effort.timing, detail) {
        writeln!(text, "{timing}")?;
    }
    if effort.streams > 0 {
        writeln!(
            text,
            "played {} streams in {:.1} s",
            effort.streams,
            std::time::Duration::from_millis(effort.watched_ms).as_secs_f64()
        )?;
    }
    writeln!(text)?;
    for row in &run.checks {
        let brief = matches!(
            row.outcome,
            Outcome::Passed | Outcome::NotObserved | Outcome::Unsupported
        );
        if brief && detail == Detail::Findings {
            continue;
        }
        write_row(text, row)?;
    }
    if run.target_died {
        writeln!(
            text,
            "the target was gone before the run was over; what came of it after that is not held against it\n"
        )?;
    }
    if run.unanswered {
        writeln!(
            text,
            "the request for the stream was taken and not answered: there is nothing more to judge\n"
        )?;
    }
    if let Some(output) = &effort.output {
        writeln!(text, "the last lines that the target printed:")?;
        for line in output.lines() {
            writeln!(text, "  | {line}")?;
        }
        writeln!(text)?;
    }
    writeln!(text, "{bold}{}{bold:#}", run.summary)?;
    if !effort.suggested_profiles.is_empty() {
        writeln!(
            text,
            "the stream looks like {0}: --profile {0} would judge that protocol as well",
            effort.suggested_profiles.join(" or ")
        )?;
    }
    if detail == Detail::Findings && run.summary.not_observed > 0 {
        writeln!(
            text,
            "-v shows what passed, and why something was not observed"
        )?;
    }
    Ok(())
}

fn write_comparison(text: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let bold = Style::new().bold();
    let Comparison {
        origin,
        other,
        differences,
    } = comparison;
    writeln!(
        text,
        "\n{bold}what differs between the two{bold:#}\norigin  {origin}\nother   {other}\n"
    )?;
    if differences.is_empty() {
        writeln!(text, "nothing")?;
    }
    for difference in differences {
        let style = style(difference.outcome);
        // What is wrong at both is told to say whose doing it is.
        let is = match (difference.origin == difference.other, difference.outcome) {
            (true, _) => "at both".to_owned(),
            (false, Outcome::Note) => "differs".to_owned(),
            (false, outcome) => outcome.to_string(),
        };
        let by = match difference.by {
            Side::Origin => "the origin",
            Side::Other => "the other address, or what is between it and the origin",
        };
        writeln!(text, "{style}{is:<12}{style:#} {}", difference.what)?;
        writeln!(text, "    origin    {}", difference.origin)?;
        writeln!(text, "    other     {}", difference.other)?;
        writeln!(text, "    by        {by}\n")?;
    }
    Ok(())
}

fn write_row(text: &mut String, row: &Row) -> std::fmt::Result {
    let style = style(row.outcome);
    write!(
        text,
        "{style}{:<12}{style:#} {}",
        row.outcome.to_string(),
        row.id
    )?;
    let level = row.level.to_string();
    match row.outcome {
        Outcome::Passed => return writeln!(text),
        Outcome::NotObserved | Outcome::Unsupported => {
            return writeln!(text, "  {}", row.seen.as_deref().unwrap_or_default());
        }
        Outcome::Note => writeln!(text)?,
        _ => writeln!(text, "  {level}")?,
    }
    let mut detail = |name: &str, value: &str| writeln!(text, "    {name:<9} {value}");
    if let Some(seen) = &row.seen {
        detail("seen", seen)?;
    }
    if let Some(expected) = &row.expected {
        detail("expected", expected)?;
    }
    if let Some(bytes) = &row.bytes {
        detail("bytes", &format!("at {}: {}", bytes.offset, bytes.escaped))?;
    }
    if let Some(culprit) = row.culprit {
        detail("culprit", &culprit.to_string())?;
    }
    if let Some(reason) = &row.reason {
        detail("known", reason)?;
    }
    if let Some(fixture) = &row.fixture {
        detail("fixture", fixture)?;
    }
    if !row.anchor.is_empty() && row.outcome != Outcome::Stale {
        detail("standard", &row.anchor)?;
        detail("more", &format!("ssespec explain {}", row.id))?;
    }
    if let Some(evidence) = &row.evidence {
        writeln!(text)?;
        for line in evidence.lines() {
            writeln!(text, "    {line}")?;
        }
    }
    writeln!(text)
}

fn style(outcome: Outcome) -> Style {
    let color = match outcome {
        Outcome::Error | Outcome::Failed | Outcome::Stale => AnsiColor::Red,
        Outcome::Warning | Outcome::KnownFailure => AnsiColor::Yellow,
        Outcome::Note => AnsiColor::Cyan,
        Outcome::Passed => AnsiColor::Green,
        Outcome::NotObserved | Outcome::Unsupported => return Style::new().dimmed(),
    };
    Style::new().fg_color(Some(color.into()))
}
