//! `ssespec matrix`: every target that has a description, in one report.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::output::{self, Format, ReportTo};
use super::server::duration;
use super::{Stop, exit};
use crate::check::Role;
use crate::judge::Selection;
use crate::process::Process;
use crate::report::human::Detail;
use crate::report::{Effort, Outcome, Report, Row, Run, Target as Named};
use crate::requirement::Level;
use crate::run::check_server;
use crate::settings::Settings;
use crate::target::{Target, fill};

/// Options of `matrix`.
#[derive(Debug, clap::Args)]
pub(crate) struct MatrixArgs {
    /// Targets by the name of their folder; all of them if none is named
    targets: Vec<String>,
    /// Where the targets are
    #[arg(long, value_name = "FOLDER", default_value = "conformance/targets")]
    dir: PathBuf,
    /// Install what the targets need, then judge them
    #[arg(long)]
    setup: bool,
    /// Only install
    #[arg(long, conflicts_with = "setup")]
    setup_only: bool,
    /// How many targets to judge at the same time
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,
    /// How long to watch each stream
    #[arg(long = "for", value_name = "TIME", default_value = "5s", value_parser = duration)]
    time: Duration,
    /// Multiply every deadline
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    timeout_scale: f64,
    /// Let warnings fail the run
    #[arg(long)]
    strict: bool,
    /// Write a report to a file: human, json, junit, github
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    reports: Vec<ReportTo>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show what passed, and why something was not observed
    #[arg(short, long)]
    verbose: bool,
}

pub(crate) fn run(args: MatrixArgs) -> Result<u8, Stop> {
    let targets = chosen(&args)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Stop::ours)?;
    if args.setup || args.setup_only {
        for target in &targets {
            setup(target)?;
        }
    }
    if args.setup_only {
        return Ok(exit::OK);
    }
    let progress = output::progress(&format!("judging {} targets", targets.len()));
    let runs = runtime.block_on(async {
        tokio::select! {
            runs = judge_all(&args, &targets) => Ok(runs),
            // Dropping the runs ends the processes, which Ctrl-C does not reach: each has a group of its own.
            _ = tokio::signal::ctrl_c() => Err(Stop::target("interrupted")),
        }
    })?;
    runtime.shutdown_background();
    drop(progress);
    let report = Report::new(runs.into_iter().collect::<Result<_, _>>()?);
    let detail = if args.verbose {
        Detail::All
    } else {
        Detail::Findings
    };
    output::publish(&report, args.format, &args.reports, detail, args.strict)?;
    if args.format == Format::Human {
        output::print(&table(&report))?;
    }
    Ok(report.exit_code(args.strict))
}

