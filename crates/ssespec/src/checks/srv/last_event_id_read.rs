//! A `Last-Event-ID` that the server does not know does not break the endpoint.
//!
//! The header is free text that a client has been given by somebody, perhaps by the server before it was restarted or by another one behind the
//! same address. It may be unknown, too old, not a number, or empty.
//!
//! ## Why it matters
//!
//! A client that comes back with such an id and gets a 400 or a 500 gives up for good, and a reload is the only way out. What to send for an
//! unknown id is the server's choice: all that it has, or only what is new.
//!
//! ## How to fix
//!
//! Treat the value as opaque text. If it cannot be understood, go on as if it were absent. Never copy it into a header of the response.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Exchange, Failure, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/last-event-id-read",
    roles: &[Role::Server],
    probe: Probe::LastEventId,
    judge: last_event_id_read,
};

fn last_event_id_read(seen: &Observation) -> Judgement {
    let plain = seen.response("plain")?;
    if !plain.is_event_stream() {
        return NotObserved::because(
            "without the header the response is not an event stream either",
        );
    }
    for (name, value) in [("unknown", "ssespec-never-given-out"), ("empty", "")] {
        if let Some(broken) = broken(seen.exchange(name)?)? {
            return Ok(Verdict::fail(
                format!("Last-Event-ID: {value} is answered with {broken}"),
                "an event stream, as without the header",
            ));
        }
    }
    Ok(Verdict::Pass)
}

/// What came instead of an event stream, if so. A 204 is the server's way to say that there is nothing more.
pub(crate) fn broken(exchange: &Exchange) -> Result<Option<String>, NotObserved> {
    Ok(match &exchange.answer {
        Answer::Nothing {
            why: Failure::TargetDied,
            ..
        } => return NotObserved::because("the target was gone"),
        Answer::Nothing { why, .. } => Some(why.to_string()),
        Answer::Response(response) if response.is_event_stream() || response.status == 204 => None,
        Answer::Response(response) if response.status == 200 => {
            Some(response.header("content-type").map_or_else(
                || "no content type".to_owned(),
                |value| format!("content-type: {value}"),
            ))
        }
        Answer::Response(response) => Some(format!("status {}", response.status)),
    })
}
