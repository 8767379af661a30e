//! The head of the response is sent before the first event is due.
//!
//! It is late if it comes a second or more after the request and together with the first bytes of the body, on this stream and on every other one
//! that was asked for in the same way. A tenth of a second or more is only told: it may be a first event that comes soon, or a long way. A head that
//! comes in front of the body, however late, is not held against anybody.
//!
//! ## Why it matters
//!
//! A client fires `open` when the head arrives. Many frameworks hold it back until the first bytes of the body are written, so on a quiet stream clients
//! look as if they were still connecting, and timeouts for the first byte cut them off.
//!
//! ## How to fix
//!
//! Flush the head at once (`res.flushHeaders()`), or write a comment first: `:` and a line feed.

use std::time::Duration;

use crate::arrivals::APART;
use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Failure, Observation};
use crate::probe::{ANSWERED, QUICKEST};

pub(crate) const CHECK: Check = Check {
    requirement: "http/headers-early",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: headers_early,
};

/// From here on a head is worth a word, in microseconds.
const NOTABLE: u64 = 100_000;

/// From here on a head is late, in microseconds.
const LATE: u64 = 1_000_000;

fn headers_early(seen: &Observation) -> Judgement {
    if let Answer::Nothing {
        why: Failure::Timeout,
        after,
    } = seen.exchange("stream")?.answer
    {
        return Ok(never(after, seen.facts.get(ANSWERED)));
    }
    let response = seen.stream("stream")?;
    let head = response.head_at;
    let late = Duration::from_micros(head).as_secs_f64();
    let Some(first) = response.body.arrivals.first() else {
        return Ok(Verdict::Pass); // the head came, and nothing else
    };
    let between = first.at.saturating_sub(head);
    // A head that was late once may be a machine that was busy: one that is held back is late every time.
    let quickest = seen.facts.get(QUICKEST);
    let quickest = quickest.map_or(Some(head), |micros| micros.parse().ok());
    if between >= APART {
        Ok(Verdict::Pass)
    } else if head >= LATE && quickest.is_some_and(|quickest| quickest >= LATE) {
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
    } else if head >= NOTABLE && quickest.is_some_and(|quickest| quickest >= NOTABLE) {
        Ok(Verdict::Note(format!(
            "the head came {late:.2} s after the request, together with the first bytes of the body, and as late on other streams: it may wait for them"
        )))
    } else {
        NotObserved::because(
            "the first bytes of the body came with the head, too soon for it to have waited",
        )
    }
}

/// Not one byte came, although the server took the request; it did answer to another method.
fn never(after: u64, answered: Option<&String>) -> Verdict {
    let after = Duration::from_micros(after).as_secs_f64();
    let besides = answered.map_or_else(String::new, |method| {
        format!(", although {method} is answered")
    });
    Verdict::fail(
        format!(
            "no head came in {after:.1} s{besides}: it is held back until the first event, or until a buffer is full"
        ),
        "the head at once",
    )
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
        let fact = quickest.map(|micros| (QUICKEST.to_owned(), micros.to_string()));
        seen.facts.extend(fact);
        named(headers_early(&seen))
    }

    #[test]
    fn a_head_that_is_late_every_time_is_held_back() {
        assert_eq!(after(1_500_000, Some(1_200_000)), "fail");
        assert_eq!(after(1_500_000, None), "fail");
        assert_eq!(after(200_000, Some(200_000)), "note");
        assert_eq!(after(20_000, Some(10_000)), "not observed");
    }

    #[test]
    fn a_machine_that_was_busy_once_is_no_fault_of_the_server() {
        assert_eq!(after(1_900_000, Some(90_000)), "not observed");
        assert_eq!(after(300_000, Some(40_000)), "not observed");
    }

    #[test]
    fn a_head_that_never_comes_is_held_back() {
        let mut seen = Evidence::of(b"").observation(Probe::Connect);
        seen.exchanges[0].answer = Answer::Nothing {
            why: Failure::Timeout,
            after: 10_000_000,
        };
        seen.facts.insert(ANSWERED.to_owned(), "HEAD".to_owned());
        let Ok(Verdict::Fail(finding)) = headers_early(&seen) else {
            panic!("no failure");
        };
        assert!(finding.seen.contains("10.0 s, although HEAD is answered"));
    }
}
