//! A server that has too much to do says so, with 503 or 429.
//!
//! It can be seen when not all of several streams at the same time are served.
//!
//! ## Why it matters
//!
//! The standard asks overloaded servers for an error status, because it stops event sources from coming back. A connection that is dropped without an
//! answer is a network error instead, and every client tries again after its reconnection time: the overload feeds itself.
//!
//! ## How to fix
//!
//! Count open streams, and answer 503 with `Retry-After` above a limit, before the limits of the operating system or of the process are reached.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Failure, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/5xx-capacity",
    roles: &[Role::Server],
    probe: Probe::Parallel,
    judge: capacity,
};

fn capacity(seen: &Observation) -> Judgement {
    if let (true, Some(why)) = (seen.exchanges.is_empty(), &seen.nothing) {
        return NotObserved::because(why.clone());
    }
    let served = |answer: &Answer| matches!(answer, Answer::Response(response) if response.is_event_stream());
    if !seen
        .exchanges
        .iter()
        .any(|exchange| served(&exchange.answer))
    {
        return NotObserved::because("not one of the streams was served");
    }
    let mut says_so = false;
    for exchange in &seen.exchanges {
        match &exchange.answer {
            Answer::Response(response) if response.is_event_stream() => {}
            Answer::Response(response) => says_so |= matches!(response.status, 429 | 500..),
            Answer::Nothing {
                why: why @ (Failure::Protocol(_) | Failure::Connect(_)),
                ..
            } => {
                return Ok(Verdict::fail(
                    format!(
                        "of {} streams at the same time, {} got no answer: {why}",
                        seen.exchanges.len(),
                        exchange.name
                    ),
                    "503 or 429 for those that are too many",
                ));
            }
            // Who waits has no answer yet: http/conn-limit speaks of that.
            Answer::Nothing { .. } => {}
        }
    }
    if says_so {
        Ok(Verdict::Pass)
    } else {
        NotObserved::because("nobody was refused; --stress asks for 50 streams")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn who_drops_without_a_word_fails() {
        let judged = |answer: Option<Answer>| {
            let mut seen = Evidence::of(b"data: a\n\n")
                .named("parallel-1")
                .observation(Probe::Parallel);
            let mut other = Evidence::of(b"").named("parallel-2").exchange();
            if let Some(answer) = answer {
                other.answer = answer;
            }
            seen.exchanges.push(other);
            named(capacity(&seen))
        };
        let nothing = |why| Some(Answer::Nothing { why, after: 0 });
        assert_eq!(judged(None), "not observed");
        assert_eq!(judged(nothing(Failure::Timeout)), "not observed");
        assert_eq!(
            judged(nothing(Failure::Protocol("reset".to_owned()))),
            "fail"
        );
        let mut busy = Evidence::of(b"")
            .with(|response| response.status = 503)
            .exchange();
        assert_eq!(
            judged(Some(std::mem::replace(
                &mut busy.answer,
                Answer::Nothing {
                    why: Failure::Timeout,
                    after: 0
                }
            ))),
            "pass"
        );
    }
}
