//! The command line: what it takes, and which code it ends with.

mod check;
mod encoder;
mod explain;
mod fixture;
mod judging;
mod list;
mod matrix;
mod output;
mod parser;
mod profiles;
mod server;

pub use explain::page;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::driver::DriverError;

/// Ends of a run. They are part of the interface.
pub mod exit {
    /// Nothing to fix.
    pub const OK: u8 = 0;
    /// Findings, or a baseline that no longer holds.
    pub const FINDINGS: u8 = 1;
    /// The command line or a file that it names is wrong.
    pub const USAGE: u8 = 2;
    /// The target cannot be reached, cannot be started, or died.
    pub const TARGET: u8 = 3;
    /// The tool itself is at fault.
    pub const OURS: u8 = 4;
}

/// Judges anything that speaks Server-Sent Events, and says what is wrong, where in the bytes, and which sentence of the standard says so.
#[derive(Debug, Parser)]
#[command(name = "ssespec", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 nothing to fix, 1 findings or a stale baseline, 2 usage or configuration,
            3 target unreachable or gone, 4 a fault of ssespec itself";

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge a target; without one, the built-in reference server
    Check(Box<check::CheckArgs>),
    /// Show all checks
    List(list::ListArgs),
    /// Show what a check is about and how to mend what it finds; or what the standard does with a stream, line by line
    Explain(explain::ExplainArgs),
    /// List, show, export or check fixtures
    Fixture(fixture::FixtureArgs),
    /// Judge every target that has a description, in one report
    Matrix(matrix::MatrixArgs),
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) struct Stop {
    code: u8,
    why: String,
}

impl Stop {
    fn usage(why: impl std::fmt::Display) -> Self {
        Self {
            code: exit::USAGE,
            why: why.to_string(),
        }
    }

    fn target(why: impl std::fmt::Display) -> Self {
        Self {
            code: exit::TARGET,
            why: why.to_string(),
        }
    }

    fn ours(why: impl std::fmt::Display) -> Self {
        Self {
            code: exit::OURS,
            why: why.to_string(),
        }
    }
}

impl From<DriverError> for Stop {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::NoProgram | DriverError::Persistent => Self::usage(error),
            DriverError::Start { .. } | DriverError::NoDriver { .. } => Self::target(error),
        }
    }
}

/// Runs the command line of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and mistakes to stderr; a broken pipe is nobody's fault.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            });
        }
    };
    // What panics outside of a judge is our fault too, and has a code of its own.
    let outcome = std::panic::catch_unwind(|| match cli.command {
        Command::Check(args) => check::run(*args),
        Command::List(args) => list::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Fixture(args) => fixture::run(&args),
        Command::Matrix(args) => matrix::run(args),
    });
    match outcome {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(stop)) => {
            output::complain(&stop.why);
            ExitCode::from(stop.code)
        }
        Err(_) => {
            output::complain("this is a fault of ssespec; please report it");
            ExitCode::from(exit::OURS)
        }
    }
}
