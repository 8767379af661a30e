//! What the encoders allocate for an event.
//!
//! `cargo bench -p sse-peers --bench encoders_memory` writes its section of `docs/performance.md`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;

use allocation_counter::measure;
use sse_peers::encoders::{ENCODERS, events};
use sse_peers::report::write_section;
use sse_peers::workload::WORKLOADS;

fn main() -> io::Result<()> {
    let names: String = WORKLOADS
        .iter()
        .map(|workload| format!(" {} |", workload.name))
        .collect();
    let mut text = format!(
        "Allocations for each event, of the second half of 1 MiB.\n\n| |{names}\n|---|{}\n",
        "---:|".repeat(WORKLOADS.len())
    );
    for encoder in ENCODERS {
        let _ = write!(text, "| {} |", encoder.name);
        for workload in WORKLOADS {
            let events = events(&workload, 1 << 20);
            let half = events.len() / 2;
            let count = |events| {
                let encode = || {
                    (encoder.encode)(events, &mut |event| {
                        black_box(event);
                    })
                };
                measure(encode).count_total
            };
            let later = count(events).saturating_sub(count(&events[..half]));
            let _ = write!(
                text,
                " {:.2} |",
                later as f64 / (events.len() - half).max(1) as f64
            );
        }
        text.push('\n');
    }
    print(&text);
    write_section("encoders memory", &text)
}

#[expect(clippy::print_stdout, reason = "a bench is for reading")]
fn print(text: &str) {
    println!("{text}");
}
