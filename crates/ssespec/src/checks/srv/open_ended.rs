//! The stream stays open, or tells clients when to come back.
//!
//! It is a finding if a stream ends by itself while it is watched, has neither a `retry` of a second or more nor ids, and its last event does not
//! look like the end of an answer (`[DONE]`, `done`, `message_stop` …). Where clients know when and from where to go on it is a note.
//!
//! ## Why it matters
//!
//! When a response ends, an event source asks again after a few seconds, for ever. A handler that sends what there is and returns turns every client
//! into a poller, and each poll begins from the start if there are no ids.
//!
//! ## How to fix
//!
//! Keep the response open and wait for the next event. If it has to end, send `retry:` with a delay that the server can bear and ids to go on from;
//! answer 204 to the next request when there is nothing more to come.

use sse_parser::retry_value;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{End, Observation};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/open-ended",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: open_ended,
};

/// Data and types that streams of answers end with: the client of such a stream closes it and does not come back.
const LAST_DATA: [&str; 2] = ["[DONE]", "done"];
const LAST_TYPES: [&str; 9] = [
    "done",
    "end",
    "close",
    "complete",
    "completed",
    "finish",
    "message_stop",
    "response.completed",
    "stop",
];

/// A delay that a server surely chose, in milliseconds.
const CHOSEN: u128 = 1_000;

fn open_ended(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("stream")?;
    let response = seen.stream("stream")?;
    match &response.end {
        End::Complete => {}
        End::Left(_) => return Ok(Verdict::Pass),
        End::Aborted(_) | End::TargetDied => return NotObserved::because("the connection broke"),
    }
    if let Some(fate) = seen.facts.get("fate") {
        return NotObserved::because(format!("a stream {fate}"));
    }
    if exchange.request.method != "GET" {
        return NotObserved::because("an event source asks with GET, and this was another method");
    }
    let transcript = Transcript::of(response);
    let seconds = std::time::Duration::from_micros(response.ended_at).as_secs_f64();
    if let Some(last) = transcript.events.last()
        && (LAST_DATA.contains(&last.data.trim()) || LAST_TYPES.contains(&last.event_type.as_str()))
    {
        return Ok(Verdict::Note(format!(
            "the stream ended after {seconds:.1} s with what looks like its last event"
        )));
    }
    let retry = transcript.lines().filter_map(|line| match line.line {
        sse_parser::Line::Field {
            name: b"retry",
            value,
        } => retry_value(value),
        _ => None,
    });
    let (retry, ids) = (retry.last(), transcript.ids().len());
    if retry.is_some_and(|retry| retry.as_millis() >= CHOSEN) || ids > 0 {
        return Ok(Verdict::Note(format!(
            "the stream ended by itself after {seconds:.1} s; clients come back, {}",
            if ids > 0 {
                "with the id of the last event"
            } else {
                "after the time that retry says"
            }
        )));
    }
    Ok(Verdict::fail(
        format!(
            "the stream ended by itself after {seconds:.1} s and {} events, without retry and without ids",
            transcript.events.len()
        ),
        "a stream that stays open, or retry and ids for those who come back",
    ))
}
