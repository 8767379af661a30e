//! `ssespec check parser`: judge a decoder in any language by what comes of bytes.

use std::time::Duration;

use super::judging::Judging;
use super::server::duration;
use super::{Stop, output};
use crate::driver::{DriverError, Program};
use crate::parser::{self, Settings};

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
    let runtime = tokio::runtime::Runtime::new().map_err(Stop::ours)?;
    let progress = output::progress("playing streams");
    let run = runtime.block_on(async {
        tokio::select! {
            run = parser::check_parser(&settings, &checks) => run.map_err(stop),
            // Dropping the run ends the processes, which Ctrl-C does not reach: each has a group of its own.
            _ = tokio::signal::ctrl_c() => Err(Stop::target("interrupted")),
        }
    })?;
    drop(progress);
    runtime.shutdown_background();
    args.judging.conclude(run, &known, &selection)
}

fn stop(error: DriverError) -> Stop {
    match error {
        DriverError::NoProgram => Stop::usage(error),
        DriverError::Start { .. } | DriverError::NoDriver { .. } => Stop::target(error),
    }
}
