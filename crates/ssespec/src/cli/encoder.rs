//! `ssespec check encoder`: judge an encoder by what it writes.

use super::judging::Judging;
use super::{Stop, output};
use crate::check::Role;
use crate::driver::Program;
use crate::encoder::{PATIENCE, Settings, check_encoder};

/// Options of `check encoder`.
#[derive(Debug, clap::Args)]
pub(crate) struct EncoderArgs {
    /// Send so many generated scripts too
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000), help_heading = "Scripts")]
    random: u32,
    /// Which generated scripts: the same seed gives the same
    #[arg(long, value_name = "S", default_value_t = 0, help_heading = "Scripts")]
    seed: u64,
    #[command(flatten)]
    judging: Judging,
    /// The driver: reads scripts from stdin and writes bytes to stdout, one line of JSON each
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

pub(crate) fn run(args: EncoderArgs) -> Result<u8, Stop> {
    let selection = args.judging.selection()?;
    let known = args.judging.known()?;
    let checks = selection.checks(Role::Encoder);
    let settings = Settings {
        program: Program::new(args.command),
        patience: PATIENCE.mul_f64(args.judging.timeout_scale),
        random: args.random as usize,
        seed: args.seed,
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Stop::ours)?;
    let progress = output::progress("sending scripts");
    let run = runtime.block_on(async {
        tokio::select! {
            run = check_encoder(None, &settings, &checks) => run.map_err(Stop::from),
            // Dropping the run ends the process, which Ctrl-C does not reach: it has a group of its own.
            _ = tokio::signal::ctrl_c() => Err(Stop::target("interrupted")),
        }
    })?;
    drop(progress);
    runtime.shutdown_background();
    args.judging.conclude(run, &known, &selection)
}
