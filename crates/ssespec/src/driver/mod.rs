//! A program under test that is spoken to in JSON, one line in, one line out.
//!
//! Its first line says who it is. After that every question has one answer, in order; several questions are on the way at a time, so that the
//! pipes are never what takes the time. Whatever it does instead of answering is a [`Trouble`] that names the question.

mod exchange;
mod trouble;

pub use exchange::{Answer, Question};
pub use trouble::{DriverError, How, Trouble};

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::escape;
use crate::process::{Group, Tail};

/// How long a program may take until it says who it is: a virtual machine has to start.
const GREETING: Duration = Duration::from_secs(30);
/// How long a program may take to end after its input has ended.
const END: Duration = Duration::from_secs(3);
/// How long a first line may be, in bytes (64 KiB).
const LONGEST_GREETING: u64 = 64 << 10;

/// The program that is under test, and where it runs.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name and its arguments.
    pub words: Vec<String>,
    /// The folder that it runs in, if it is not ours.
    pub dir: Option<std::path::PathBuf>,
}

/// What a driver says of itself in its first line.
#[derive(Clone, Debug, Deserialize)]
pub struct Greeting {
    /// The version of the contract.
    driver: u32,
    /// What is under test.
    #[serde(default)]
    pub name: Option<String>,
    /// Which version of it.
    #[serde(default)]
    pub version: Option<String>,
    /// What it can report.
    #[serde(default)]
    pub features: Vec<String>,
}

impl Greeting {
    /// Whether a program that printed this greeted first: no event has a member of that name.
    pub(crate) fn is_first_line_of(printed: &[u8]) -> bool {
        let first = printed.split(|byte| *byte == b'\n').next();
        first.is_some_and(|line| serde_json::from_slice::<Self>(line).is_ok())
    }
}

/// A running driver. It ends, with all that it has started, when this is dropped.
pub struct Driver {
    child: Child,
    group: Group,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    tail: Tail,
    greeting: Greeting,
    /// How long one answer may take.
    patience: Duration,
}

impl Program {
    /// A program that is started in our folder.
    pub fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            words: words.into_iter().map(Into::into).collect(),
            dir: None,
        }
    }

    /// The same program, started in `dir`.
    #[must_use]
    pub fn within(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// As it would be written on a command line.
    pub fn shown(&self) -> String {
        escape::printable(&self.words.join(" "))
    }

    /// Starts it, with pipes for its input and its outputs.
    pub(crate) fn spawn(&self) -> Result<(Child, Group), DriverError> {
        let (name, arguments) = self.words.split_first().ok_or(DriverError::NoProgram)?;
        let mut command = Command::new(name);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        Group::spawn(&mut command).map_err(|error| DriverError::Start {
            program: escape::printable(name),
            error,
        })
    }
}

impl Greeting {
    /// Whether the driver says that it reports `feature`.
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }
}

impl Driver {
    /// Starts `program` and reads its first line. `patience` is how long one answer may take.
    ///
    /// # Errors
    ///
    /// [`DriverError`] if it cannot be started, or if its first line is not the one of a driver.
    pub async fn start(program: &Program, patience: Duration) -> Result<Self, DriverError> {
        let (mut child, group) = program.spawn()?;
        let mut tail = Tail::default();
        tail.follow(child.stderr.take());
        let input = child.stdin.take();
        let Some(output) = child.stdout.take() else {
            return Err(DriverError::NoProgram);
        };
        let mut driver = Self {
            child,
            group,
            input,
            output: BufReader::with_capacity(exchange::BATCH, output),
            tail,
            greeting: Greeting {
                driver: 1,
                name: None,
                version: None,
                features: Vec::new(),
            },
            patience,
        };
        match timeout(GREETING.max(patience), driver.greet()).await {
            Ok(Ok(greeting)) => {
                driver.greeting = greeting;
                Ok(driver)
            }
            Ok(Err(what)) => Err(driver.no_driver(what).await),
            Err(_) => Err(driver.no_driver("it said nothing".to_owned()).await),
        }
    }

    /// What it says of itself.
    pub fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// Ends its input, waits for its end, and makes it end if it does not.
    pub async fn stop(mut self) {
        self.input = None;
        let _ = timeout(END, self.child.wait()).await;
        self.group.end();
        let _ = self.child.kill().await;
    }

    async fn greet(&mut self) -> Result<Greeting, String> {
        let mut line = Vec::new();
        (&mut self.output)
            .take(LONGEST_GREETING)
            .read_until(b'\n', &mut line)
            .await
            .map_err(|error| error.to_string())?;
        if line.is_empty() {
            return Err("it ended without a line".to_owned());
        }
        let shown = escape::excerpt(line.trim_ascii_end(), 200);
        let greeting: Greeting = serde_json::from_slice(&line)
            .map_err(|error| format!("its first line is `{shown}`: {error}"))?;
        if greeting.driver != 1 {
            return Err(format!(
                "it speaks version {} of the contract, we speak 1",
                greeting.driver
            ));
        }
        Ok(greeting)
    }

    async fn no_driver(mut self, what: String) -> DriverError {
        self.group.end();
        self.tail.complete(END).await;
        DriverError::NoDriver {
            what,
            tail: self.tail.text(),
        }
    }

    /// What became of it, now that it does not answer any more.
    async fn fate(&mut self) -> How {
        self.input = None;
        let status = timeout(END, self.child.wait()).await;
        self.group.end();
        match status {
            Ok(Ok(status)) => How::Ended(status.to_string()),
            Ok(Err(error)) => How::Ended(error.to_string()),
            Err(_) => How::Ended("its output ended, and it did not".to_owned()),
        }
    }
}
