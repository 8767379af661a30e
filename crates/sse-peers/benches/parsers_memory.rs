//! What the parsers allocate, and how that and the time grow with the stream.
//!
//! `cargo bench -p sse-peers --bench parsers_memory` takes about a minute and writes its section of `docs/performance.md`.

use std::fmt::Write as _;
use std::io;
use std::time::{Duration, Instant};

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use sse_peers::parsers::{Count, PARSERS, Parser};
use sse_peers::report::write_section;
use sse_peers::workload::WORKLOADS;

/// Who takes longer is not asked for twice as much.
const PATIENCE: Duration = Duration::from_millis(1500);

fn main() -> io::Result<()> {
    let text = allocations()
        + &growth(
            "One event of one `data` line, in chunks of 1460 B",
            16,
            one_line,
        )
        + &growth("Newlines alone, in chunks of 1460 B", 1, |length| {
            vec![b'\n'; length]
        })
        + &growth("Events of 28 bytes, in one chunk", 8, |length| {
            WORKLOADS[2].make(length)
        });
    print(&text);
    write_section("parsers memory", &text)
}

/// How often something is allocated for an event, when as much again has come before.
fn allocations() -> String {
    let names: String = WORKLOADS
        .iter()
        .map(|workload| format!(" {} |", workload.name))
        .collect();
    let mut text = format!(
        "Allocations for each event in chunks of 16 KiB, the second MiB of a stream.\n\n| |{names}\n|---|{}\n",
        "---:|".repeat(WORKLOADS.len())
    );
    for parser in PARSERS {
        let _ = write!(text, "| {} |", parser.name);
        for workload in WORKLOADS {
            let stream = workload.make(2 << 20);
            let chunks = cut(&stream, 16 * 1024);
            let (first, _) = run(parser, &chunks[..chunks.len() / 2]);
            let (all, _) = run(parser, &chunks);
            let events = (all.0.events - first.0.events).max(1);
            let allocated = all.1.count_total.saturating_sub(first.1.count_total);
            let _ = write!(text, " {:.2} |", allocated as f64 / events as f64);
        }
        text.push('\n');
    }
    text
}

/// Time and memory for streams of twice the length each.
fn growth(title: &str, mib: usize, make: fn(usize) -> Vec<u8>) -> String {
    let mut text = format!(
        "\n{title}: the longest stream that was asked for, the time, how much more it was than for half of it, and the most that was held.\n\n\
         | | MiB | ms | times | KiB held |\n|---|---:|---:|---:|---:|\n"
    );
    let size = if title.contains("1460") {
        1460
    } else {
        usize::MAX
    };
    for parser in PARSERS {
        let mut last = Duration::ZERO;
        for length in [mib << 17, mib << 18, mib << 19, mib << 20] {
            let chunks = cut(&make(length), size);
            let taken = (0..3)
                .map(|_| run(parser, &chunks))
                .min_by_key(|(_, time)| *time);
            let Some(((_, allocated), time)) = taken else {
                continue;
            };
            if length == mib << 20 || time > PATIENCE {
                let _ = writeln!(
                    text,
                    "| {} | {:.2} | {:.1} | {:.1} | {} |",
                    parser.name,
                    length as f64 / f64::from(1 << 20),
                    time.as_secs_f64() * 1e3,
                    time.as_secs_f64() / last.as_secs_f64(),
                    allocated.bytes_max / 1024
                );
                break;
            }
            last = time;
        }
    }
    text
}

fn one_line(length: usize) -> Vec<u8> {
    let mut stream = b"data: ".to_vec();
    stream.resize(length, b'x');
    stream.extend_from_slice(b"\n\n");
    stream
}

#[expect(clippy::disallowed_methods, reason = "a bench is about time")]
fn run(parser: &Parser, chunks: &[Bytes]) -> ((Count, AllocationInfo), Duration) {
    let mut count = Count::default();
    let start = Instant::now();
    let allocated = measure(|| count = (parser.count)(chunks));
    ((count, allocated), start.elapsed())
}

fn cut(stream: &[u8], size: usize) -> Vec<Bytes> {
    stream
        .chunks(size.min(stream.len()))
        .map(Bytes::copy_from_slice)
        .collect()
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(text: &str) {
    println!("{text}");
}
