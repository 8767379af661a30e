//! Many questions, and their answers in order.

use std::collections::VecDeque;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until};

use super::trouble::{How, Trouble};
use super::{Driver, END};
use crate::escape;

/// How much is written at once, in bytes (64 KiB, what a pipe holds).
pub(super) const BATCH: usize = 64 << 10;
/// How many questions are on the way at most.
const ON_THE_WAY: usize = 512;
/// How long an answer may be, in bytes (64 MiB).
const LONGEST: usize = 64 << 20;

/// A question: a name, and the line that asks it.
#[derive(Clone, Debug)]
pub struct Question {
    /// What its answer must name.
    pub case: String,
    /// One line of JSON with its line end.
    pub line: Vec<u8>,
    /// How much longer than others its answer may take.
    pub allowance: Duration,
}

/// An answer: an object with a member `case`.
pub trait Answer: DeserializeOwned {
    /// The question that it answers.
    fn case(&self) -> &str;

    /// Why it is no answer although it reads like one.
    fn fault(&self) -> Option<&'static str> {
        None
    }
}

/// What is on the way in both directions.
struct Pipes<I> {
    questions: I,
    /// The questions that are asked and not answered: the name of each, and its allowance.
    asked: VecDeque<(String, Duration)>,
    answered: usize,
    /// What is still to be written, from `written` on.
    out: Vec<u8>,
    written: usize,
    /// What was read and is not a whole line yet.
    partial: Vec<u8>,
}

impl Driver {
    /// Asks `questions` and hands each answer to `each`, with its place among the questions.
    ///
    /// # Errors
    ///
    /// [`Trouble`] for the first question that got no answer. The driver is of no use after that.
    pub async fn exchange<A: Answer>(
        &mut self,
        questions: impl Iterator<Item = Question>,
        mut each: impl FnMut(usize, A),
    ) -> Result<(), Trouble> {
        let mut pipes = Pipes {
            questions,
            asked: VecDeque::new(),
            answered: 0,
            out: Vec::with_capacity(BATCH),
            written: 0,
            partial: Vec::new(),
        };
        match self.run(&mut pipes, &mut each).await {
            Ok(()) => Ok(()),
            Err(how) => {
                self.group.end();
                self.tail.complete(END).await;
                Err(Trouble {
                    question: pipes.answered,
                    how,
                    tail: self.tail.text(),
                })
            }
        }
    }

    async fn run<A: Answer>(
        &mut self,
        pipes: &mut Pipes<impl Iterator<Item = Question>>,
        each: &mut impl FnMut(usize, A),
    ) -> Result<(), How> {
        let mut chunk = Vec::with_capacity(BATCH);
        let deadline = sleep_until(Instant::now());
        tokio::pin!(deadline);
        let mut limit = self.patience;
        // Whether the answer that is waited for is another one than before.
        let mut another = true;
        loop {
            pipes.fill();
            let Some((_, allowance)) = pipes.asked.front() else {
                return Ok(());
            };
            if std::mem::take(&mut another) {
                limit = self.patience + *allowance;
                deadline.as_mut().reset(Instant::now() + limit);
            }
            let unwritten = &pipes.out[pipes.written..];
            tokio::select! {
                count = self.output.read_buf(&mut chunk) => {
                    if !matches!(count, Ok(1..)) {
                        return Err(self.fate().await);
                    }
                    another = pipes.take(&chunk, each).map_err(How::Garbled)?;
                    chunk.clear();
                }
                count = write(self.input.as_mut(), unwritten), if !unwritten.is_empty() => {
                    // It may have answered before it left: read on until its output ends.
                    pipes.written += count.unwrap_or(unwritten.len());
                }
                () = &mut deadline => return Err(How::Silent(limit)),
            }
        }
    }
}

async fn write(
    input: Option<&mut tokio::process::ChildStdin>,
    bytes: &[u8],
) -> std::io::Result<usize> {
    match input {
        Some(input) => input.write(bytes).await,
        None => Err(std::io::ErrorKind::BrokenPipe.into()),
    }
}

impl<I: Iterator<Item = Question>> Pipes<I> {
    /// Takes as many questions as may be on the way.
    fn fill(&mut self) {
        if self.written < self.out.len() {
            return;
        }
        self.out.clear();
        self.written = 0;
        while self.asked.len() < ON_THE_WAY && self.out.len() < BATCH {
            let Some(question) = self.questions.next() else {
                return;
            };
            self.out.extend(question.line);
            self.asked.push_back((question.case, question.allowance));
        }
    }

    /// Takes the lines that `chunk` completes; `true` if there was one.
    fn take<A: Answer>(
        &mut self,
        chunk: &[u8],
        each: &mut impl FnMut(usize, A),
    ) -> Result<bool, String> {
        let mut rest = chunk;
        let mut any = false;
        while let Some(end) = memchr_lf(rest) {
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            any = true;
            if self.partial.is_empty() {
                self.answer(line, each)?;
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.answer(&whole, each)?;
            }
        }
        self.partial.extend_from_slice(rest);
        if self.partial.len() > LONGEST {
            return Err(format!("a line of more than {LONGEST} bytes"));
        }
        Ok(any)
    }

    fn answer<A: Answer>(
        &mut self,
        line: &[u8],
        each: &mut impl FnMut(usize, A),
    ) -> Result<(), String> {
        let shown = || escape::excerpt(line.trim_ascii_end(), 200);
        let Some((expected, _)) = self.asked.front() else {
            return Err(format!("`{}`, and nothing was asked", shown()));
        };
        let answer: A =
            serde_json::from_slice(line).map_err(|error| format!("`{}`: {error}", shown()))?;
        if answer.case() != expected {
            return Err(format!(
                "`{}` does not answer the case {expected:?}",
                shown()
            ));
        }
        if let Some(fault) = answer.fault() {
            return Err(format!("`{}`: {fault}", shown()));
        }
        self.asked.pop_front();
        each(self.answered, answer);
        self.answered += 1;
        Ok(())
    }
}

fn memchr_lf(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'\n')
}
