//! Compares `sse-encoder` with its peers in one run: the same events, interleaved rounds, medians, ratios.
//!
//! `cargo bench -p sse-peers --bench encoders` takes about a minute and writes its section of `docs/performance.md`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;
use std::time::Duration;

use sse_peers::clock::{median, time};
use sse_peers::encoders::{ENCODERS, Encoder, OURS, Source, decoded, events};
use sse_peers::report::write_section;
use sse_peers::workload::WORKLOADS;

/// The workloads of events: one line, one long line, many lines.
const CHOSEN: [&str; 5] = [
    "openai",
    "anthropic",
    "ticks",
    "64 KiB lines",
    "50-line data",
];

/// How much is encoded in one turn, in bytes.
const SIZE: usize = 1 << 20;

const ROUNDS: usize = 31;

fn main() -> io::Result<()> {
    let names: String = ENCODERS
        .iter()
        .map(|encoder| format!(" {} |", encoder.name))
        .collect();
    let mut text = format!(
        "Nanoseconds for an event, and times as fast as the best peer whose events are right. Medians of {ROUNDS} rounds, in each of which every\n\
         encoder has its turn, on one machine ({}). Before it is timed, what an encoder writes is decoded and compared.\n\n| |{names} times |\n|---|{}\n",
        std::env::consts::ARCH,
        "---:|".repeat(ENCODERS.len() + 1)
    );
    for workload in WORKLOADS
        .iter()
        .filter(|workload| CHOSEN.contains(&workload.name))
    {
        let events = events(workload, SIZE);
        let medians = medians(events);
        let _ = write!(text, "| {}: {} |", workload.name, workload.about);
        for (encoder, time) in ENCODERS.iter().zip(&medians) {
            let each = time.as_nanos() as f64 / events.len() as f64;
            let _ = if is_right(encoder, events) {
                write!(text, " {each:.0} |")
            } else {
                write!(text, " ({each:.0}) |")
            };
        }
        let peers = ENCODERS.iter().zip(&medians).skip(OURS);
        let best = peers
            .filter(|(encoder, _)| is_right(encoder, events))
            .map(|(_, time)| *time)
            .min()
            .unwrap_or_default();
        let _ = writeln!(
            text,
            " **{:.2}** |",
            best.as_secs_f64() / medians[0].as_secs_f64()
        );
    }
    text.push_str(
        "\nIn brackets: the events are not those that were given. Everybody gets `&str`, or `String` if that is what it takes; the encoders of axum\n\
         and actix-web-lab are private, so they are measured through their response bodies.\n",
    );
    print(&text);
    write_section("encoders", &text)
}

fn is_right(encoder: &Encoder, events: &'static [Source]) -> bool {
    let mut bytes = Vec::new();
    (encoder.encode)(events, &mut |event| bytes.extend_from_slice(event));
    let mut id = "";
    let expected = events.iter().map(|source| {
        id = source.id.as_deref().unwrap_or(id);
        [
            source.event.as_deref().unwrap_or("message"),
            &source.data,
            id,
        ]
        .map(str::to_owned)
    });
    expected.eq(decoded(&bytes))
}

/// What one turn takes, by encoder.
fn medians(events: &'static [Source]) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(ROUNDS); ENCODERS.len()];
    for _ in 0..ROUNDS {
        for (encoder, times) in ENCODERS.iter().zip(&mut times) {
            times.push(time(|| {
                (encoder.encode)(events, &mut |event| {
                    black_box(event);
                });
            }));
        }
    }
    times
        .into_iter()
        .map(|times| median(times).unwrap_or_default())
        .collect()
}

#[expect(clippy::print_stdout, reason = "a bench is for reading")]
fn print(text: &str) {
    println!("{text}");
}
