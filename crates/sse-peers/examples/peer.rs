//! A peer as `ssespec check parser --persistent` speaks to it: `peer NAME`, where `NAME` is a crate of this one's dependencies.

use std::error::Error;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sse_peers::parsers::PARSERS;

fn main() -> Result<(), Box<dyn Error>> {
    // One line is enough, and a backtrace takes a second.
    std::panic::set_hook(Box::new(|panic| {
        let _ = writeln!(std::io::stderr(), "{panic}");
    }));
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let known = || {
        PARSERS
            .iter()
            .filter_map(|peer| peer.name.split_whitespace().next())
    };
    let peer = PARSERS
        .iter()
        .find(|peer| peer.name.split_whitespace().next() == Some(&*wanted))
        .ok_or_else(|| format!("write one of {}", known().collect::<Vec<_>>().join(", ")))?;
    let mut words = peer.name.split_whitespace();
    let (name, version) = (words.next(), words.next());
    let mut out = stdout().lock();
    let greeting = json!({"driver": 1, "name": name, "version": version, "features": []});
    writeln!(out, "{greeting}")?;
    for line in stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        let chunks = question["chunks"].as_array().ok_or("no chunks")?;
        let chunks = chunks
            .iter()
            .map(|chunk| STANDARD.decode(chunk.as_str().unwrap_or_default()));
        let chunks = chunks.collect::<Result<Vec<_>, _>>()?;
        let borrowed: Vec<_> = chunks.iter().map(Vec::as_slice).collect();
        let events: Vec<_> = peer
            .events(&borrowed)
            .iter()
            .map(|event| {
                json!({
                    "type": event.event_type, "data": event.data, "lastEventId": event.last_event_id,
                })
            })
            .collect();
        let answer = json!({"case": question["case"], "events": events});
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
