//! A subscriber that reads while other things are done, and can be asked what it has seen so far.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sse_parser::{EventStream, Limits};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::observation::{Answer, End, Exchange, Stop};
use crate::probe::Prober;
use crate::probe::ask::{Ask, chunk};
use crate::settings::StopRules;

/// Work that goes on beside a script.
pub(super) type Work<'p> = Pin<Box<dyn Future<Output = ()> + 'p>>;

/// Where work is handed over.
pub(super) type Beside<'p> = mpsc::UnboundedSender<Work<'p>>;

/// The most bytes that a subscriber takes, in bytes (16 MiB).
const MOST_BYTES: usize = 16 << 20;

/// How long a subscriber stays at most.
const LONGEST: Duration = Duration::from_secs(180);

/// How much of an event's data is looked at while it is read, in characters.
const LOOKED_AT: usize = 512;

/// Drives `script`, and what it hands over beside it.
pub(super) async fn with_beside<'p, T>(script: impl AsyncFnOnce(Beside<'p>) -> T) -> T {
    let (beside, mut handed) = mpsc::unbounded_channel::<Work<'p>>();
    let mut script = std::pin::pin!(script(beside));
    let mut works = FuturesUnordered::new();
    loop {
        tokio::select! {
            done = &mut script => return done,
            Some(work) = handed.recv() => works.push(work),
            Some(()) = works.next(), if !works.is_empty() => {}
        }
    }
}

/// A subscriber that reads.
pub(super) struct Reader {
    live: Rc<Live>,
}

#[derive(Default)]
struct Live {
    opened: Cell<bool>,
    streams: Cell<bool>,
    leave: Cell<Option<Stop>>,
    left: Notify,
    changed: Notify,
    pieces: Cell<usize>,
    events: RefCell<Vec<String>>,
    last_id: RefCell<String>,
    done: RefCell<Option<Exchange>>,
}

impl Reader {
    /// Opens the stream `ask` and reads it, beside what follows. Of the body only what `keeps` is kept.
    pub(super) fn start<'p>(
        prober: &'p Prober,
        ask: Ask<'p>,
        beside: &Beside<'p>,
        keeps: bool,
    ) -> Self {
        let live = Rc::new(Live::default());
        let work: Work<'p> = Box::pin(read(prober, ask, Rc::clone(&live), keeps));
        // The other end lives as long as the script that calls this.
        let _ = beside.send(work);
        Self { live }
    }

    /// Waits for an event with `word` in its data; whether it came.
    pub(super) async fn saw(&self, word: &str, patience: Duration) -> bool {
        let seen = || {
            let events = self.live.events.borrow();
            events.iter().rev().any(|data| data.contains(word))
        };
        self.wait(seen, patience).await
    }

    /// Waits for the head of the response, or the news that there is none.
    pub(super) async fn opened(&self, patience: Duration) -> bool {
        self.wait(|| self.live.opened.get(), patience).await
    }

    /// Whether the response is one that brings events.
    pub(super) fn streams(&self) -> bool {
        self.live.streams.get()
    }

    /// Waits for so many pieces of the body.
    pub(super) async fn heard(&self, pieces: usize, patience: Duration) -> bool {
        self.wait(|| self.live.pieces.get() >= pieces, patience)
            .await
    }

    async fn wait(&self, holds: impl Fn() -> bool, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            let changed = self.live.changed.notified();
            if holds() {
                return true;
            }
            let over = self.live.done.borrow().is_some();
            if over || timeout_at(until, changed).await.is_err() {
                return holds();
            }
        }
    }

    /// The last event ID string of what was read so far.
    pub(super) fn last_id(&self) -> String {
        self.live.last_id.borrow().clone()
    }

    /// The data of all events so far.
    pub(super) fn events(&self) -> Vec<String> {
        self.live.events.borrow().clone()
    }

    /// Leaves; `why` is written down.
    pub(super) async fn leave(self, why: Stop) -> Exchange {
        self.live.leave.set(Some(why));
        self.live.left.notify_one();
        loop {
            let changed = self.live.changed.notified();
            if let Some(exchange) = self.live.done.borrow_mut().take() {
                return exchange;
            }
            changed.await;
        }
    }
}

async fn read(prober: &Prober, ask: Ask<'_>, live: Rc<Live>, keeps: bool) {
    let _slot = prober.slot().await;
    let opened = prober.open(ask).await;
    let streams = opened
        .response()
        .is_some_and(|response| response.status() == 200);
    live.streams.set(streams);
    live.opened.set(true);
    live.changed.notify_waiters();
    let mut stream = EventStream::with_limits(Limits::default());
    let next = async |response: &mut reqwest::Response| {
        if live.leave.get().is_some() {
            return Ok(None);
        }
        let taken = tokio::select! {
            () = live.left.notified() => Ok(None),
            taken = chunk(response) => taken,
        };
        if let Ok(Some(bytes)) = &taken {
            live.pieces.set(live.pieces.get() + 1);
            take_in(&live, &mut stream, bytes);
            live.changed.notify_waiters();
        }
        taken
    };
    let rules = StopRules {
        events: usize::MAX,
        time: prober.settings.scaled(LONGEST),
        bytes: MOST_BYTES,
        ..StopRules::default()
    };
    let mut exchange = opened
        .read_by(next, None, prober, streams.then_some(&rules))
        .await;
    if let Answer::Response(response) = &mut exchange.answer {
        if let (Some(why), End::Complete) = (live.leave.get(), &response.end) {
            response.end = End::Left(why);
        }
        if !keeps {
            response.body = crate::body::Body::default();
        }
    }
    *live.done.borrow_mut() = Some(exchange);
    live.changed.notify_waiters();
}

fn take_in(live: &Live, stream: &mut EventStream, bytes: &[u8]) {
    let mut feed = stream.feed(bytes);
    while let Some(event) = feed.next_event() {
        let Ok(event) = event else { continue };
        let looked_at = event.data().chars().take(LOOKED_AT).collect();
        live.events.borrow_mut().push(looked_at);
        event
            .last_event_id()
            .clone_into(&mut live.last_id.borrow_mut());
    }
}
