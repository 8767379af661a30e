//! The command line of ssespec.

use std::process::ExitCode;

fn main() -> ExitCode {
    ssespec::cli::main()
}
