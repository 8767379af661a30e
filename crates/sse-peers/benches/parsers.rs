//! Compares `sse-parser` with its peers in one run: the same chunks, interleaved rounds, medians, ratios.
//!
//! `cargo bench -p sse-peers --bench parsers` takes about two minutes and writes its section of `docs/performance.md`. With
//! `-- NAME` it looks at chunks of that name only, such as `"16 KiB"`, and writes nothing.

#[path = "../../sse-parser/tests/reference/mod.rs"]
mod reference;

use std::fmt::{self, Write as _};
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sse_peers::parsers::{Digest, PARSERS, Parser, Sink as _};
use sse_peers::report::write_section;
use sse_peers::workload::{WORKLOADS, Workload};

/// Chunks of so many bytes, and how long the stream is, in KiB.
const CHUNKS: [(usize, usize, &str); 5] = [
    (usize::MAX, 4 * 1024, "whole"),
    (16 * 1024, 4 * 1024, "16 KiB"),
    (1460, 4 * 1024, "1460 B"),
    (64, 1024, "64 B"),
    (1, 256, "1 B"),
];

const ROUNDS: usize = 9;

/// A prefix of so many bytes is compared with the reference, and tells whether the peer ends in time.
const PREFIX: usize = 512 * 1024;

/// Who takes longer, for the prefix or for a round, is not timed: to wait for what is quadratic tells nothing.
const TOO_SLOW: Duration = Duration::from_millis(300);

fn main() -> io::Result<()> {
    let only = std::env::args()
        .skip(1)
        .find(|argument| argument != "--bench");
    let mut tables = String::new();
    let mut ratios = vec![Vec::new(); WORKLOADS.len()];
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let chosen: Vec<_> = CHUNKS.iter().filter(|(_, _, name)| wanted(name)).collect();
    for (size, kib, name) in &chosen {
        let _ = writeln!(tables, "\n#### Chunks: {name} (MB/s)\n\n{}", head());
        for (workload, ratios) in WORKLOADS.iter().zip(&mut ratios) {
            let speeds = measure(workload, *size, *kib << 10);
            ratios.push(ratio(&speeds));
            let cells: String = speeds.iter().map(|speed| format!(" {speed} |")).collect();
            let _ = writeln!(tables, "| {} |{cells}", workload.name);
        }
    }
    let text = summary(&chosen, &ratios) + &tables;
    print(&text);
    if only.is_none() {
        write_section("parsers", &text)?;
    }
    Ok(())
}

fn head() -> String {
    let names: String = PARSERS
        .iter()
        .map(|parser| format!(" {} |", parser.name))
        .collect();
    format!("| |{names}\n|---|{}", "---:|".repeat(PARSERS.len()))
}

/// The ratios of all chunks in one table, with their means.
fn summary(chunks: &[&(usize, usize, &str)], ratios: &[Vec<f64>]) -> String {
    let names: String = chunks
        .iter()
        .map(|(_, _, name)| format!(" {name} |"))
        .collect();
    let mut text = format!(
        "Times as fast as the fastest peer whose events are right, by length of chunk. Medians of {ROUNDS} rounds, in each of which every\n\
         parser has its turn, on one machine ({}); below 1.3 the difference is noise.\n\n| |{names}\n|---|{}\n",
        std::env::consts::ARCH,
        "---:|".repeat(chunks.len())
    );
    for (workload, ratios) in WORKLOADS.iter().zip(ratios) {
        let cells: String = ratios
            .iter()
            .map(|ratio| format!(" {ratio:.2} |"))
            .collect();
        let _ = writeln!(text, "| {}: {} |{cells}", workload.name, workload.about);
    }
    let means: String = (0..chunks.len())
        .map(|nth| ratios.iter().map(|ratios| ratios[nth]).product::<f64>())
        .map(|product| format!(" **{:.2}** |", product.powf(1.0 / WORKLOADS.len() as f64)))
        .collect();
    let _ = writeln!(text, "| **geometric mean** |{means}");
    text.push_str(
        "\nIn brackets: the events are not those of the standard, so the speed does not count. A dash: not timed,\n\
         because a round took more than 0.3 seconds.\n",
    );
    text
}

/// Ours to the best of the others.
fn ratio(speeds: &[Speed]) -> f64 {
    let best = speeds[1..]
        .iter()
        .filter_map(Speed::correct)
        .fold(0.0, f64::max);
    speeds[0].correct().unwrap_or_default() / best
}

/// How fast a parser was, in MB/s.
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

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right(speed) => write!(f, "{speed:.0}"),
            Self::Wrong(speed) => write!(f, "({speed:.0})"),
            Self::TooSlow => f.write_str("–"),
        }
    }
}

fn measure(workload: &Workload, size: usize, length: usize) -> Vec<Speed> {
    let stream = Bytes::from(workload.make(length));
    let chunks = cut(&stream, size);
    let prefix = stream.slice(..PREFIX.min(stream.len()));
    let first = cut(&prefix, size);
    let expected = expected(&prefix);

    let mut right: Vec<_> = PARSERS
        .iter()
        .map(|parser| in_time(parser, &first).map(|digest| digest == expected))
        .collect();
    let mut times = vec![Vec::new(); PARSERS.len()];
    for _ in 0..ROUNDS {
        for ((parser, right), times) in PARSERS.iter().zip(&mut right).zip(&mut times) {
            if right.is_some() {
                let took = time(parser, &chunks);
                times.push(took);
                *right = right.filter(|_| took < TOO_SLOW);
            }
        }
    }
    let speeds = times.iter_mut().zip(right).map(|(times, right)| {
        times.sort_unstable();
        let median = times.get(times.len() / 2);
        let speed = median.map(|time| stream.len() as f64 / time.as_secs_f64() / 1e6);
        match (right, speed) {
            (Some(true), Some(speed)) => Speed::Right(speed),
            (Some(false), Some(speed)) => Speed::Wrong(speed),
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

fn in_time(parser: &Parser, chunks: &[Bytes]) -> Option<(usize, u64)> {
    let took = time(parser, chunks);
    (took < TOO_SLOW).then(|| (parser.digest)(chunks).value())
}

#[expect(clippy::disallowed_methods, reason = "a bench is about time")]
fn time(parser: &Parser, chunks: &[Bytes]) -> Duration {
    let start = Instant::now();
    std::hint::black_box((parser.count)(std::hint::black_box(chunks)));
    start.elapsed()
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(text: &str) {
    println!("{text}");
}
