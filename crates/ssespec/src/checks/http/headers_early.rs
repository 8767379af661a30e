//! The head of the response is sent before the first event is due.
//!
//! It is late if it comes a second or more after the request and together with the first bytes of the body, on this stream and on every other one
//! that was asked for in the same way. A head that comes in front of the body, however late, is not held against anybody.
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
    // A head that was late once may be a machine that was busy: one that is held back is late every time.
    let quickest = seen.facts.get("quickest-head");
    let quickest = quickest.map_or(Ok(head), |micros| micros.parse());
    if between >= APART {
        Ok(Verdict::Pass)
    } else if head >= LATE && quickest.is_ok_and(|quickest| quickest >= LATE) {
        Ok(Verdict::fail(
            format!(
                "the head came {late:.1} s after the request, together with the first bytes of the body"
            ),
            "the head at once",
        ))
    } else if head >= LATE {
        NotObserved::because(format!(
            "the head came {late:.1} s after the request, but sooner on other requests"
        ))
    } else {
        NotObserved::because("the first bytes of the body were there at once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn after(head: u64, quickest: Option<u64>) -> &'static str {
        let mut seen = Evidence::of(b"data: a\n\n")
            .with(|response| {
                response.head_at = head;
                response.body.arrivals[0].at = head;
            })
            .observation(Probe::Connect);
        let fact = quickest.map(|micros| ("quickest-head".to_owned(), micros.to_string()));
        seen.facts.extend(fact);
        named(headers_early(&seen))
    }

    #[test]
    fn a_head_that_is_late_every_time_is_held_back() {
        assert_eq!(after(1_500_000, Some(1_200_000)), "fail");
        assert_eq!(after(1_500_000, None), "fail");
        assert_eq!(after(200_000, Some(200_000)), "not observed");
    }

    #[test]
    fn a_machine_that_was_busy_once_is_no_fault_of_the_server() {
        assert_eq!(after(1_900_000, Some(90_000)), "not observed");
    }
}
