use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a hub has done since it was made, and how many read at this moment; from [`Hub::metrics`](crate::Hub::metrics).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Streams that are open now.
    pub subscribers: u64,
    /// Events that were published.
    pub published: u64,
    /// Events that were handed to a connection, once for each subscriber.
    pub delivered: u64,
    /// Those of the delivered that a subscriber had missed before it came back.
    pub replayed: u64,
    /// Subscribers that were let go because they read too slowly.
    pub dropped: u64,
    /// Bytes that were handed to connections: events, comments and reconnection times, in the coding of the response, without the
    /// frames of HTTP.
    pub bytes: u64,
}

/// The counters behind [`Metrics`]; each for itself is right at any moment.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) published: AtomicU64,
    pub(crate) delivered: AtomicU64,
    pub(crate) replayed: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self, subscribers: u64) -> Metrics {
        Metrics {
            subscribers,
            published: self.published.load(Relaxed),
            delivered: self.delivered.load(Relaxed),
            replayed: self.replayed.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }
}

/// Adds to a counter.
pub(crate) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Relaxed);
}
