//! Playing to a persistent driver: a fresh parser for each line, fed chunk by chunk.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::board::Board;
use super::plan::{Task, question};
use super::seen::Line;
use crate::driver::{Driver, DriverError, Greeting, Program, Question};

/// One driver that plays, started again whenever it breaks down.
pub(super) struct Player<'p> {
    program: &'p Program,
    patience: Duration,
    driver: Option<Driver>,
}

impl<'p> Player<'p> {
    pub(super) fn new(program: &'p Program, patience: Duration) -> Self {
        Self {
            program,
            patience,
            driver: None,
        }
    }

    /// Starts the driver, if it does not run, and gives what it says of itself.
    pub(super) async fn greet(&mut self) -> Result<Greeting, DriverError> {
        let driver = match self.driver.take() {
            Some(driver) => driver,
            None => Driver::start(self.program, self.patience).await?,
        };
        let greeting = driver.greeting().clone();
        self.driver = Some(driver);
        Ok(greeting)
    }

    /// Plays what is on the board until nothing is left.
    pub(super) async fn play(&mut self, board: &Board) -> Result<(), DriverError> {
        let mut again: VecDeque<Task> = VecDeque::new();
        // The first of `again` has broken a driver once: it is asked alone, so that nothing else can be the cause.
        let mut suspect = false;
        loop {
            self.greet().await?;
            let Some(driver) = &mut self.driver else {
                continue;
            };
            let asked: Mutex<VecDeque<Task>> = Mutex::default();
            let mut alone = suspect;
            let questions = std::iter::from_fn(|| {
                let left = loop {
                    match again.pop_front() {
                        Some(task) if board.is_broken(&task) => {}
                        left => break left,
                    }
                };
                let task = match left {
                    Some(task) => task,
                    None if suspect => return None,
                    None => board.next()?,
                };
                if suspect && !std::mem::take(&mut alone) {
                    again.push_front(task);
                    return None;
                }
                let question = ask(board, &task)?;
                lock(&asked).push_back(task);
                Some(question)
            });
            let outcome = driver
                .exchange(questions, |_, line: Line| {
                    if let Some(task) = lock(&asked).pop_front() {
                        board.answer(&task, line);
                    }
                })
                .await;
            let mut unanswered = asked.into_inner().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Ok(()) if suspect => suspect = false,
                Ok(()) => return Ok(()),
                Err(trouble) => {
                    self.driver = None;
                    let Some(task) = unanswered.pop_front() else {
                        continue;
                    };
                    if suspect {
                        board.no_fluke();
                    }
                    board.trouble(&task, trouble, suspect);
                    if !suspect {
                        unanswered.push_front(task);
                    }
                    suspect = !suspect;
                    unanswered.append(&mut again);
                    again = unanswered;
                }
            }
        }
    }

    pub(super) async fn stop(self) {
        if let Some(driver) = self.driver {
            driver.stop().await;
        }
    }
}

fn ask(board: &Board, task: &Task) -> Option<Question> {
    let fixture = board.fixtures[task.fixture];
    let edges = task.cut.edges();
    let case = match edges {
        [] => fixture.id.clone(),
        [edge] => format!("{}@{edge}", fixture.id),
        _ => format!("{}@{}", fixture.id, edges.len()),
    };
    Some(question(case, &fixture.stream()?.bytes, edges))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
