//! What is still to be played, and what came of what was played: shared by the drivers that play at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sse_fixtures::Fixture;
use tokio::time::Instant;

use super::plan::{Cut, CutPlan, Task};
use super::seen::{Line, Seen};
use crate::driver::{How, Trouble};

/// How often a program may be silent before the rest is not played: each time costs a deadline.
const SILENCES: usize = 6;
/// How often a program may print what is no answer.
const GARBLES: usize = 40;
/// How often a program may break down and not do so again with the same stream.
const FLUKES: usize = 20;

/// What came of playing one stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Played {
    /// The driver told what it saw.
    Seen(Seen),
    /// The driver says that it cannot do that, and why.
    Unsupported(String),
    /// The driver did not answer.
    Trouble {
        /// What it did instead.
        how: How,
        /// The last lines that it wrote to stderr, escaped.
        tail: String,
    },
}

/// What came of all streams of one fixture.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// What came of the whole stream, if it was played.
    pub whole: Option<Played>,
    /// What came of it cut as its author cut it.
    pub written: Option<(CutPlan, Played)>,
    /// The cut with the fewest edges from which something else came than from the whole.
    pub smallest: Option<(CutPlan, Played)>,
    /// In how many ways it was cut.
    pub splits: usize,
    /// Whether it broke the driver: then it is not played again.
    broken: bool,
}

/// The state of a run.
pub(super) struct Board {
    pub(super) fixtures: Arc<[&'static Fixture]>,
    tasks: Mutex<Tasks>,
    table: Mutex<Table>,
    /// No stream is begun after this.
    until: Instant,
}

struct Tasks {
    rest: Box<dyn Iterator<Item = Task> + Send>,
    /// How many streams were given out.
    begun: usize,
    stopped: Option<String>,
}

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) records: Vec<Record>,
    silences: usize,
    garbles: usize,
    /// What the driver did once and not again.
    pub(super) flukes: Vec<Trouble>,
}

impl Board {
    pub(super) fn new(fixtures: Arc<[&'static Fixture]>, until: Instant) -> Self {
        Self {
            tasks: Mutex::new(Tasks {
                rest: Box::new(std::iter::empty()),
                begun: 0,
                stopped: None,
            }),
            table: Mutex::new(Table {
                records: vec![Record::default(); fixtures.len()],
                ..Table::default()
            }),
            fixtures,
            until,
        }
    }

    /// Puts `tasks` on the board.
    pub(super) fn put(&self, tasks: impl Iterator<Item = Task> + Send + 'static) {
        lock(&self.tasks).rest = Box::new(tasks);
    }

    /// The next stream to be played.
    pub(super) fn next(&self) -> Option<Task> {
        let mut tasks = lock(&self.tasks);
        if tasks.stopped.is_some() {
            return None;
        }
        let table = lock(&self.table);
        let task = loop {
            let task = tasks.rest.next()?;
            if !table.records[task.fixture].broken {
                break task;
            }
        };
        if Instant::now() >= self.until {
            tasks.stopped = Some("the time was up".to_owned());
            return None;
        }
        tasks.begun += 1;
        Some(task)
    }

    /// Whether the fixture of `task` is not to be played any more.
    pub(super) fn is_broken(&self, task: &Task) -> bool {
        lock(&self.table).records[task.fixture].broken
    }

    pub(super) fn answer(&self, task: &Task, line: Line) {
        self.record(task, line.into());
    }

    pub(super) fn record(&self, task: &Task, played: Played) {
        let mut table = lock(&self.table);
        let record = &mut table.records[task.fixture];
        record.broken |= matches!(played, Played::Trouble { .. });
        match &task.cut {
            Cut::Whole => record.whole = Some(played),
            Cut::AsWritten(plan) => {
                record.differs(plan, &played);
                record.written = Some((plan.clone(), played));
            }
            Cut::Split(plan) => record.differs(plan, &played),
        }
    }

    /// Keeps what went wrong with `task`, which had its second chance if `again`.
    pub(super) fn trouble(&self, task: &Task, trouble: Trouble, again: bool) {
        {
            let mut table = lock(&self.table);
            match trouble.how {
                How::Silent(_) => table.silences += 1,
                How::Garbled(_) => table.garbles += 1,
                How::Ended(_) => {}
            }
            let stop = if table.silences >= SILENCES {
                Some("it was silent too often")
            } else if table.garbles >= GARBLES {
                Some("it printed too much that is no answer")
            } else if table.flukes.len() >= FLUKES {
                Some("it broke down too often without a cause in the stream")
            } else {
                None
            };
            drop(table);
            if let Some(why) = stop {
                self.stop(why.to_owned());
            }
        }
        if again {
            let Trouble { how, tail, .. } = trouble;
            self.record(task, Played::Trouble { how, tail });
        } else {
            lock(&self.table).flukes.push(trouble);
        }
    }

    /// The trouble that came first came again: it was no fluke.
    pub(super) fn no_fluke(&self) {
        lock(&self.table).flukes.pop();
    }

    pub(super) fn stop(&self, why: String) {
        lock(&self.tasks).stopped.get_or_insert(why);
    }

    /// Why not everything was played, and how many streams were.
    pub(super) fn effort(&self) -> (Option<String>, usize) {
        let tasks = lock(&self.tasks);
        (tasks.stopped.clone(), tasks.begun)
    }

    /// Whether anything came of any stream.
    pub(super) fn any_played(&self) -> bool {
        let table = lock(&self.table);
        table.records.iter().any(|record| record.whole.is_some())
    }

    pub(super) fn table(&self) -> Table {
        lock(&self.table).clone()
    }
}

impl From<Line> for Played {
    fn from(line: Line) -> Self {
        match (line.unsupported, line.events) {
            (Some(why), _) => Self::Unsupported(why),
            (None, events) => Self::Seen(Seen {
                events: events.unwrap_or_default(),
                state: line.state,
            }),
        }
    }
}

impl Record {
    fn differs(&mut self, plan: &CutPlan, played: &Played) {
        self.splits += 1;
        let fewer = (self.smallest.as_ref())
            .is_none_or(|(smallest, _)| plan.edges().len() < smallest.edges().len());
        if fewer && self.whole.as_ref().is_some_and(|whole| whole != played) {
            self.smallest = Some((plan.clone(), played.clone()));
        }
    }
}

/// A panic elsewhere does not make what is known worthless.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
