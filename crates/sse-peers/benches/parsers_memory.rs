//! What the parsers allocate, and how much they hold of a long stream.
//!
//! `cargo bench -p sse-peers --bench parsers_memory` takes about a minute and writes its section of `docs/performance.md`.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use sse_peers::clock::time;
use sse_peers::growing::{GROWING, Growing, cut};
use sse_peers::parsers::{Count, PARSERS, Parser};
use sse_peers::report::write_section;
use sse_peers::workload::WORKLOADS;

/// Who takes longer is not asked for twice as much.
const PATIENCE: Duration = Duration::from_millis(1000);

fn main() -> io::Result<()> {
    let text = allocations() + &held();
    print(&text);
    write_section("parsers memory", &text)
}

/// How often something is allocated for an event, when so much has come before that the buffers are as large as they get: an event
/// among heartbeats rarely lies across two chunks.
fn allocations() -> String {
    let names: String = WORKLOADS
        .iter()
        .map(|workload| format!(" {} |", workload.name))
        .collect();
    let mut text = format!(
        "Allocations for each event in chunks of 16 KiB, the fourth MiB of a stream.\n\n| |{names}\n|---|{}\n",
        "---:|".repeat(WORKLOADS.len())
    );
    for parser in PARSERS {
        let _ = write!(text, "| {} |", parser.name);
        for workload in WORKLOADS {
            let chunks = cut(&workload.make(4 << 20), 16 * 1024);
            let first = run(parser, &chunks[..chunks.len() / 4 * 3]);
            let all = run(parser, &chunks);
            let events = (all.0.events - first.0.events).max(1);
            let allocated = all.1.count_total.saturating_sub(first.1.count_total);
            let _ = write!(text, " {:.2} |", allocated as f64 / events as f64);
        }
        text.push('\n');
    }
    text
}

/// The most that is held of long streams.
fn held() -> String {
    let mut text = String::from(
        "\nThe most that was held, in KiB, and of which length of stream, in MiB: half as much or less where more would take too long.\n\n| |",
    );
    for growing in GROWING {
        let _ = write!(text, " {} |", growing.about);
    }
    let _ = writeln!(text, "\n|---|{}", "---:|".repeat(GROWING.len()));
    for parser in PARSERS {
        let _ = write!(text, "| {} |", parser.name);
        for growing in GROWING {
            let (mib, held) = longest(parser, &growing);
            let _ = write!(text, " {} of {mib} |", held / 1024);
        }
        text.push('\n');
    }
    text
}

/// The longest stream that was asked for, in MiB, and what was held of it, in bytes.
fn longest(parser: &Parser, growing: &Growing) -> (f64, u64) {
    let mut longest = (0.0, 0);
    for halvings in (0..4).rev() {
        let length = growing.length >> halvings;
        let chunks = growing.chunks(length);
        let mut held = 0;
        let took = time(|| held = run(parser, &chunks).1.bytes_max);
        longest = (length as f64 / f64::from(1 << 20), held);
        if took > PATIENCE {
            break;
        }
    }
    longest
}

fn run(parser: &Parser, chunks: &[Bytes]) -> (Count, AllocationInfo) {
    let mut count = Count::default();
    let allocated = measure(|| count = (parser.count)(chunks));
    (count, allocated)
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(text: &str) {
    println!("{text}");
}
