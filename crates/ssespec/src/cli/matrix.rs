//! `ssespec matrix`: every target that has a description, in one report.

use std::path::PathBuf;
use std::time::Duration;

use super::output::{self, Format, ReportTo};
use super::server::duration;
use super::{Stop, exit};
use crate::check::Role;
use crate::judge::Selection;
use crate::matrix::{Matrix, MatrixError};
use crate::process;
use crate::report::human::Detail;
use crate::report::{Report, table};
use crate::target::Target;

/// Options of `matrix`.
#[derive(Debug, clap::Args)]
pub(crate) struct MatrixArgs {
    /// Targets by the name of their folder; all of them if none is named
    targets: Vec<String>,
    /// Where the targets are
    #[arg(long, value_name = "FOLDER", default_value = "conformance/targets")]
    dir: PathBuf,
    /// Which of them: server, parser or encoder
    #[arg(long, value_name = "ROLE", default_value = "server", value_parser = role)]
    role: Role,
    /// Install what the targets need, then judge them
    #[arg(long)]
    setup: bool,
    /// Only install
    #[arg(long, conflicts_with = "setup")]
    setup_only: bool,
    /// How many targets to judge at the same time
    #[arg(long, value_name = "N", default_value_t = 2)]
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
    /// Write a report to a file: human, json, junit, github, markdown
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
    let selection = Selection::new(&[], &[], None).map_err(Stop::ours)?;
    let matrix = Matrix {
        install: args.setup,
        jobs: args.jobs,
        time: args.time,
        timeout_scale: args.timeout_scale,
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Stop::ours)?;
    if args.setup_only {
        return runtime.block_on(or_interrupt(async {
            for target in &targets {
                let tell = |command: &str| output::tell(&format!("{}: {command}", target.name));
                process::install(target, args.timeout_scale, tell)
                    .await
                    .map_err(|error| Stop::target(format!("{}: {error}", target.name)))?;
            }
            Ok(exit::OK)
        }));
    }
    let progress = output::progress(&format!("judging {} targets", targets.len()));
    let judging = async {
        let runs = matrix.judge(&targets, &selection, output::tell).await;
        runs.map_err(|error: MatrixError| Stop::usage(error))
    };
    let runs = runtime.block_on(or_interrupt(judging))?;
    runtime.shutdown_background();
    drop(progress);
    let report = Report::new(runs);
    let detail = if args.verbose {
        Detail::All
    } else {
        Detail::Findings
    };
    output::publish(&report, args.format, &args.reports, detail, args.strict)?;
    if args.format == Format::Human {
        output::print(&table::write(&report))?;
    }
    Ok(report.exit_code(args.strict))
}

/// Dropping what was begun ends the processes, which a signal to us does not reach: each has a group of its own.
#[cfg(unix)]
pub(super) async fn or_interrupt<T>(
    work: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    use tokio::signal::unix::{SignalKind, signal};
    // Before anything is begun: Ctrl-C, and TERM as CI systems send it.
    let mut int = signal(SignalKind::interrupt()).map_err(Stop::ours)?;
    let mut term = signal(SignalKind::terminate()).map_err(Stop::ours)?;
    tokio::select! {
        result = work => result,
        _ = int.recv() => Err(Stop::target("interrupted")),
        _ = term.recv() => Err(Stop::target("interrupted")),
    }
}

/// Dropping what was begun ends the processes.
#[cfg(not(unix))]
pub(super) async fn or_interrupt<T>(
    work: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Stop::target("interrupted")),
    }
}

fn chosen(args: &MatrixArgs) -> Result<Vec<Target>, Stop> {
    if !args.dir.is_dir() {
        return Err(Stop::usage(format!(
            "{}: there is no such folder: name the one that holds your targets, each with a target.toml, with --dir FOLDER",
            args.dir.display()
        )));
    }
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
            target.role == args.role
                && (args.targets.is_empty() || args.targets.contains(&folder(target)))
        })
        .collect();
    if targets.is_empty() {
        return Err(Stop::usage(format!(
            "{}: no {} with a target.toml in a folder of its own: name another folder with --dir, or another role with --role",
            args.dir.display(),
            args.role
        )));
    }
    Ok(targets)
}

fn role(text: &str) -> Result<Role, String> {
    match text {
        "server" => Ok(Role::Server),
        "parser" => Ok(Role::Parser),
        "encoder" => Ok(Role::Encoder),
        _ => Err("write server, parser or encoder".to_owned()),
    }
}
