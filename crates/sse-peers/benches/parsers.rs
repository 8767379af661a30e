//! Compares `sse-parser` with its peers in one run: the same chunks, interleaved rounds, medians, ratios.

#[path = "../../sse-parser/tests/reference/mod.rs"]
mod reference;

use std::time::{Duration, Instant};

use bytes::Bytes;
use sse_peers::parsers::{Digest, PARSERS, Parser, Sink as _};
use sse_peers::workload::{WORKLOADS, Workload};

/// Chunks of so many bytes, and how long the stream is, in MiB.
const CHUNKS: [(usize, usize, &str); 5] = [
    (usize::MAX, 16, "whole"),
    (16 * 1024, 16, "16 KiB"),
    (1460, 16, "1460 B"),
    (64, 4, "64 B"),
    (1, 1, "1 B"),
];

/// A prefix of so many bytes is compared with the reference, and tells whether the peer ends in time.
const PREFIX: usize = 512 * 1024;

/// Who takes longer for the prefix is left out: it is quadratic.
const TOO_SLOW: Duration = Duration::from_millis(400);

fn main() {
    let mut rounds = 9;
    let mut only = None;
    for argument in std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
    {
        match argument.parse() {
            Ok(number) => rounds = number,
            Err(_) => only = Some(argument),
        }
    }
    for (size, mib, name) in CHUNKS {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        print_table(size, mib, name, rounds);
    }
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print_table(size: usize, mib: usize, name: &str, rounds: usize) {
    println!("\n### Chunks: {name} (MB/s of input, medians of {rounds} interleaved rounds)\n");
    print!("| |");
    for peer in PARSERS {
        print!(" {} |", peer.name);
    }
    println!(" ratio to the best correct peer |");
    println!("|---|{}---:|", "---:|".repeat(PARSERS.len()));
    let mut product = 1.0_f64;
    for workload in &WORKLOADS {
        let speeds = measure(workload, size, mib << 20, rounds);
        print!("| {}: {} |", workload.name, workload.about);
        for speed in &speeds {
            print!(" {speed} |");
        }
        let best = speeds[1..]
            .iter()
            .filter_map(Speed::correct)
            .fold(0.0, f64::max);
        let ratio = speeds[0].correct().unwrap_or_default() / best;
        product *= ratio;
        println!(" **{ratio:.2}** |");
    }
    println!(
        "\nGeometric mean of the ratios: {:.2}",
        product.powf(1.0 / WORKLOADS.len() as f64)
    );
}

/// How fast a peer was, in MB/s.
enum Speed {
    Right(f64),
    /// Its events are not those of the standard; the speed does not count.
    Wrong(f64),
    TooSlow,
}

impl Speed {
    const fn correct(&self) -> Option<f64> {
        match self {
            Self::Right(speed) => Some(*speed),
            Self::Wrong(_) | Self::TooSlow => None,
        }
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Right(speed) => write!(f, "{speed:.0}"),
            Self::Wrong(speed) => write!(f, "({speed:.0})"),
            Self::TooSlow => f.write_str("–"),
        }
    }
}

fn measure(workload: &Workload, size: usize, length: usize, rounds: usize) -> Vec<Speed> {
    let stream = Bytes::from(workload.make(length));
    let chunks = cut(&stream, size);
    let prefix = stream.slice(..PREFIX.min(stream.len()));
    let first = cut(&prefix, size);
    let expected = expected(&prefix);

    let right: Vec<_> = PARSERS
        .iter()
        .map(|peer| in_time(peer, &first).map(|digest| digest == expected))
        .collect();
    let mut times = vec![Vec::new(); PARSERS.len()];
    for _ in 0..rounds {
        for ((peer, right), times) in PARSERS.iter().zip(&right).zip(&mut times) {
            if right.is_some() {
                times.push(time(peer, &chunks).1);
            }
        }
    }
    let speeds = times.iter_mut().zip(right).map(|(times, right)| {
        times.sort_unstable();
        let median = times.get(times.len() / 2);
        match (right, median) {
            (Some(right), Some(median)) => {
                let speed = stream.len() as f64 / median.as_secs_f64() / 1e6;
                if right {
                    Speed::Right(speed)
                } else {
                    Speed::Wrong(speed)
                }
            }
            _ => Speed::TooSlow,
        }
    });
    speeds.collect()
}

fn cut(stream: &Bytes, size: usize) -> Vec<Bytes> {
    let starts = (0..stream.len()).step_by(size);
    starts
        .map(|start| stream.slice(start..stream.len().min(start.saturating_add(size))))
        .collect()
}

fn expected(stream: &[u8]) -> (usize, u64) {
    let mut digest = Digest::default();
    for event in reference::interpret(stream).events {
        digest.event(&event.event_type, &event.data, &event.last_event_id);
    }
    digest.value()
}

fn in_time(peer: &Parser, chunks: &[Bytes]) -> Option<(usize, u64)> {
    let (_, took) = time(peer, chunks);
    (took < TOO_SLOW).then(|| (peer.digest)(chunks).value())
}

#[expect(clippy::disallowed_methods, reason = "a bench is about time")]
fn time(peer: &Parser, chunks: &[Bytes]) -> (usize, Duration) {
    let start = Instant::now();
    let count = std::hint::black_box((peer.count)(std::hint::black_box(chunks)));
    (count.bytes, start.elapsed())
}
