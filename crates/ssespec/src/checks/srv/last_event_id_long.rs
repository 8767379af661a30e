//! A `Last-Event-ID` of 8 KiB does not break the endpoint.
//!
//! One request has an id of 8,192 bytes. To refuse it with 400, 413 or 431 is a limit that the server tells, and a note; no answer, another error or
//! another type is a finding.
//!
//! ## Why it matters
//!
//! Ids that carry state, such as the positions of many topics, grow. Servers and proxies limit a header field to 8 KiB or less, and answer 431, 400
//! or not at all: from then on that client cannot come back.
//!
//! ## How to fix
//!
//! Keep ids short: a number, a ULID. If they must be long, raise the limit of every hop, and send a short id from time to time.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::broken;
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/last-event-id-long",
    roles: &[Role::Server],
    probe: Probe::LastEventId,
    judge: last_event_id_long,
};

fn last_event_id_long(seen: &Observation) -> Judgement {
    if !seen.response("plain")?.is_event_stream() {
        return NotObserved::because(
            "without the header the response is not an event stream either",
        );
    }
    let exchange = seen.exchange("long")?;
    Ok(match broken(exchange)? {
        None => Verdict::Pass,
        // A limit is a choice, and the server says so in the terms of HTTP.
        Some(_)
            if exchange
                .response()
                .is_ok_and(|response| matches!(response.status, 400 | 413 | 431)) =>
        {
            Verdict::Note(
                "a Last-Event-ID of 8 KiB is refused: ids have to be shorter than that".to_owned(),
            )
        }
        Some(broken) => Verdict::fail(
            format!("a Last-Event-ID of 8 KiB is answered with {broken}"),
            "an event stream, or 431",
        ),
    })
}
