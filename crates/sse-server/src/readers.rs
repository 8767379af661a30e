//! Who reads a topic, and how far each has got.

use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use atomic_waker::AtomicWaker;
use slab::Slab;

/// Where one reader is. It has no queue: it reads the log of its topic from here on.
#[derive(Debug)]
pub(crate) struct Place {
    /// Number of the event that it needs next.
    next: AtomicU64,
    /// What was there when it came does not count as waiting for it.
    came: u64,
    let_go: AtomicBool,
    waker: AtomicWaker,
}

impl Place {
    pub(crate) const fn came(&self) -> u64 {
        self.came
    }

    pub(crate) fn next(&self) -> u64 {
        self.next.load(Relaxed)
    }

    pub(crate) fn advance(&self, next: u64) {
        self.next.store(next, Relaxed);
    }

    /// To be called before looking for something new, so that nothing is missed in between.
    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    pub(crate) fn is_let_go(&self) -> bool {
        self.let_go.load(Acquire)
    }

    fn let_go(&self) {
        self.let_go.store(true, Release);
        self.waker.wake();
    }
}

/// All readers of a topic.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    places: Mutex<Slab<Arc<Place>>>,
}

impl Readers {
    pub(crate) fn add(&self, next: u64, came: u64) -> (usize, Arc<Place>) {
        let place = Arc::new(Place {
            next: AtomicU64::new(next),
            came,
            let_go: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        (self.places().insert(Arc::clone(&place)), place)
    }

    pub(crate) fn remove(&self, key: usize, place: &Place) {
        let mut places = self.places();
        // Who was let go is out already, and the key may be somebody else's.
        if !place.is_let_go() {
            places.remove(key);
        }
    }

    /// Wakes everybody, lets those go for whom more than `queue` events wait, and gives how many that were.
    pub(crate) fn wake(&self, end: u64, queue: u64) -> u64 {
        let mut places = self.places();
        let before = places.len();
        places.retain(|_, place| {
            let waiting = end.saturating_sub(place.next().max(place.came));
            if waiting > queue {
                place.let_go();
                return false;
            }
            place.waker.wake();
            true
        });
        (before - places.len()) as u64
    }

    pub(crate) fn len(&self) -> usize {
        self.places().len()
    }

    fn places(&self) -> MutexGuard<'_, Slab<Arc<Place>>> {
        // Nothing in here panics half way.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
