//! Counts instructions, which a busy machine does not change: the guard against regressions.
//!
//! `cargo bench -p sse-parser --bench instructions` runs itself under `valgrind --tool=callgrind` and compares with
//! `instructions.txt`; with `SSESPEC_GENERATE=1` it writes that file. The compiler, the C library and what the processor can do
//! (valgrind shows a program AVX2, if it is there) change the figures a little, so a tenth more is let pass.

#[path = "../../sse-peers/src/workload.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "it is a module of sse-peers, which uses the rest"
)]
mod workload;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs, str};

use sse_parser::EventStream;
use workload::WORKLOADS;

/// Names and lengths of chunks, in bytes, and length of the stream, in KiB.
const CHUNKS: [(&str, usize, usize); 4] = [
    ("16 KiB", 16 * 1024, 512),
    ("1460 B", 1460, 512),
    ("64 B", 64, 256),
    ("1 B", 1, 128),
];

/// Lengths of one `data` line, in MiB, each twice the one before. In time such a doubling says little: pages that are fresh from the
/// kernel cost more than what is done with them.
const LONG_LINES: [usize; 3] = [4, 8, 16];

/// At most so many times the instructions for twice the length.
const DOUBLING: f64 = 2.2;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [_, "--parse", workload, chunks] = Vec::from_iter(arguments.iter().map(|a| &**a))[..] {
        return parse(workload, chunks);
    }
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            print(&complaint);
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.txt");
    let mut table = String::from(
        "Instructions for each event, by chunk and workload. Written by `SSESPEC_GENERATE=1 cargo bench -p sse-parser --bench instructions`.\n\n",
    );
    for (chunks, ..) in CHUNKS {
        for workload in WORKLOADS {
            let (events, instructions) = count(workload.name, chunks)?;
            let each = instructions as f64 / events as f64;
            let _ = writeln!(table, "{chunks:>6} {:>14} {each:>10.1}", workload.name);
        }
    }
    let mut last = f64::INFINITY;
    for mib in LONG_LINES {
        let name = format!("{mib} MiB line");
        let (_, instructions) = count(&name, "1460 B")?;
        let _ = writeln!(table, "1460 B {name:>14} {instructions:>10}.0");
        let times = instructions as f64 / last;
        if times > DOUBLING {
            return Err(format!(
                "{table}\nhalf of the last line takes {times:.1} times fewer"
            ));
        }
        last = instructions as f64;
    }
    print(&table);
    if env::var_os("SSESPEC_GENERATE").is_some() {
        return fs::write(&file, table).map_err(|error| error.to_string());
    }
    let committed = fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let more = committed
        .lines()
        .zip(table.lines())
        .filter(|(allowed, counted)| figure(counted) > figure(allowed) * 1.1);
    let complaint = more.fold(String::new(), |told, (allowed, counted)| {
        format!(
            "{told}too many: {counted}, allowed are {}\n",
            figure(allowed) * 1.1
        )
    });
    if complaint.is_empty() && committed.lines().count() == table.lines().count() {
        Ok(())
    } else {
        Err(complaint + "if that is as it should be, set SSESPEC_GENERATE=1 and run again")
    }
}

/// The last word of a line, where that is a number.
fn figure(line: &str) -> f64 {
    let last = line.split_whitespace().next_back();
    last.and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// Runs this program under valgrind: how many events, and how many instructions they took.
fn count(workload: &str, chunks: &str) -> Result<(u64, u64), String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*measured*"])
        .arg(program)
        .args(["--bench", "--parse", workload, chunks])
        .output()
        .map_err(|error| format!("cannot run valgrind, which must be installed: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    let collected = told.lines().find_map(|line| line.split_once("Collected :"));
    let instructions = collected.and_then(|(_, count)| count.trim().parse().ok());
    let events = str::from_utf8(&output.stdout)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    events
        .zip(instructions)
        .ok_or_else(|| format!("valgrind tells no count of {workload} in {chunks}: {told}"))
}

fn parse(workload: &str, chunks: &str) -> ExitCode {
    let Some((_, size, length)) = CHUNKS.iter().find(|(name, ..)| *name == chunks) else {
        return ExitCode::FAILURE;
    };
    let long_line = workload.strip_suffix(" MiB line");
    let stream = if let Some(mib) = long_line.and_then(|mib| mib.parse().ok()) {
        one_line(mib)
    } else if let Some(workload) = WORKLOADS.iter().find(|it| it.name == workload) {
        workload.make(length * 1024)
    } else {
        return ExitCode::FAILURE;
    };
    print(&measured(&stream, *size).to_string());
    ExitCode::SUCCESS
}

fn one_line(mib: usize) -> Vec<u8> {
    let mut stream = b"data: ".to_vec();
    stream.resize(mib << 20, b'x');
    stream.extend_from_slice(b"\n\n");
    stream
}

#[inline(never)]
fn measured(bytes: &[u8], size: usize) -> usize {
    let mut stream = EventStream::new();
    let mut events = 0;
    for chunk in bytes.chunks(size) {
        let mut feed = stream.feed(chunk);
        while let Some(event) = feed.next_event() {
            let event = event.expect("there are no limits");
            std::hint::black_box((event.event_type(), event.data(), event.last_event_id()));
            events += 1;
        }
    }
    events
}

#[expect(
    clippy::print_stdout,
    reason = "the figures are what the program is for"
)]
fn print(text: &str) {
    println!("{text}");
}
