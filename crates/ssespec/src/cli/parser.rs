//! `ssespec check parser`: judge a decoder in any language by what comes of bytes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime::Runtime;

use super::judging::Judging;
use super::server::duration;
use super::{Stop, output};
use crate::apart;
use crate::check::Role;
use crate::driver::{DriverError, Program};
use crate::parser::{self, Settings};
use crate::report::{Outcome, Row, Summary};
use crate::requirement::Level;

/// Options of `check parser`.
#[derive(Debug, clap::Args)]
pub(crate) struct ParserArgs {
    /// Start the command once and ask it line by line: every fixture is played at every split
    #[arg(long)]
    persistent: bool,
    /// How many of the command run at the same time [default: 4, or 2 with --persistent]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Begin no stream after this time
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = duration)]
    time: Duration,
    /// Where random splits and streams come from
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Play so many generated streams as well, and make the first that goes wrong as small as possible
    #[arg(long, value_name = "N", default_value_t = 0)]
    random: u32,
    /// Where the fixture of a generated stream that goes wrong is written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    found: PathBuf,
    #[command(flatten)]
    judging: Judging,
    /// The command: it reads a stream on stdin and prints its events, one JSON object a line
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

pub(crate) fn run(args: ParserArgs) -> Result<u8, Stop> {
    let selection = args.judging.selection()?;
    let checks = parser::checks(&selection);
    let known = args.judging.known()?;
    let settings = Settings {
        program: Program::new(args.command),
        name: None,
        persistent: args.persistent,
        jobs: args.jobs.unwrap_or(if args.persistent { 2 } else { 4 }),
        time: args.time,
        timeout_scale: args.judging.timeout_scale,
        seed: args.seed,
    };
    let runtime = Runtime::new().map_err(Stop::ours)?;
    let progress = output::progress("playing streams");
    let mut run = runtime.block_on(async {
        tokio::select! {
            run = parser::check_parser(&settings, &checks) => run.map_err(stop),
            // Dropping the run ends the processes, which Ctrl-C does not reach: each has a group of its own.
            _ = tokio::signal::ctrl_c() => Err(Stop::target("interrupted")),
        }
    })?;
    if args.random > 0 && !run.target_died {
        let row = generated(&runtime, &settings, args.random, &args.found)?;
        run.checks.push(row);
        run.summary = Summary::of(&run.checks);
    }
    drop(progress);
    runtime.shutdown_background();
    args.judging.conclude(run, &known, &selection)
}

fn stop(error: DriverError) -> Stop {
    match &error {
        DriverError::NoDriver { .. } => Stop::target(format!(
            "{error}\nleave --persistent out if it reads one stream and prints its events"
        )),
        _ => error.into(),
    }
}

/// The row of the generated streams; a counter-example is written to a file.
fn generated(
    runtime: &Runtime,
    settings: &Settings,
    count: u32,
    folder: &Path,
) -> Result<Row, Stop> {
    let seed = settings.seed;
    output::tell(&format!("{count} generated streams, seed {seed}"));
    let found = parser::play_random(runtime, settings, count).map_err(stop)?;
    let mut row = Row {
        id: apart::RANDOM.to_owned(),
        level: Level::Must,
        outcome: Outcome::Passed,
        culprit: None,
        seen: None,
        expected: None,
        anchor: String::new(),
        fixture: None,
        bytes: None,
        reason: None,
        evidence: None,
    };
    if let Some(found) = found {
        let path = folder.join(format!("{}.fixture", found.fixture.id));
        let write = |path: &Path| {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, found.fixture.to_text())
        };
        write(&path)
            .map_err(|error| Stop::usage(format!("--found: {}: {error}", path.display())))?;
        row.outcome = Outcome::Failed;
        row.culprit = Some(Role::Parser);
        row.seen = Some(format!("{} (seed {seed})", found.seen));
        row.expected = Some(found.expected);
        row.fixture = Some(path.display().to_string());
        row.evidence = Some(found.evidence);
    }
    Ok(row)
}
