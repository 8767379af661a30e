//! Compares `sse-parser` with its peers in one run: the same chunks, interleaved rounds, medians, ratios.
//!
//! `cargo bench -p sse-peers --bench parsers` takes about three minutes and writes its section of `docs/performance.md`. With
//! `-- NAME` it looks at chunks of that name only, such as `"16 KiB"`, and writes nothing.

#[path = "../../sse-parser/tests/reference/mod.rs"]
mod reference;

use std::fmt::{self, Write as _};
use std::hint::black_box;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use sse_peers::clock::{median, time};
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

/// For ours and for who can be the fastest of the others.
const ROUNDS: usize = 15;

/// For who is left behind: more than `BEHIND` times slower than the fastest.
const FEW_ROUNDS: usize = 3;
const BEHIND: u32 = 4;

/// The floor and the goal of a workload in chunks of 16 KiB, or of all of them in chunks of another name.
const FIGURES: [(&str, f64, f64); 11] = [
    ("openai", 2.2, 3.0),
    ("anthropic", 3.5, 5.0),
    ("ticks", 3.5, 6.0),
    ("64 KiB lines", 0.9, 1.5),
    ("50-line data", 1.6, 2.5),
    ("heartbeats", 1.5, 3.0),
    ("CRLF mix", 3.2, 4.5),
    ("CJK, emoji", 3.2, 5.0),
    ("1460 B", 2.0, 3.0),
    ("64 B", 1.2, 2.0),
    ("1 B", 0.9, 2.0),
];

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

/// The ratios of all chunks in one table, with their means, and what is asked of them.
fn summary(chunks: &[&(usize, usize, &str)], ratios: &[Vec<f64>]) -> String {
    let names: Vec<_> = chunks.iter().map(|(_, _, name)| *name).collect();
    let means: Vec<_> = (0..chunks.len()).map(|nth| mean(ratios, nth)).collect();
    let mut text = format!(
        "Times as fast as the fastest peer whose events are right, by length of chunk. Medians of the processor time of {ROUNDS} rounds, in each\n\
         of which every parser has its turn, on one machine ({}); below 1.3 the difference is noise.\n\n| | {} |\n|---|{}\n",
        std::env::consts::ARCH,
        names.join(" | "),
        "---:|".repeat(chunks.len())
    );
    for (workload, ratios) in WORKLOADS.iter().zip(ratios) {
        let cells: String = ratios
            .iter()
            .map(|ratio| format!(" {ratio:.2} |"))
            .collect();
        let _ = writeln!(text, "| {}: {} |{cells}", workload.name, workload.about);
    }
    let cells: String = means
        .iter()
        .map(|mean| format!(" **{mean:.2}** |"))
        .collect();
    let _ = writeln!(text, "| **geometric mean** |{cells}");
    text.push_str(
        "\nWhat is asked: of a workload in chunks of 16 KiB, of the geometric mean in smaller ones.\n\n\
         | | measured | floor | goal | |\n|---|---:|---:|---:|---|\n",
    );
    let column = |wanted| names.iter().position(|name| *name == wanted);
    for (name, floor, goal) in FIGURES {
        let workload = WORKLOADS.iter().position(|workload| workload.name == name);
        let measured = match workload {
            Some(row) => column("16 KiB").map(|nth| ratios[row][nth]),
            None => column(name).map(|nth| means[nth]),
        };
        if let Some(measured) = measured {
            let verdict = verdict(measured, floor, goal);
            let _ = writeln!(
                text,
                "| {name} | {measured:.2} | {floor} | {goal} | {verdict} |"
            );
        }
    }
    text.push_str(
        "\nIn brackets: the events are not those of the standard, so the speed does not count. A dash: not timed,\n         because a round took more than 0.3 seconds.\n",
    );
    text
}

/// The geometric mean of a column.
fn mean(ratios: &[Vec<f64>], nth: usize) -> f64 {
    let product: f64 = ratios.iter().map(|ratios| ratios[nth]).product();
    product.powf(1.0 / ratios.len() as f64)
}

fn verdict(measured: f64, floor: f64, goal: f64) -> &'static str {
    if measured < floor {
        "**below the floor**"
    } else if measured < goal {
        "above the floor"
    } else {
        "goal reached"
    }
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

    let right: Vec<_> = PARSERS
        .iter()
        .map(|parser| in_time(parser, &first).map(|digest| digest == expected))
        .collect();
    let timed = timed(&chunks, &right);
    let speeds = timed.into_iter().zip(right).map(|(times, right)| {
        let median = median(times).filter(|time| *time < TOO_SLOW);
        let speed = median.map(|time| stream.len() as f64 / time.as_secs_f64() / 1e6);
        match (right, speed) {
            (Some(true), Some(speed)) => Speed::Right(speed),
            (Some(false), Some(speed)) => Speed::Wrong(speed),
            _ => Speed::TooSlow,
        }
    });
    speeds.collect()
}

/// What the rounds took, by parser. The first one tells who gets few.
fn timed(chunks: &[Bytes], right: &[Option<bool>]) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); PARSERS.len()];
    let mut slowest = Duration::MAX;
    for round in 0..ROUNDS {
        for ((parser, right), times) in PARSERS.iter().zip(right).zip(&mut times) {
            let last = times.last().copied().unwrap_or_default();
            let many = *right == Some(true) && last < slowest;
            if right.is_some() && last < TOO_SLOW && (many || round < FEW_ROUNDS) {
                times.push(time_of(parser, chunks));
            }
        }
        if round == 0 {
            let of_right = times.iter().zip(right).skip(1);
            let fastest = of_right
                .filter(|(_, right)| **right == Some(true))
                .filter_map(|(times, _)| times.first())
                .min();
            slowest = fastest.map_or(Duration::MAX, |time| *time * BEHIND);
        }
    }
    times
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
    let took = time_of(parser, chunks);
    (took < TOO_SLOW).then(|| (parser.digest)(chunks).value())
}

fn time_of(parser: &Parser, chunks: &[Bytes]) -> Duration {
    time(|| {
        black_box((parser.count)(black_box(chunks)));
    })
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(text: &str) {
    println!("{text}");
}
