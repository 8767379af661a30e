//! A stream that is over for good is answered with 204, so that clients stop coming back.
//!
//! What is looked at is a stream that ended by itself, and the answer to a client that comes back with the id of its last event.
//!
//! ## Why it matters
//!
//! An event source takes the end of a response for an accident and asks again, for ever. If there is nothing more to come, each open tab becomes
//! a poller that gets an empty answer every three seconds.
//!
//! ## How to fix
//!
//! Answer 204 to a request whose `Last-Event-ID` is that of the last event there will be. Where the client can be told in the stream, let it close the event
//! source itself.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, End, Observation, Response};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/204-stop",
    roles: &[Role::Server],
    probe: Probe::ComeBack,
    judge: stop,
};

fn stop(seen: &Observation) -> Judgement {
    let stream = seen.stream("stream")?;
    if stream.end != End::Complete {
        return NotObserved::because("the stream did not end by itself");
    }
    let response = match &seen.exchange("after-end")?.answer {
        Answer::Response(response) => response,
        Answer::Nothing { why, .. } => return NotObserved::because(why.to_string()),
    };
    if response.status == 204 {
        return Ok(Verdict::Pass);
    }
    if !response.is_event_stream() {
        return Ok(Verdict::Note(format!(
            "who comes back after the end gets status {}: that stops clients too, and looks like a fault to them",
            response.status
        )));
    }
    if response.end != End::Complete {
        return NotObserved::because("the stream goes on after it has ended once");
    }
    Ok(match new_events(stream, response) {
        0 => Verdict::fail(
            "who comes back after the end gets 200 and a stream that ends without a new event, and will come back again for ever",
            "204, when there is nothing more to come",
        ),
        new => Verdict::Note(format!(
            "who comes back after the end gets {new} events more, and another end"
        )),
    })
}

/// How many events of `again` were not sent as the last one of `stream`, which says that it is over.
fn new_events(stream: &Response, again: &Response) -> usize {
    let (stream, again) = (Transcript::of(stream), Transcript::of(again));
    let last = stream.events.last();
    again
        .events
        .iter()
        .filter(|event| last.is_none_or(|last| !last.is_like(event)))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn an_empty_answer_again_and_again_fails() {
        let ended = |response: &mut Response| response.end = End::Complete;
        let judged = |after: Evidence| {
            let stream = Evidence::of(b"id: 1\ndata: a\n\nid: 2\ndata: end\n\n").with(ended);
            let mut seen = stream.observation(Probe::ComeBack);
            seen.exchanges.push(after.named("after-end").exchange());
            named(stop(&seen))
        };
        assert_eq!(
            judged(Evidence::of(b"").with(|response| response.status = 204)),
            "pass"
        );
        assert_eq!(judged(Evidence::of(b"").with(ended)), "fail");
        assert_eq!(judged(Evidence::of(b"data: end\n\n").with(ended)), "fail");
        assert_eq!(
            judged(Evidence::of(b"data: a\n\ndata: end\n\n").with(ended)),
            "note"
        );
        assert_eq!(
            judged(Evidence::of(b"").with(|response| response.status = 404)),
            "note"
        );
        assert_eq!(judged(Evidence::of(b"")), "not observed");
        let open = Evidence::of(b"data: a\n\n").observation(Probe::ComeBack);
        assert_eq!(named(stop(&open)), "not observed");
    }
}