fn chosen(args: &MatrixArgs) -> Result<Vec<Target>, Stop> {
    let all = Target::all(&args.dir).map_err(Stop::usage)?;
    let folder = |target: &Target| {
        target
            .dir
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    if let Some(unknown) = args
        .targets
        .iter()
        .find(|name| !all.iter().any(|target| folder(target) == **name))
    {
        let known: Vec<_> = all.iter().map(folder).collect();
        return Err(Stop::usage(format!(
            "{}: no target {unknown:?}; there are {}",
            args.dir.display(),
            known.join(", ")
        )));
    }
    let targets: Vec<_> = all
        .into_iter()
        .filter(|target| {
            target.role == Role::Server
                && (args.targets.is_empty() || args.targets.contains(&folder(target)))
        })
        .collect();
    if targets.is_empty() {
        return Err(Stop::usage(format!(
            "{}: no target with a target.toml",
            args.dir.display()
        )));
    }
    Ok(targets)
}

fn setup(target: &Target) -> Result<(), Stop> {
    for words in &target.setup {
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        output::tell(&format!("{}: {}", target.name, words.join(" ")));
        let failed = |why: String| {
            Stop::target(format!(
                "{}: setup: {}: {why}",
                target.name,
                words.join(" ")
            ))
        };
        let status = std::process::Command::new(program)
            .args(arguments)
            .current_dir(&target.dir)
            // Our stdout is for the report.
            .stdout(std::process::Stdio::from(std::io::stderr()))
            .status()
            .map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
    }
    Ok(())
}

async fn judge_all(args: &MatrixArgs, targets: &[Target]) -> Vec<Result<Run, Stop>> {
    futures_util::stream::iter(targets)
        .map(|target| judge_one(args, target))
        .buffered(args.jobs.max(1))
        .collect()
        .await
}

async fn judge_one(args: &MatrixArgs, target: &Target) -> Result<Run, Stop> {
    let topic = format!("ssespec-{}", std::process::id());
    let process = match &target.start {
        None => None,
        Some(start) => match Process::start(target, start, &topic, args.timeout_scale).await {
            Ok(process) => Some(process),
            Err(error) => return Ok(unusable(target, &error.to_string())),
        },
    };
    let port = process.as_ref().map_or(0, |process| process.port);
    let url = fill(
        target.url.as_deref().unwrap_or_default(),
        port,
        &target.dir,
        &topic,
    );
    let mut settings = Settings::new(super::server::parse_url(&url)?);
    settings.stop.time = args.time;
    settings.timeout_scale = args.timeout_scale;
    let selection = Selection::new(&[], &[], None).map_err(Stop::ours)?;
    let run = check_server(
        Some(&target.name),
        settings,
        &selection.checks(Role::Server),
    )
    .await;
    let tail = process.as_ref().map(Process::tail).unwrap_or_default();
    if let Some(process) = process {
        process.stop().await;
    }
    let mut run = match run {
        Ok(run) => run,
        Err(error) => return Ok(unusable(target, &format!("{error}\n{tail}"))),
    };
    target
        .baseline
        .weigh(&mut run, &selection)
        .map_err(Stop::usage)?;
    if (run.target_died || run.summary.failed > 0) && !tail.is_empty() {
        run.effort.output = Some(tail);
    }
    Ok(run)
}

/// The run of a target that could not be judged: never a skip.
fn unusable(target: &Target, why: &str) -> Run {
    let row = Row {
        id: "target/start".to_owned(),
        level: Level::Must,
        outcome: Outcome::Failed,
        culprit: None,
        seen: why.lines().next().map(crate::escape::printable),
        expected: Some(
            "a target that starts and answers; `ssespec matrix --setup` installs what it needs"
                .to_owned(),
        ),
        anchor: String::new(),
        fixture: None,
        bytes: None,
        reason: None,
        evidence: None,
    };
    let effort = Effort {
        output: Some(why.to_owned()),
        ..Effort::default()
    };
    let named = Named {
        role: target.role,
        name: target.name.clone(),
        url: None,
    };
    Run::new(named, vec![row], effort, true)
}

/// Checks by targets, a character a cell.
fn table(report: &Report) -> String {
    let mut text = String::from("\n");
    for (number, run) in report.runs.iter().enumerate() {
        let _ = writeln!(
            text,
            "{:>3}  {:<28} {}",
            number + 1,
            run.target.name,
            run.summary
        );
    }
    let mut ids: Vec<&str> = Vec::new();
    for row in report.runs.iter().flat_map(|run| &run.checks) {
        if !ids.contains(&row.id.as_str()) {
            ids.push(&row.id);
        }
    }
    let _ = write!(text, "\n{:<32}", "");
    for number in 1..=report.runs.len() {
        let _ = write!(text, "{number:>3}");
    }
    text.push('\n');
    for id in ids {
        let _ = write!(text, "{id:<32}");
        for run in &report.runs {
            let mark = run
                .checks
                .iter()
                .find(|row| row.id == id)
                .map_or(' ', |row| mark(row.outcome));
            let _ = write!(text, "{mark:>3}");
        }
        text.push('\n');
    }
    text.push_str("\n. passed  F failed  W warning  k known failure  n note  - not observed  s stale  E error\n");
    text
}

fn mark(outcome: Outcome) -> char {
    match outcome {
        Outcome::Passed => '.',
        Outcome::Failed => 'F',
        Outcome::Warning => 'W',
        Outcome::KnownFailure => 'k',
        Outcome::Note => 'n',
        Outcome::NotObserved | Outcome::Unsupported => '-',
        Outcome::Stale => 's',
        Outcome::Error => 'E',
    }
}
