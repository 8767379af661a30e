use std::fmt::Write;
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

impl Metrics {
    /// The `Content-Type` of [`prometheus`](Self::prometheus).
    pub const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// The same in the [text format of Prometheus](https://prometheus.io/docs/instrumenting/exposition_formats/), for a route such
    /// as `/metrics`.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        for (name, kind, help, value) in [
            (
                "subscribers",
                "gauge",
                "Streams that are open now.",
                self.subscribers,
            ),
            (
                "events_published_total",
                "counter",
                "Events that were published.",
                self.published,
            ),
            (
                "events_delivered_total",
                "counter",
                "Events that were handed to a connection.",
                self.delivered,
            ),
            (
                "events_replayed_total",
                "counter",
                "Delivered events that a subscriber had missed.",
                self.replayed,
            ),
            (
                "subscribers_dropped_total",
                "counter",
                "Subscribers that read too slowly.",
                self.dropped,
            ),
            (
                "sent_bytes_total",
                "counter",
                "Bytes that were handed to connections.",
                self.bytes,
            ),
        ] {
            writeln!(
                text,
                "# HELP sse_{name} {help}\n# TYPE sse_{name} {kind}\nsse_{name} {value}"
            )
            .expect("text can be written to");
        }
        text
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_gets_a_help_a_type_and_a_value_for_each() {
        let metrics = Metrics {
            subscribers: 3,
            published: 5,
            delivered: 15,
            replayed: 2,
            dropped: 1,
            bytes: 640,
        };
        let text = metrics.prometheus();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "# HELP sse_subscribers Streams that are open now.",
                "# TYPE sse_subscribers gauge",
                "sse_subscribers 3",
            ]
        );
        let values: Vec<_> = lines.iter().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            values,
            [
                &"sse_subscribers 3",
                &"sse_events_published_total 5",
                &"sse_events_delivered_total 15",
                &"sse_events_replayed_total 2",
                &"sse_subscribers_dropped_total 1",
                &"sse_sent_bytes_total 640",
            ]
        );
        assert!(text.ends_with('\n'), "the last line has an end too");
    }
}
