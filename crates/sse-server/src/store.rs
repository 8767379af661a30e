//! The events of a hub in a file, so that ids and history go on after a restart.
//!
//! One thread writes. It takes all that waits, writes it in one transaction, and only when that is on the disk are the events given to
//! readers and the publishers told: no reader has ever seen an event that is not there after a crash, and one write serves many publishers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::sync::oneshot;

use crate::error::PublishError;
use crate::piece::Encoded;
use crate::topic::Inner;

/// Topic to the name of its log and the number of its next event.
const TOPICS: TableDefinition<'_, &str, (&str, u64)> = TableDefinition::new("topics");

/// Topic and number to the encoded event.
const EVENTS: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("events");

/// How many events may wait to be written.
const WAITING: usize = 4096;

type Told = oneshot::Sender<Result<(), PublishError>>;

/// What is in the file of one topic.
pub(crate) struct Kept {
    pub(crate) topic: String,
    /// Name of its log.
    pub(crate) log: String,
    /// Number of its next event.
    pub(crate) next: u64,
    pub(crate) events: Vec<Arc<Encoded>>,
}

/// An open file. Clones are the same; the last one waits until everything is written.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    writer: Arc<Writer>,
}

#[derive(Debug)]
struct Writer {
    jobs: SyncSender<Job>,
    thread: Option<JoinHandle<()>>,
    failed: Arc<OnceLock<PublishError>>,
}

/// The way of one topic to the store.
#[derive(Debug)]
pub(crate) struct Storing {
    topic: Arc<str>,
    log: Arc<str>,
    jobs: SyncSender<Job>,
    failed: Arc<OnceLock<PublishError>>,
}

enum Job {
    Store(Stored),
    Close,
}

/// An event that is to be stored.
struct Stored {
    readers: Arc<Inner>,
    topic: Arc<str>,
    log: Arc<str>,
    number: u64,
    event: Arc<Encoded>,
    told: Option<Told>,
}

impl Store {
    /// Opens the file, which keeps so many events of each topic, and gives what is in it.
    pub(crate) fn open(path: &Path, history: usize) -> io::Result<(Self, Vec<Kept>)> {
        let unusable = |error: redb::Error| {
            io::Error::other(format!("{} cannot be used: {error}", path.display()))
        };
        let new = !path.exists();
        let database = Database::create(path).map_err(|error| unusable(error.into()))?;
        if new {
            sync_folder(path)?;
        }
        let (kept, first) = read(&database, history).map_err(unusable)?;
        let (jobs, waiting) = sync_channel(WAITING);
        let failed = Arc::new(OnceLock::new());
        let writing = Writing {
            database,
            history: history as u64,
            first,
            failed: Arc::clone(&failed),
        };
        let thread = std::thread::Builder::new()
            .name("sse-store".to_owned())
            .spawn(move || writing.run(&waiting))?;
        let writer = Writer {
            jobs,
            thread: Some(thread),
            failed,
        };
        let store = Self {
            writer: Arc::new(writer),
        };
        Ok((store, kept))
    }

