//! The figures as a section of `docs/performance.md`.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use crate::measure::Figures;
use crate::peer::Peer;

const BEGIN: &str = "<!-- written by `crates/sse-fanout/run` -->\n";
const END: &str = "<!-- end of what sse-fanout wrote -->\n";

const HEAD: &str = "## One event to many readers

Each server is a process of its own on the same machine as one process with all the readers, which is the same program for all of them. An
event of about 160 bytes is published, and the next one when the last reader has it: three rounds of 200,000 deliveries, the servers taking
turns. *Deliveries* is the median over all events; *processor* is what the server alone used for one delivery; *idle reader* is what the
server's memory (proportional set size) grew by, divided by the number of readers. *A loop of writes* is no server: one thread writes the same
bytes to all sockets and does nothing else. What it uses is what the system takes for a delivery, whoever asks for it.

`crates/sse-fanout/run` measures again; on Debian it installs nginx with nchan, and the packages for Node.js 20 or later, which has to be there.
";

/// The table, and whether ours is at least as good as the best of the others.
pub(crate) fn table(run: &[Figures]) -> (String, bool) {
    let ours = run.iter().find(|figures| figures.peer == Peer::Ours);
    let ours = ours.expect("it is one of them");
    let limit = run.iter().find(|figures| figures.peer == Peer::Loop);
    let limit = limit.expect("it is one of them");
    let others = || {
        let no_peers = [Peer::Ours, Peer::Loop];
        run.iter()
            .filter(move |figures| !no_peers.contains(&figures.peer))
    };
    let best = others()
        .map(Figures::deliveries_a_second)
        .fold(0.0, f64::max);
    let leanest = others().map(Figures::memory).fold(f64::INFINITY, f64::min);
    let mut text = format!(
        "\n| {} readers | deliveries a second | processor for one | idle reader |\n|---|---|---|---|\n",
        ours.readers
    );
    for figures in run {
        writeln!(
            text,
            "| {} | {:.0} | {:.1} µs | {:.0} bytes |",
            figures.peer.name(),
            figures.deliveries_a_second(),
            figures.processor(),
            figures.memory()
        )
        .expect("text can be written to");
    }
    let (speed, space) = (ours.deliveries_a_second() / best, ours.memory() / leanest);
    writeln!(
        text,
        "\nAgainst the best of the others: {speed:.2} times the deliveries, {space:.2} times the memory. Of the processor's time for a delivery \
        {:.0} % are the system's.",
        100.0 * limit.processor() / ours.processor()
    )
    .expect("text can be written to");
    (text, speed >= 1.0 && space < 1.0)
}

/// Puts the tables into their section, and prints nothing.
pub(crate) fn write(tables: &str) -> io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|_| "# Performance\n".to_owned());
    let processors = std::thread::available_parallelism()?;
    let section = format!("{BEGIN}{HEAD}\nMeasured on {processors} processors.\n{tables}{END}");
    let text = match (text.find(BEGIN), text.find(END)) {
        (Some(begin), Some(end)) if begin < end => {
            [&text[..begin], &section, &text[end + END.len()..]].concat()
        }
        _ => format!("{}\n\n{section}", text.trim_end()),
    };
    fs::write(path, text)
}
