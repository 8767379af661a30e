//! The keep-alive of a topic: one clock for all its readers, because when a topic is silent it is silent for all of them.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// How long nothing was sent, and how often that was too long.
#[derive(Debug)]
pub(crate) struct Silence {
    since: Mutex<Instant>,
    comments: AtomicU64,
    watch: Mutex<Option<JoinHandle<()>>>,
}

impl Silence {
    pub(crate) fn new() -> Self {
        Self {
            since: Mutex::new(now()),
            comments: AtomicU64::new(0),
            watch: Mutex::default(),
        }
    }

    /// An event was sent to everybody.
    pub(crate) fn broken(&self) {
        *lock(&self.since) = now();
    }

    /// How many comments a reader would have got that was there from the beginning.
    pub(crate) fn comments(&self) -> u64 {
        self.comments.load(SeqCst)
    }

    /// Sees to it that `comment` is called, which gives whether it is of use to anybody, whenever it was silent for so long.
    pub(crate) fn watch<T: AsRef<Self> + Send + Sync + 'static>(
        watched: &Arc<T>,
        most: Duration,
        comment: impl Fn(&T) -> bool + Send + 'static,
    ) {
        let this = T::as_ref(watched);
        let mut watch = lock(&this.watch);
        // It has also ended if the runtime has that it was on.
        if watch.as_ref().is_some_and(|watch| !watch.is_finished()) {
            return;
        }
        this.broken();
        let weak = Arc::downgrade(watched);
        // A clock that never waits would stop everything else.
        let most = most.max(Duration::from_millis(1));
        *watch = Some(tokio::spawn(async move {
            while let Some(watched) = weak.upgrade() {
                let this = T::as_ref(&watched);
                // So long that no clock has it: never.
                let Some(due) = lock(&this.since).checked_add(most) else {
                    return;
                };
                if due <= now() {
                    let mut watch = lock(&this.watch);
                    this.broken();
                    this.comments.fetch_add(1, SeqCst);
                    if !comment(&watched) {
                        *watch = None;
                        return;
                    }
                    continue;
                }
                drop(watched);
                sleep_until(due).await;
            }
        }));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "a keep-alive is about time")]
fn now() -> Instant {
    Instant::now()
}
