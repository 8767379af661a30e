//! The program as a whole, against targets that are made for it: hostile ones, dying ones, and those that show what an option does.

mod baseline;
mod compare;
mod hostile;
mod killed;
mod options;
mod redirects;
mod reference;
mod server;
mod shown;
mod tls;

use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The program, with these arguments.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssespec"));
    command
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program with these arguments to its end.
fn ssespec(arguments: &[&str]) -> Output {
    ended(
        command(arguments)
            .spawn()
            .expect("the program can be started"),
    )
}

/// Far more than any run here takes, also on a busy machine: a run that is not over by then does not end.
const NEVER: Duration = Duration::from_secs(120);

/// Waits for the end of a run, which has to come.
fn ended(child: Child) -> Output {
    let id = child.id();
    let (over, is_over) = mpsc::channel();
    thread::spawn(move || over.send(child.wait_with_output()));
    match is_over.recv_timeout(NEVER) {
        Ok(output) => output.expect("its output can be read"),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("the run does not end");
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The report in JSON on stdout.
fn report(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr)))
}

/// The ids and outcomes of all checks of the first run.
fn outcomes(output: &Output) -> Vec<(String, String)> {
    let report = report(output);
    let rows = report["runs"][0]["checks"].as_array().expect("checks");
    let word = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    rows.iter()
        .map(|row| (word(&row["id"]), word(&row["outcome"])))
        .collect()
}

/// The outcome of the check `id`.
fn outcome(output: &Output, id: &str) -> Option<String> {
    let all = outcomes(output);
    all.into_iter()
        .find(|(known, _)| known == id)
        .map(|(_, outcome)| outcome)
}
