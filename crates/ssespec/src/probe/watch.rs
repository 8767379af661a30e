//! Reading a body until it ends, or a stop rule says that it has been watched for long enough.

use std::sync::OnceLock;
use std::time::Duration;

use sse_parser::{EventStream, Limits};
use tokio::time::{Instant, sleep_until, timeout};

use crate::coding::Decoder;
use crate::observation::{Body, End, Stop};
use crate::settings::StopRules;

/// What reading a body gave.
pub(super) struct Watched {
    pub(super) body: Body,
    pub(super) end: End,
    /// Microseconds after the request was begun.
    pub(super) ended_at: u64,
}

/// Microseconds since `started`.
pub(super) fn micros(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Streams that are watched side by side, and left a moment after each of them has sent an event.
pub(super) struct Company {
    waiting: tokio::sync::watch::Sender<usize>,
    /// When the last one had sent one.
    complete: OnceLock<Instant>,
}

/// So long they are watched on: an end that comes right behind the first event is to be seen.
const MOMENT: Duration = Duration::from_millis(50);

impl Company {
    /// Of so many streams.
    pub(super) fn of(streams: usize) -> Self {
        Self {
            waiting: tokio::sync::watch::Sender::new(streams),
            complete: OnceLock::new(),
        }
    }

    /// One of them has sent an event, or will not send one.
    fn counts(&self) {
        self.waiting.send_modify(|waiting| {
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                self.complete.get_or_init(Instant::now);
            }
        });
    }
}

/// Ends a moment after each stream of `company` has sent an event; never for a stream without company.
async fn all_have_sent(company: Option<&Company>) {
    let Some(company) = company else {
        return std::future::pending().await;
    };
    let mut waiting = company.waiting.subscribe();
    // The sender lives as long as this.
    drop(waiting.wait_for(|waiting| *waiting == 0).await);
    let complete = *company.complete.get_or_init(Instant::now);
    sleep_until(complete + MOMENT).await;
}

/// Reads chunks from `next` until it has no more, or one of `rules` holds. Always ends: `rules` has a time limit.
pub(super) async fn watch<B: AsRef<[u8]>>(
    next: impl AsyncFnMut() -> Result<Option<B>, String>,
    rules: &StopRules,
    started: Instant,
) -> Watched {
    watch_among(None, None, next, rules, started).await
}

/// The same for one of several streams, or for one whose events are behind a content coding.
pub(super) async fn watch_among<B: AsRef<[u8]>>(
    company: Option<&Company>,
    coding: Option<Decoder>,
    mut next: impl AsyncFnMut() -> Result<Option<B>, String>,
    rules: &StopRules,
    started: Instant,
) -> Watched {
    let mut waited_for = company;
    let mut body = Body::default();
    let mut counter = Counter::new(rules, coding);
    let until = Instant::now() + rules.time;
    let end = loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            // A source that is always ready would never let the time-out win.
            break End::Left(Stop::Time);
        }
        let (patience, why) = match rules.idle {
            Some(idle) if idle < left => (idle, Stop::Idle),
            _ => (left, Stop::Time),
        };
        let read = tokio::select! {
            biased;
            read = timeout(patience, next()) => read,
            () = all_have_sent(company) => break End::Left(Stop::Seen),
        };
        match read {
            Err(_) => break End::Left(why),
            Ok(Err(broken)) => break End::Aborted(broken),
            Ok(Ok(None)) => break End::Complete,
            Ok(Ok(Some(chunk))) => {
                let chunk = chunk.as_ref();
                if !body.push(chunk, micros(started), rules.bytes) {
                    break End::Left(Stop::TooMuch);
                }
                let stop = counter.feed(chunk);
                if counter.seen > 0 {
                    waited_for.take().map(Company::counts);
                }
                if let Some(stop) = stop {
                    break End::Left(stop);
                }
            }
        }
    };
    waited_for.map(Company::counts);
    Watched {
        body,
        end,
        ended_at: micros(started),
    }
}

/// The most bytes that are kept of a body at which a probe has only a short look, in bytes (64 KiB).
const BRIEF_BYTES: usize = 64 << 10;

/// The most lines that are kept of a body, whatever their length: each of them is looked at by many judges.
const MOST_LINES: usize = 100_000;

/// Stop rules that ask for an event or for silence shortly after the head.
pub(super) fn briefly(time: Duration, events: usize) -> StopRules {
    StopRules {
        events,
        time,
        bytes: BRIEF_BYTES,
        ..StopRules::default()
    }
}

/// Counts events and lines, and looks for the terminal event.
struct Counter<'r> {
    stream: EventStream,
    coding: Option<Decoder>,
    rules: &'r StopRules,
    seen: usize,
    lines: usize,
}

impl<'r> Counter<'r> {
    fn new(rules: &'r StopRules, coding: Option<Decoder>) -> Self {
        Self {
            stream: EventStream::with_limits(Limits::default()),
            coding,
            rules,
            seen: 0,
            lines: 0,
        }
    }

    fn feed(&mut self, chunk: &[u8]) -> Option<Stop> {
        let decoded;
        let chunk = match &mut self.coding {
            None => chunk,
            // What cannot be decoded has no events; a judge says so.
            Some(coding) => {
                decoded = coding.push(chunk).unwrap_or_default();
                &decoded
            }
        };
        self.lines += memchr::memchr2_iter(b'\n', b'\r', chunk).count();
        if self.lines > MOST_LINES {
            return Some(Stop::TooMuch);
        }
        let mut feed = self.stream.feed(chunk);
        while let Some(event) = feed.next_event() {
            let Ok(event) = event else { continue };
            self.seen += 1;
            let terminal = self.rules.until_event.as_deref() == Some(event.event_type())
                || self.rules.until_data.as_deref() == Some(event.data());
            if terminal {
                return Some(Stop::Terminal);
            }
            if self.seen >= self.rules.events {
                return Some(Stop::Events);
            }
        }
        None
    }
}
