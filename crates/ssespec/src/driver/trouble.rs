//! What a program does instead of answering.

use std::time::Duration;

/// A program that cannot be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// There is no command, or it has no pipes.
    #[error("no command: write `-- CMD…`")]
    NoProgram,
    /// The program cannot be started.
    #[error("{program}: {error}")]
    Start {
        /// Which program.
        program: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is spoken to line by line, and was given a stream.
    #[error(
        "the command is a persistent driver, as its first line says: judge it with --persistent"
    )]
    Persistent,
    /// It does not begin as a driver does.
    #[error(
        "the command is no driver: {what}; its first line on stdout must be {{\"driver\": 1, \"name\": \"…\", \"features\": []}}{}",
        said(tail)
    )]
    NoDriver {
        /// What it did.
        what: String,
        /// The last lines that it wrote to stderr, escaped.
        tail: String,
    },
}

/// A question that got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The place of the question among those that were asked, from 0.
    pub question: usize,
    /// What the program did instead of answering.
    pub how: How,
    /// The last lines that it wrote to stderr, escaped.
    pub tail: String,
}

/// What a program did instead of answering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It ended: how.
    Ended(String),
    /// It was silent for so long.
    Silent(Duration),
    /// It printed something that is no answer: what, and why it is none.
    Garbled(String),
}

impl std::fmt::Display for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ended(how) => write!(f, "crashed ({how})"),
            Self::Silent(time) => write!(f, "gave no answer within {} s", time.as_secs_f64()),
            Self::Garbled(what) => write!(f, "printed something that is no answer: {what}"),
        }
    }
}

fn said(tail: &str) -> String {
    if tail.is_empty() {
        String::new()
    } else {
        format!("; it wrote:\n{tail}")
    }
}
