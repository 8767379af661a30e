//! This parser as `ssespec check parser` speaks to it, and a pattern for other parsers in Rust.
//!
//! ```sh
//! cargo build --release --examples
//! ssespec check parser --persistent -- target/release/examples/driver
//! ssespec check parser -- target/release/examples/driver --once
//! ```

use std::error::Error;
use std::io::{BufRead as _, Read as _, Write as _, stdin, stdout};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sse_parser::EventStream;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    if std::env::args().nth(1).as_deref() == Some("--once") {
        let mut bytes = Vec::new();
        stdin().read_to_end(&mut bytes)?;
        let (events, state) = read([bytes]);
        for event in events {
            writeln!(out, "{event}")?;
        }
        writeln!(out, "{}", json!({ "state": state }))?;
        return Ok(());
    }
    let version = env!("CARGO_PKG_VERSION");
    let greeting =
        json!({"driver": 1, "name": "sse-parser", "version": version, "features": ["state"]});
    writeln!(out, "{greeting}")?;
    out.flush()?;
    for line in stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        let chunks = question["chunks"].as_array().ok_or("no chunks")?;
        let chunks = chunks
            .iter()
            .map(|chunk| STANDARD.decode(chunk.as_str().unwrap_or_default()));
        let (events, state) = read(chunks.collect::<Result<Vec<_>, _>>()?);
        let answer = json!({"case": question["case"], "events": events, "state": state});
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// What comes of a stream, chunk by chunk.
fn read(chunks: impl IntoIterator<Item = Vec<u8>>) -> (Vec<Value>, Value) {
    let mut stream = EventStream::new();
    let mut events = Vec::new();
    for chunk in chunks {
        let mut feed = stream.feed(&chunk);
        while let Some(event) = feed.next_event() {
            let Ok(event) = event else { continue }; // there are no limits
            events.push(json!({
                "type": event.event_type(), "data": event.data(), "lastEventId": event.last_event_id(),
            }));
        }
    }
    stream.finish();
    let time = stream.reconnection_time().map(|time| time.as_millis());
    let state = json!({
        "lastEventId": stream.last_event_id(),
        "reconnectionTime": time.map(|time| u64::try_from(time).unwrap_or(u64::MAX)),
    });
    (events, state)
}
