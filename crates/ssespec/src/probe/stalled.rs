//! A client that does not read, beside one that does.

use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout_at};

use super::Prober;
use super::wire::Socket;
use crate::check::Probe;
use crate::observation::Observation;

/// On one connection of HTTP/2 another probe looks at the same.
const ONLY_HTTP2: &str = "the target speaks HTTP/2 only";

/// More than what systems keep for a client that does not read, in bytes (8 MiB).
pub(crate) const FLOWED: usize = 8 << 20;

/// A stream that brings less in a second fills no buffers in the time that there is, in bytes (32 KiB).
const LITTLE: usize = 32 << 10;

/// After this time a stream that brings little and goes on is known for one that fills no buffers.
const LOOK: Duration = Duration::from_millis(500);

/// As much in that time may fill them, in bytes (128 KiB).
const FAT: usize = 128 << 10;

/// So many times bytes must come before a silence is one.
const LIVELY: usize = 4;

/// A silence is longer than this, and so many times as long as any before it.
const SILENCE: Duration = Duration::from_millis(200);
const LONGER: u32 = 5;

/// The system keeps as little as it can for the client that does not read: what would fill megabytes in seconds fills this at once.
const KEPT: usize = 4 << 10;

/// What was read, and when.
struct Reading {
    began: Instant,
    last: Instant,
    longest: Duration,
    times: usize,
    bytes: usize,
}

impl Prober {
    /// `stalled`, of which only the head is read, beside `beside`. The fact `bytes` is what came on the latter. Where it fell silent, `silence` is for
    /// how long, in microseconds, until the client that did not read left, and `moved` how soon it went on then; `alone` is the longest silence of a
    /// stream without such a client. The same once more is `silence-again` and `moved-again`. Only where `connect` saw a stream that brings enough.
    pub(super) async fn stalled(&self, connect: &Observation) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Stalled) {
            return nothing;
        }
        if self.speaks_only_http2() {
            return Observation::nothing(Probe::Stalled, ONLY_HTTP2);
        }
        let rate = match connect.stream("stream") {
            Ok(stream) => stream.expected(stream.body.bytes.len(), Duration::from_secs(1)),
            Err(why) => return Observation::nothing(Probe::Stalled, why.0),
        };
        if rate < LITTLE {
            let why = format!(
                "{rate} bytes come in a second, too few to fill what systems keep for a client that does not read"
            );
            return Observation::nothing(Probe::Stalled, why);
        }
        let _slots = self.slots(2).await;
        let mut seen = Observation::of(Probe::Stalled, Vec::new());
        if self.beside_stalled(&mut seen, "").await {
            if let Some(mut alone) = self.beside(&mut seen, "alone").await {
                let mut reading = Reading::begin();
                let until = reading.began + self.brief();
                reading.read(&mut *alone, until, usize::MAX).await;
                tell(&mut seen, "alone", reading.longest.max(reading.silence()));
            }
            self.beside_stalled(&mut seen, "-again").await;
        }
        let first = seen.exchanges.first();
        let first = first.and_then(|exchange| exchange.response().ok());
        if first.is_some_and(|response| response.version == "HTTP/2") {
            return Observation::nothing(Probe::Stalled, ONLY_HTTP2);
        }
        seen
    }

    /// One trial; returns whether the stream fell silent and went on when the other client had left.
    async fn beside_stalled(&self, seen: &mut Observation, trial: &str) -> bool {
        let Some(stalled) = self.beside(seen, "stalled").await else {
            return false;
        };
        // Where that cannot be had, it only takes longer.
        let _ = SockRef::from(stalled.tcp()).set_recv_buffer_size(KEPT);
        let Some(mut beside) = self.beside(seen, "beside").await else {
            return false;
        };
        let mut reading = Reading::begin();
        let look = reading.began + LOOK.min(self.brief());
        reading.read(&mut *beside, look, FLOWED).await;
        if reading.bytes >= FAT || reading.is_silent() {
            let until = reading.began + self.brief();
            reading.read(&mut *beside, until, FLOWED).await;
            // A silence that has begun is waited for.
            if reading.silence() >= 2 * reading.longest {
                let until = reading.last + reading.silent_from();
                reading.read(&mut *beside, until, FLOWED).await;
            }
        }
        let bytes = reading.bytes.to_string();
        seen.facts.entry("bytes".to_owned()).or_insert(bytes);
        if reading.bytes >= FLOWED || !reading.is_silent() {
            return false;
        }
        tell(seen, &format!("silence{trial}"), reading.silence());
        // What it has not read makes a reset of its end.
        drop(stalled);
        let mut after = Reading::begin();
        let until = after.began + self.brief();
        after.read(&mut *beside, until, 1).await;
        if after.bytes > 0 {
            let moved = after.last - after.began;
            tell(seen, &format!("moved{trial}"), moved);
        }
        after.bytes > 0
    }

    /// A stream of which only the head has been read.
    async fn beside(&self, seen: &mut Observation, name: &str) -> Option<Box<dyn Socket>> {
        let wire = self.wire_get(name, |_| {}, None).await;
        let is_stream = wire
            .exchange
            .response()
            .is_ok_and(|response| response.is_event_stream() && response.version != "HTTP/2");
        seen.exchanges.push(wire.exchange);
        wire.socket.filter(|_| is_stream)
    }
}

impl Reading {
    fn begin() -> Self {
        let began = Instant::now();
        Self {
            began,
            last: began,
            longest: Duration::ZERO,
            times: 0,
            bytes: 0,
        }
    }

    /// Reads until so many bytes have come, the time is up, or nothing more can come. What is read is not kept.
    async fn read(&mut self, socket: &mut dyn Socket, until: Instant, most: usize) {
        let mut buffer = vec![0; 64 << 10];
        while self.bytes < most {
            let Ok(Ok(count @ 1..)) = timeout_at(until, socket.read(&mut buffer)).await else {
                return;
            };
            let now = Instant::now();
            self.longest = self.longest.max(now - self.last);
            self.last = now;
            self.times += 1;
            self.bytes += count;
        }
    }

    fn silence(&self) -> Duration {
        self.last.elapsed()
    }

    /// How long a silence is one.
    fn silent_from(&self) -> Duration {
        SILENCE.max(self.longest * LONGER)
    }

    /// Whether it was lively and is not any more.
    fn is_silent(&self) -> bool {
        self.times >= LIVELY && self.silence() >= self.silent_from()
    }
}

fn tell(seen: &mut Observation, fact: &str, time: Duration) {
    let micros = time.as_micros().to_string();
    seen.facts.insert(fact.to_owned(), micros);
}
