//! The only place that prints.

use std::io::Write as _;
use std::path::PathBuf;

use super::Stop;
use crate::escape::printable;
use crate::report::human::Detail;
use crate::report::{Report, github, human, junit, markdown};

/// A form of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// ssespec-report/1
    Json,
    /// JUnit XML
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// The verdicts as a table in Markdown, without what differs between two runs
    Markdown,
}

/// A report to be written to a file.
#[derive(Clone, Debug)]
pub(crate) struct ReportTo {
    format: Format,
    path: PathBuf,
}

impl std::str::FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text
            .split_once('=')
            .ok_or_else(|| "write FORMAT=PATH, such as junit=report.xml".to_owned())?;
        let format = <Format as clap::ValueEnum>::from_str(format, false).map_err(|_| {
            format!("{format:?} is not a format: write human, json, junit, github or markdown")
        })?;
        if path.is_empty() {
            return Err("the path is missing: write FORMAT=PATH".to_owned());
        }
        Ok(Self {
            format,
            path: path.into(),
        })
    }
}

/// Writes `report` to stdout in `format`, and to the files of `reports`.
pub(crate) fn publish(
    report: &Report,
    format: Format,
    reports: &[ReportTo],
    detail: Detail,
    strict: bool,
) -> Result<(), Stop> {
    for to in reports {
        let text = anstream::adapter::strip_str(&render(report, to.format, Detail::All, strict))
            .to_string();
        std::fs::write(&to.path, text)
            .map_err(|error| Stop::usage(format!("--report: {}: {error}", to.path.display())))?;
    }
    print(&render(report, format, detail, strict))
}

fn render(report: &Report, format: Format, detail: Detail, strict: bool) -> String {
    match format {
        Format::Human => human::write(report, detail),
        Format::Json => report.to_json() + "\n",
        Format::Junit => junit::write(report, strict),
        Format::Github => github::write(report),
        Format::Markdown => markdown::write(report),
    }
}

/// Prints to stdout. A reader that has gone away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut stdout = anstream::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Stop::ours(format!("stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says on stderr what is wrong.
pub(crate) fn complain(why: &str) {
    // Nothing can be done where even this cannot be written.
    let _ = writeln!(anstream::stderr(), "ssespec: {}", lines(why));
}

/// Says on stderr what is going on.
pub(crate) fn tell(what: &str) {
    let _ = writeln!(anstream::stderr(), "{}", lines(what));
}

/// Shows on a terminal that something is going on, until it is dropped.
pub(crate) fn progress(what: &str) -> Progress {
    let style = indicatif::ProgressStyle::with_template("{spinner} {elapsed} {msg}")
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_spinner());
    let bar = indicatif::ProgressBar::new_spinner()
        .with_style(style)
        .with_message(printable(what));
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    Progress(bar)
}

/// A line on a terminal that goes away.
pub(crate) struct Progress(indicatif::ProgressBar);

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Escapes what may come from a target, but keeps the lines of a longer text.
fn lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}
