//! A server that is started as a program of its own, and ends and starts again in one of several ways.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Between two events.
const STEP: Duration = Duration::from_millis(40);

/// How long a stream is drained.
const DRAINING: u32 = 30;

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Ends its streams, then itself; its events survive.
    Ends,
    /// Lets its streams go on for a while.
    Drains,
    /// Ends at once.
    Cuts,
    /// Waits for its streams to end.
    Hangs,
    /// Does not hear that it shall end.
    Ignores,
    /// Counts its events from 1 again.
    CountsAgain,
    /// Counts the events of each connection from 1.
    CountsForEach,
    /// Refuses ids of before.
    ForgetsIds,
    /// Starts only once.
    StartsOnce,
    /// Gives no ids.
    NoIds,
}

struct Shared {
    part: Part,
    started: u64,
    ending: watch::Receiver<bool>,
}

/// Serves until it is asked to end, if it hears that.
#[tokio::main]
pub(crate) async fn serve(part: Part, port: u16) -> std::io::Result<()> {
    if part == Part::StartsOnce {
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open("lock")?;
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let (end, ending) = watch::channel(false);
    let shared = Arc::new(Shared {
        part,
        started: now(),
        ending,
    });
    let mut term = signal(SignalKind::terminate())?;
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let shared = Arc::clone(&shared);
                connections.spawn(async move { stream(accepted?.0, &shared).await });
            }
            _ = term.recv() => match part {
                Part::Ignores => {}
                Part::Cuts => return Ok(()),
                _ => break,
            },
        }
    }
    drop(listener);
    let _ = end.send(true);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// So many steps since the epoch: what survives a restart.
#[expect(clippy::disallowed_methods, reason = "a server has a clock")]
fn now() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis() / STEP.as_millis()).unwrap_or_default()
}

async fn stream(mut socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    let count = socket.read(&mut buffer).await?;
    let request = String::from_utf8_lossy(&buffer[..count]).to_ascii_lowercase();
    let (mut reading, mut writing) = socket.split();
    tokio::select! {
        written = write(&mut writing, &request, shared) => written,
        () = async { while let Ok(1..) = reading.read(&mut buffer).await {} } => Ok(()),
    }
}

async fn write(
    writing: &mut (impl tokio::io::AsyncWrite + Unpin),
    request: &str,
    shared: &Shared,
) -> std::io::Result<()> {
    let Shared {
        part,
        started,
        ending,
    } = shared;
    let last = request
        .lines()
        .find_map(|line| line.strip_prefix("last-event-id: "));
    let mut last: Option<u64> = last.and_then(|id| id.parse().ok());
    if *part == Part::ForgetsIds && last.is_some_and(|id| id < *started) {
        return writing
            .write_all(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
            .await;
    }
    writing
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await?;
    let connected = now();
    let mut left = DRAINING;
    loop {
        let step = now();
        let from = match part {
            Part::CountsAgain => *started,
            Part::CountsForEach => connected,
            _ => 0,
        };
        let newest = step.saturating_sub(from);
        for id in last.map_or(newest, |last| last + 1)..=newest {
            let id_line = if *part == Part::NoIds {
                String::new()
            } else {
                format!("id: {id}\n")
            };
            let event = format!("{id_line}data: step {}\n\n", from + id);
            let chunk = format!("{:x}\r\n{event}\r\n", event.len());
            writing.write_all(chunk.as_bytes()).await?;
        }
        last = Some(last.map_or(newest, |last| last.max(newest)));
        if *ending.borrow() && *part != Part::Hangs {
            left = left.saturating_sub(1);
            if *part != Part::Drains || left == 0 {
                return writing.write_all(b"0\r\n\r\n").await;
            }
        }
        tokio::time::sleep(STEP).await;
    }
}
