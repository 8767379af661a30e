//! Playing to a command that is started once for each stream: bytes on stdin until their end, events on stdout.

use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::board::{Board, Played};
use super::seen::{Seen, SeenEvent, SeenState};
use crate::driver::{DriverError, Greeting, How, Program};
use crate::escape;
use crate::process::Tail;

/// How much a command may print, in bytes (64 MiB).
const LONGEST: u64 = 64 << 20;
/// The exit code that means *unsupported*.
const UNSUPPORTED: i32 = 89;
/// How much longer a command may take that was silent once.
const SECOND_CHANCE: u32 = 3;
/// How long a command's children may keep its outputs open after it has ended.
const END: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
struct StateLine {
    state: SeenState,
}

/// Plays what is on the board until nothing is left.
pub(super) async fn play(
    board: &Board,
    program: &Program,
    patience: Duration,
) -> Result<(), DriverError> {
    while let Some(task) = board.next() {
        let bytes = board.fixtures[task.fixture]
            .stream()
            .map_or(&[][..], |stream| &stream.bytes);
        let mut played = run(program, bytes, patience).await?;
        // A command that has to start beside others may be slow once.
        if matches!(
            &played,
            Played::Trouble {
                how: How::Silent(_),
                ..
            }
        ) {
            played = run(program, bytes, patience * SECOND_CHANCE).await?;
        }
        if let Played::Trouble { how, tail } = played {
            let trouble = crate::driver::Trouble {
                question: 0,
                how,
                tail,
            };
            board.trouble(&task, trouble, true);
        } else {
            board.record(&task, played);
        }
    }
    Ok(())
}

/// Gives `bytes` to a new process and reads what it prints.
pub(super) async fn run(
    program: &Program,
    bytes: &[u8],
    patience: Duration,
) -> Result<Played, DriverError> {
    let (mut child, mut group) = program.spawn()?;
    let mut tail = Tail::default();
    tail.follow(child.stderr.take());
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let write = async {
        if let Some(mut input) = input {
            // A command that has seen enough may close its input.
            let _ = input.write_all(bytes).await;
        }
    };
    let mut printed = Vec::new();
    let read = async {
        if let Some(output) = output {
            let _ = output.take(LONGEST + 1).read_to_end(&mut printed).await;
        }
    };
    let ended = timeout(patience, async {
        tokio::join!(write, read);
        child.wait().await
    })
    .await;
    group.end();
    let _ = child.kill().await;
    tail.complete(END).await;
    if Greeting::is_first_line_of(&printed) {
        return Err(DriverError::Persistent);
    }
    let trouble = |how| Played::Trouble {
        how,
        tail: tail.text(),
    };
    Ok(match ended {
        Err(_) => trouble(How::Silent(patience)),
        Ok(Err(error)) => trouble(How::Ended(error.to_string())),
        Ok(Ok(status)) if status.code() == Some(UNSUPPORTED) => {
            let said = tail.text();
            Played::Unsupported(said.lines().last().unwrap_or("exit code 89").to_owned())
        }
        Ok(Ok(status)) if !status.success() => trouble(How::Ended(status.to_string())),
        Ok(Ok(_)) => match printed_events(&printed) {
            Ok(seen) => Played::Seen(seen),
            Err(why) => trouble(How::Garbled(why)),
        },
    })
}

fn printed_events(printed: &[u8]) -> Result<Seen, String> {
    if printed.len() as u64 > LONGEST {
        return Err(format!("more than {LONGEST} bytes"));
    }
    let mut seen = Seen {
        events: Vec::new(),
        state: None,
    };
    for line in printed.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        let shown = || escape::excerpt(line, 200);
        if line.is_empty() {
            continue;
        }
        if seen.state.is_some() {
            return Err(format!("`{}`, after the line with the state", shown()));
        }
        let value: serde_json::Value =
            serde_json::from_slice(line).map_err(|error| format!("`{}`: {error}", shown()))?;
        let wrong = |error: serde_json::Error| format!("`{}`: {error}", shown());
        if value.get("state").is_some() {
            let line: StateLine = serde_json::from_value(value).map_err(wrong)?;
            seen.state = Some(line.state);
        } else if value.is_object() {
            seen.events
                .push(serde_json::from_value::<SeenEvent>(value).map_err(wrong)?);
        } else {
            return Err(format!("`{}` is not an object", shown()));
        }
    }
    Ok(seen)
}
