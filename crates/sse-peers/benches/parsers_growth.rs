//! How the time grows with the stream, beside what it takes to put the same chunks into one `Vec`.
//!
//! `cargo bench -p sse-peers --bench parsers_growth` takes about a minute and writes its section of `docs/performance.md`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use sse_peers::clock::{median, time};
use sse_peers::growing::{GROWING, Growing};
use sse_peers::parsers::PARSERS;
use sse_peers::report::write_section;

/// Who takes longer is not asked for twice as much.
const PATIENCE: Duration = Duration::from_millis(250);

/// How often a length is doubled.
const DOUBLINGS: usize = 4;

const ROUNDS: usize = 7;

fn main() -> io::Result<()> {
    let text: String = GROWING.iter().map(table).collect();
    print(&text);
    write_section("parsers growth", &text)
}

fn table(growing: &Growing) -> String {
    let lengths: Vec<_> = (0..=DOUBLINGS)
        .rev()
        .map(|halvings| growing.length >> halvings)
        .collect();
    let mib = |length: &usize| format!(" {} MiB |", *length as f64 / f64::from(1 << 20));
    let mut text = format!(
        "\nMilliseconds for {}, and in brackets times as many as for half the length. A dash: half of it took too long.\n\n| |{}\n|---|{}\n",
        growing.about,
        lengths.iter().map(mib).collect::<String>(),
        "---:|".repeat(lengths.len())
    );
    let streams: Vec<_> = lengths
        .iter()
        .map(|length| growing.chunks(*length))
        .collect();
    let mut row = |name: &str, run: &dyn Fn(&[Bytes])| {
        let mut cells = String::new();
        let mut last = None;
        for time in times(&streams, run) {
            let more = last.map(|last: Duration| time.as_secs_f64() / last.as_secs_f64());
            let more = more.map(|more| format!(" ({more:.1})")).unwrap_or_default();
            let _ = write!(cells, " {:.3}{more} |", time.as_secs_f64() * 1e3);
            last = Some(time);
        }
        let missing = cells.matches('|').count()..streams.len();
        let _ = writeln!(
            text,
            "| {name} |{cells}{}",
            missing.map(|_| " – |").collect::<String>()
        );
    };
    for parser in PARSERS {
        row(parser.name, &|chunks| {
            black_box((parser.count)(chunks));
        });
    }
    row("*no parser, one `Vec`*", &|chunks| {
        let mut all = Vec::new();
        for chunk in chunks {
            all.extend_from_slice(chunk);
        }
        black_box(&all);
    });
    text
}

/// The median for each length, as far as there is patience.
fn times(streams: &[Vec<Bytes>], run: &dyn Fn(&[Bytes])) -> Vec<Duration> {
    let mut medians = Vec::new();
    for chunks in streams {
        let first = time(|| run(chunks));
        let rounds = if first > PATIENCE { 0 } else { ROUNDS };
        let times = (0..rounds).map(|_| time(|| run(chunks))).collect();
        medians.push(median(times).unwrap_or(first));
        if first > PATIENCE {
            break;
        }
    }
    medians
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(text: &str) {
    println!("{text}");
}
