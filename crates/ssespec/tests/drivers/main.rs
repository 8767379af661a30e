//! Programs that are spoken to line by line. The program under test is this one, started again with a part to play.

#[path = "../fresh/mod.rs"]
mod fresh;
#[path = "../kill_table/mod.rs"]
mod kill_table;
mod mutant;
mod parser;
mod redundant;
mod trouble;
mod twists;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use ssespec::driver::Program;

/// The first argument of a program under test; what follows says what it plays.
const PLAY: &str = "play";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(PLAY) {
        return play(&words.collect::<Vec<_>>());
    }
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let mut trials = trouble::trials();
    trials.extend(parser::trials());
    trials
}

/// Plays the part that `words` name.
fn play(words: &[String]) -> ExitCode {
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["trouble", part] => trouble::play(part),
        ["parser", mode, twist] => parser::play(mode, twist),
        _ => ExitCode::from(2),
    }
}

/// Takes its time.
#[expect(
    clippy::disallowed_methods,
    reason = "a driver that is slow is what is tested"
)]
fn dawdle(time: Duration) {
    std::thread::sleep(time);
}

/// This program with a part to play.
fn program(words: &[&str]) -> Program {
    let this = std::env::current_exe().expect("a test has a file");
    let this = this.to_string_lossy().into_owned();
    Program::new(
        [this.as_str(), PLAY]
            .into_iter()
            .chain(words.iter().copied()),
    )
}

/// Runs `test` to its end.
fn wait_for<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new()
        .expect("a runtime starts")
        .block_on(test)
}
