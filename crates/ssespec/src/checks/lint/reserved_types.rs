//! No event has the type `open` or `error`.
//!
//! ## Why it matters
//!
//! An `EventSource` fires events of these names itself: `open` for a new connection, `error` for a lost one. A listener cannot tell the server's
//! event from its own, and takes a message about an error for a broken connection, or the other way round.
//!
//! ## How to fix
//!
//! Choose another name, such as `failure` or `server-error`.

use crate::check::{Check, Judgement, Probe, Role, Verdict};
use crate::observation::Observation;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/reserved-types",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: reserved_types,
};

fn reserved_types(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    transcript.require_events(1)?;
    let reserved = transcript
        .events
        .iter()
        .find(|event| matches!(event.event_type.as_str(), "open" | "error"));
    Ok(reserved.map_or(Verdict::Pass, |event| {
        Verdict::fail_at(
            format!(
                "an event of the type {:?}, which an EventSource fires itself",
                event.event_type
            ),
            "any other name",
            transcript.bytes(),
            event.offset,
        )
    }))
}