    pub(crate) fn storing(&self, topic: &str, log: &str) -> Storing {
        Storing {
            topic: topic.into(),
            log: log.into(),
            jobs: self.writer.jobs.clone(),
            failed: Arc::clone(&self.writer.failed),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It fails if the thread has panicked; then it has ended.
        let _ended = self.jobs.send(Job::Close);
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

impl Storing {
    /// Sends the event on its way. To be called in the order of the numbers.
    pub(crate) fn store(
        &self,
        readers: &Arc<Inner>,
        number: u64,
        event: Encoded,
        told: Option<Told>,
    ) -> Result<(), PublishError> {
        if let Some(failed) = self.failed.get() {
            return Err(failed.clone());
        }
        let job = Job::Store(Stored {
            readers: Arc::clone(readers),
            topic: Arc::clone(&self.topic),
            log: Arc::clone(&self.log),
            number,
            event: Arc::new(event),
            told,
        });
        self.jobs.try_send(job).map_err(|refused| {
            PublishError::Store(match refused {
                TrySendError::Full(_) => format!("{WAITING} events wait for the disk"),
                TrySendError::Disconnected(_) => "it is closed".to_owned(),
            })
        })
    }
}

/// What the thread has.
struct Writing {
    database: Database,
    history: u64,
    /// Number of the oldest event of each topic that is in the file.
    first: BTreeMap<Arc<str>, u64>,
    failed: Arc<OnceLock<PublishError>>,
}

impl Writing {
    fn run(mut self, waiting: &Receiver<Job>) {
        let mut batch = Vec::new();
        while let Ok(job) = waiting.recv() {
            let jobs = std::iter::once(job).chain(waiting.try_iter().take(WAITING));
            let mut closed = false;
            for job in jobs {
                match job {
                    Job::Store(stored) => batch.push(stored),
                    Job::Close => closed = true,
                }
            }
            self.finish(std::mem::take(&mut batch));
            if closed {
                return;
            }
        }
    }

    /// Writes these events, gives them to readers, and tells their publishers.
    fn finish(&mut self, batch: Vec<Stored>) {
        // After a failure nobody knows what is in the file until it is opened again, so nothing more is written.
        if self.failed.get().is_none()
            && let Err(error) = self.write(&batch)
        {
            let _first = self.failed.set(PublishError::Store(error.to_string()));
        }
        let result = self
            .failed
            .get()
            .map_or(Ok(()), |failed| Err(failed.clone()));
        if result.is_ok() {
            let same = |one: &Stored, other: &Stored| Arc::ptr_eq(&one.readers, &other.readers);
            for run in batch.chunk_by(same) {
                let events = run.iter().map(|stored| Arc::clone(&stored.event));
                run[0].readers.keep(events);
            }
        }
        for told in batch.into_iter().filter_map(|stored| stored.told) {
            // A publisher that does not wait any more need not be told.
            let _gone = told.send(result.clone());
        }
    }

    fn write(&mut self, batch: &[Stored]) -> Result<(), redb::Error> {
        if batch.is_empty() {
            return Ok(());
        }
        let transaction = self.database.begin_write()?;
        {
            let mut topics = transaction.open_table(TOPICS)?;
            let mut events = transaction.open_table(EVENTS)?;
            for stored in batch {
                let (topic, number) = (&*stored.topic, stored.number);
                topics.insert(topic, (&*stored.log, number + 1))?;
                events.insert((topic, number), &*stored.event.plain().plain())?;
                let first = self.first.entry(Arc::clone(&stored.topic));
                let first = first.or_insert(number);
                while *first + self.history <= number {
                    events.remove((topic, *first))?;
                    *first += 1;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

type Read = (Vec<Kept>, BTreeMap<Arc<str>, u64>);

fn read(database: &Database, history: usize) -> Result<Read, redb::Error> {
    // A new file has no tables, and only a writer makes them.
    let making = database.begin_write()?;
    making.open_table(TOPICS)?;
    making.open_table(EVENTS)?;
    making.commit()?;
    let reading = database.begin_read()?;
    let (topics, events) = (reading.open_table(TOPICS)?, reading.open_table(EVENTS)?);
    let (mut kept, mut first) = (Vec::new(), BTreeMap::new());
    for topic in topics.iter()? {
        let (topic, row) = topic?;
        let (topic, (log, next)) = (topic.value(), row.value());
        if let Some(oldest) = events.range((topic, 0)..(topic, next))?.next() {
            first.insert(topic.into(), oldest?.0.value().1);
        }
        let start = next.saturating_sub(history as u64);
        let events = events.range((topic, start)..(topic, next))?;
        let events = events.map(|event| Ok(Arc::new(Encoded::new(event?.1.value()))));
        kept.push(Kept {
            topic: topic.to_owned(),
            log: log.to_owned(),
            next,
            events: events.collect::<Result<_, redb::Error>>()?,
        });
    }
    Ok((kept, first))
}

/// A new file is only there after a crash of the machine if its folder has been written too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) {
        File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
