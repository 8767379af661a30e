//! The head of the response is sent before the first event is due.
//!
//! ## Why it matters
//!
//! A client fires `open` when the head arrives. Many frameworks hold it back until the first bytes of the body are written, so on a quiet stream clients
//! look as if they were still connecting, and timeouts for the first byte cut them off.
//!
//! ## How to fix
//!
//! Flush the head at once (`res.flushHeaders()`), or write a comment first: `:` and a line feed.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "http/headers-early",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: headers_early,
};

/// The head came before the body if there is at least this much between them, in microseconds.
const APART: u64 = 20_000;

/// From here on a head is late, in microseconds.
const LATE: u64 = 1_000_000;

fn headers_early(seen: &Observation) -> Judgement {
    let response = seen.stream("stream")?;
    let head = response.head_at;
    let late = std::time::Duration::from_micros(head).as_secs_f64();
    let Some(first) = response.body.arrivals.first() else {
        return Ok(Verdict::Pass); // the head came, and nothing else
    };
    let between = first.at.saturating_sub(head);
    if between >= APART {
        Ok(Verdict::Pass)
    } else if head >= LATE {
        Ok(Verdict::fail(
            format!(
                "the head came {late:.1} s after the request, together with the first bytes of the body"
            ),
            "the head at once",
        ))
    } else {
        NotObserved::because("the first bytes of the body were there at once")
    }
}
