//! What a target needs before it can be started: the commands of its `setup`.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, timeout_at};

use super::{Group, ProcessError, REST, Tail};
use crate::target::Target;

/// How long all commands of a target may take: a build from nothing on a slow machine.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Runs the commands of `target.setup` one after the other, in its folder; `tell` is told each.
///
/// # Errors
///
/// [`ProcessError`] for the first that cannot be started, fails, or takes longer than a quarter of an hour.
pub async fn install(target: &Target, scale: f64, tell: impl Fn(&str)) -> Result<(), ProcessError> {
    let until = Instant::now() + PATIENCE.mul_f64(scale);
    for words in &target.setup {
        tell(&words.join(" "));
        run(target, words, until).await?;
    }
    Ok(())
}

async fn run(target: &Target, words: &[String], until: Instant) -> Result<(), ProcessError> {
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir(&target.dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (mut child, _group) = Group::spawn(&mut command).map_err(|error| ProcessError::Start {
        program: words[0].clone(),
        error,
    })?;
    let mut tail = Tail::default();
    tail.follow(child.stdout.take());
    tail.follow(child.stderr.take());
    let what = match timeout_at(until, child.wait()).await {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(status)) => format!("setup: {}: {status}", words.join(" ")),
        Ok(Err(error)) => format!("setup: {}: {error}", words.join(" ")),
        Err(_) => format!("setup: {}: it did not end in time", words.join(" ")),
    };
    tail.complete(REST).await;
    Err(ProcessError::NotReady {
        what,
        tail: tail.text(),
    })
}
