//! A target that the runner starts and owns: its port, its readiness, its output, and its end, with all of its children.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::escape;
use crate::target::{Start, Target, fill};

/// How long a target may take until it is ready.
const READY: Duration = Duration::from_secs(60);
/// How long a target may take to end after it was asked to.
const END: Duration = Duration::from_secs(3);
/// How often it is asked whether it is ready.
const ASK: Duration = Duration::from_millis(50);
/// How much of what a target prints is kept, in bytes (4 KiB).
const TAIL: usize = 4 << 10;

/// A running target. It ends when this is dropped.
pub struct Process {
    child: Child,
    /// The number of its process group.
    #[cfg(unix)]
    group: Option<i32>,
    /// The port that it was given.
    pub port: u16,
    tail: Tail,
}

/// Why a target does not run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program cannot be started.
    #[error("{program}: {error}")]
    Start {
        /// Which program.
        program: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It did not become ready.
    #[error("{what}{}", if tail.is_empty() { String::new() } else { format!("; it printed:\n{tail}") })]
    NotReady {
        /// What happened.
        what: String,
        /// The last lines that it printed, escaped.
        tail: String,
    },
}

impl Process {
    /// Starts `target` on a free port and waits until it is ready.
    ///
    /// # Errors
    ///
    /// [`ProcessError`] if it cannot be started, ends at once, or is not ready in time.
    pub async fn start(
        target: &Target,
        start: &Start,
        topic: &str,
        scale: f64,
    ) -> Result<Self, ProcessError> {
        let wrong = |error| ProcessError::Start {
            program: start.command[0].clone(),
            error,
        };
        let port = free_port().map_err(wrong)?;
        let words: Vec<_> = start
            .command
            .iter()
            .map(|word| fill(word, port, &target.dir, topic))
            .collect();
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .current_dir(&target.dir)
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(wrong)?;
        let tail = Tail::default();
        tail.follow(child.stdout.take());
        tail.follow(child.stderr.take());
        let mut process = Self {
            #[cfg(unix)]
            group: child.id().and_then(|id| i32::try_from(id).ok()),
            child,
            port,
            tail,
        };
        let address = fill(
            start.ready.trim_start_matches("tcp:"),
            port,
            &target.dir,
            topic,
        );
        process
            .wait_until_ready(&address, READY.mul_f64(scale))
            .await?;
        Ok(process)
    }

    /// The last lines that it printed, escaped.
    pub fn tail(&self) -> String {
        self.tail.text()
    }

    /// Asks it to end, and makes it end if it does not.
    pub async fn stop(mut self) {
        self.signal(Signal::Term);
        if timeout(END, self.child.wait()).await.is_err() {
            self.signal(Signal::Kill);
            // It cannot refuse this one.
            let _ = self.child.wait().await;
        }
        // Children that it left behind.
        self.signal(Signal::Kill);
    }

    async fn wait_until_ready(
        &mut self,
        address: &str,
        patience: Duration,
    ) -> Result<(), ProcessError> {
        let until = Instant::now() + patience;
        loop {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(());
            }
            let what = match self.child.try_wait() {
                Ok(Some(status)) => format!("it ended before it was ready: {status}"),
                _ if Instant::now() >= until => format!(
                    "nothing answers at {address} after {} s",
                    patience.as_secs()
                ),
                _ => {
                    sleep(ASK).await;
                    continue;
                }
            };
            return Err(ProcessError::NotReady {
                what,
                tail: self.tail(),
            });
        }
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        use rustix::process::{Pid, Signal as Unix, kill_process_group};
        let signal = match signal {
            Signal::Term => Unix::TERM,
            Signal::Kill => Unix::KILL,
        };
        // The group has the number of its leader. A group that is gone is what is wanted.
        if let Some(group) = self.group.and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _: Signal) {
        let _ = self.child.start_kill();
    }
}

/// Ends the whole group, whatever the reason.
impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::Kill);
    }
}

#[derive(Clone, Copy)]
enum Signal {
    Term,
    Kill,
}

/// The last bytes of what a target prints.
#[derive(Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn follow(&self, source: Option<impl AsyncRead + Send + Unpin + 'static>) {
        let Some(mut source) = source else { return };
        let tail = Arc::clone(&self.0);
        tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = source.read(&mut buffer).await {
                let Ok(mut tail) = tail.lock() else { return };
                tail.extend(&buffer[..count]);
                let excess = tail.len().saturating_sub(TAIL);
                tail.drain(..excess);
            }
        });
    }

    fn text(&self) -> String {
        let Ok(mut tail) = self.0.lock() else {
            return String::new();
        };
        let text = String::from_utf8_lossy(tail.make_contiguous()).into_owned();
        text.lines()
            .map(escape::printable)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A port that nobody listens on.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
