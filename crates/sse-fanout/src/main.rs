//! One event to 1,000 and to 10,000 readers on the loopback: how many deliveries a second, and how much memory an idle reader takes.
//!
//! `crates/sse-fanout/run` installs what is missing on Debian, measures all servers and writes the table in `docs/performance.md`. It ends
//! with 1 below the floor.

mod axum;
mod limit;
mod measure;
mod ours;
mod peer;
mod readers;
mod report;

use std::io;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    // A descriptor for each reader, here and in the servers that are started from here.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["serve", which, port] = arguments[..] {
        let port = port.parse().map_err(io::Error::other)?;
        if which == "loop" {
            return limit::serve(port).map(|()| ExitCode::SUCCESS);
        }
        let runtime = tokio::runtime::Runtime::new()?;
        return runtime
            .block_on(async {
                match which {
                    "ours" => ours::serve(port).await,
                    _ => axum::serve(port).await,
                }
            })
            .map(|()| ExitCode::SUCCESS);
    }
    let runs = [1_000, 10_000].map(measure::compare);
    let mut above = true;
    let mut text = String::new();
    for run in runs {
        let (table, good) = report::table(&run?);
        text += &table;
        above &= good;
    }
    report::write(&text)?;
    Ok(if above {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
