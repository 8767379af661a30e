//! A `Last-Event-ID` outside of ASCII does not break the endpoint.
//!
//! An id is any text without NULL and line ends, and a client sends it back as UTF-8, byte for byte.
//!
//! One request has the id `…é` in its five bytes of UTF-8. Anything but an event stream or 204 is a finding, if the same request without the header
//! gets an event stream.
//!
//! ## Why it matters
//!
//! Many HTTP stacks read header values as Latin-1 or as ASCII. Some answer 400 or 500, and a client that gets such an answer gives up for good;
//! others go on with an id that is not the one they gave out.
//!
//! ## How to fix
//!
//! Give out ASCII ids. Read the value as bytes and decode it as UTF-8; if that fails, go on as if the header were absent.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::broken;
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "reconnect/last-event-id-utf8",
    roles: &[Role::Server],
    probe: Probe::LastEventId,
    judge: last_event_id_utf8,
};

fn last_event_id_utf8(seen: &Observation) -> Judgement {
    if !seen.response("plain")?.is_event_stream() {
        return NotObserved::because(
            "without the header the response is not an event stream either",
        );
    }
    Ok(match broken(seen.exchange("non-ascii")?)? {
        None => Verdict::Pass,
        Some(broken) => Verdict::fail(
            format!("Last-Event-ID: \\xE2\\x80\\xA6\\xC3\\xA9 is answered with {broken}"),
            "an event stream, as without the header",
        ),
    })
}
