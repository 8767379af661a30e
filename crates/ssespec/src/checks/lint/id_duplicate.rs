//! No id is given to two events.
//!
//! What is looked at is the stream that was watched: events with an `id` line of their own, of which there must be two.
//!
//! ## Why it matters
//!
//! A client comes back with an id, and the server has to find the one place that is meant. With the same id on two events either one of them comes
//! twice or the other one is lost.
//!
//! ## How to fix
//!
//! Count up, or take the position in the log. The time is not an id: two events can have the same.

use std::collections::HashMap;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::escape;
use crate::observation::Observation;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/id-duplicate",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: id_duplicate,
};

fn id_duplicate(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    let events = transcript.ids();
    if events.len() < 2 {
        return NotObserved::because(format!(
            "{} of the events have an id of their own, 2 are needed",
            events.len()
        ));
    }
    let mut first = HashMap::new();
    for event in events {
        if let Some(before) = first.insert(&event.last_event_id, event.offset) {
            return Ok(Verdict::fail_at(
                format!(
                    "the id {:?} stands on the event at byte {before} and again at byte {}",
                    escape::excerpt(event.last_event_id.as_bytes(), 60),
                    event.offset
                ),
                "an id of its own for each event",
                transcript.bytes(),
                event.offset,
            ));
        }
    }
    Ok(Verdict::Pass)
}
