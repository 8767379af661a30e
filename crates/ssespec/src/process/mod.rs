//! A target that the runner starts and owns: its port, its readiness, its output, and its end, with all of its children.

mod group;
mod install;
mod port;
mod tail;

pub(crate) use group::Group;
pub use install::install;
pub(crate) use tail::Tail;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::header::EVENT_STREAM;
use crate::probe::Restart;
use crate::settings::{HttpVersion, Tls};
use crate::target::{Start, Target, fill};
use crate::tls;

/// How long a target may take until it is ready.
const READY: Duration = Duration::from_secs(60);
/// How long a target may take to end after it was asked to.
const END: Duration = Duration::from_secs(3);
/// How long it may take to answer that it is ready.
const ANSWER: Duration = Duration::from_secs(2);
/// How long the rest of the output of a program that has ended is waited for.
const REST: Duration = Duration::from_secs(1);
/// How often it is asked whether it is ready.
const ASK: Duration = Duration::from_millis(50);

/// A running target. It ends when this is dropped.
pub struct Process {
    child: Child,
    group: Group,
    /// The port that it was given.
    pub port: u16,
    launch: Launch,
    tail: Tail,
}

/// How a target is started.
struct Launch {
    words: Vec<String>,
    dir: PathBuf,
    /// What must answer before it is ready: `tcp:HOST:PORT` or a URL.
    ready: String,
    patience: Duration,
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
        let port = port::free().map_err(|error| ProcessError::Start {
            program: start.command[0].clone(),
            error,
        })?;
        let filled = |text: &str| fill(text, port, &target.dir, topic);
        let launch = Launch {
            words: start.command.iter().map(|word| filled(word)).collect(),
            dir: target.dir.clone(),
            ready: filled(&start.ready),
            patience: READY.mul_f64(scale),
        };
        let mut tail = Tail::default();
        let (child, group) = launch.run(port, &mut tail)?;
        let mut process = Self {
            child,
            group,
            port,
            launch,
            tail,
        };
        process.wait_until_ready().await?;
        Ok(process)
    }

    /// Asks it to end, as service managers do.
    pub fn ask_to_end(&self) {
        self.group.ask_to_end();
    }

    /// Whether it ends within `patience`.
    pub async fn ended(&mut self, patience: Duration) -> bool {
        timeout(patience, self.child.wait()).await.is_ok()
    }

    /// Makes it end, if it has not, starts it once more on the same port, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// [`ProcessError`], as for [`start`](Self::start).
    pub async fn start_again(&mut self) -> Result<(), ProcessError> {
        self.end().await;
        (self.child, self.group) = self.launch.run(self.port, &mut self.tail)?;
        self.wait_until_ready().await
    }

    /// The last lines that it printed, escaped.
    pub fn tail(&self) -> String {
        self.tail.text()
    }

    /// Asks it to end, and makes it end if it does not.
    pub async fn stop(mut self) {
        self.group.ask_to_end();
        self.ended(END).await;
        self.end().await;
    }

    /// Ends what did not end by itself, and children that it left behind: they cannot refuse this.
    async fn end(&mut self) {
        self.group.end();
        let _ = self.child.kill().await;
    }

    async fn wait_until_ready(&mut self) -> Result<(), ProcessError> {
        let Launch {
            ready, patience, ..
        } = &self.launch;
        let until = Instant::now() + *patience;
        loop {
            if answers(ready).await {
                return Ok(());
            }
            let what = match self.child.try_wait() {
                Ok(Some(status)) => format!("it ended before it was ready: {status}"),
                _ if Instant::now() >= until => {
                    format!("nothing answers at {ready} after {} s", patience.as_secs())
                }
                _ => {
                    sleep(ASK).await;
                    continue;
                }
            };
            // What it printed last says why. It has come through when nobody holds the output any more.
            self.end().await;
            self.tail.complete(REST).await;
            return Err(ProcessError::NotReady {
                what,
                tail: self.tail(),
            });
        }
    }
}

/// Whether there is something at `ready`: a socket that takes connections, or a URL whose answer is no failure of the server.
async fn answers(ready: &str) -> bool {
    if let Some(address) = ready.strip_prefix("tcp:") {
        return TcpStream::connect(address).await.is_ok();
    }
    let Ok(tls) = tls::config(&Tls::default(), HttpVersion::Auto) else {
        return false;
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(tls)
        .build();
    let Ok(client) = client else { return false };
    let asked = client.get(ready).header("accept", EVENT_STREAM).send();
    let answer = timeout(ANSWER, asked).await;
    matches!(answer, Ok(Ok(answer)) if !answer.status().is_server_error())
}

impl Launch {
    /// Starts the program; `tail` follows what it prints.
    fn run(&self, port: u16, tail: &mut Tail) -> Result<(Child, Group), ProcessError> {
        let mut command = Command::new(&self.words[0]);
        command
            .args(&self.words[1..])
            .current_dir(&self.dir)
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let (mut child, group) =
            Group::spawn(&mut command).map_err(|error| ProcessError::Start {
                program: self.words[0].clone(),
                error,
            })?;
        tail.follow(child.stdout.take());
        tail.follow(child.stderr.take());
        Ok((child, group))
    }
}

impl Restart for Process {
    async fn restart(&mut self) -> Result<(), String> {
        self.ask_to_end();
        self.ended(END).await;
        let again = self.start_again().await;
        again.map_err(|error| error.to_string())
    }
}
