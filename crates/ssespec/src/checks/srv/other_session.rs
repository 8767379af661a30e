//! A session does not get the events of another one by naming their ids.
//!
//! It is asked for with the credentials of a second session: `--other-session Cookie=VAR` takes a header of it from the environment variable `VAR`. Both
//! sessions read at the same time; what is for everybody comes to both, and then nothing can be said. What came only to ours must not come to the
//! other one, which asks for what stands behind an id of ours.
//!
//! ## Why it matters
//!
//! `Last-Event-ID` is sent by the client, and ids are often numbers. A log that is looked up by the id alone gives anybody's messages to anybody who counts.
//!
//! ## How to fix
//!
//! Keep a log for each session, or look up the id together with the user: an id that is not theirs is treated like one that nobody knows.

use std::collections::HashMap;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{End, Observation, Stop};
use crate::transcript::{Dispatched, Transcript};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/other-session",
    roles: &[Role::Server],
    probe: Probe::Sessions,
    judge: other_session,
};

fn other_session(seen: &Observation) -> Judgement {
    let mine = Transcript::of(seen.stream("mine")?);
    let response = seen.stream("theirs")?;
    if !matches!(response.end, End::Left(Stop::Time | Stop::Idle)) {
        return NotObserved::because(
            "the stream of the other session could not be read for as long as ours",
        );
    }
    let ours: HashMap<_, _> = mine
        .ids()
        .into_iter()
        .map(|event| (&event.last_event_id, event))
        .collect();
    let Some(id) = seen.facts.get("id").filter(|_| ours.len() > 1) else {
        return NotObserved::because("fewer than 2 events with an id came to our session");
    };
    let is_ours = |event: &&Dispatched| {
        ours.get(&event.last_event_id)
            .is_some_and(|own| own.is_like(event))
    };
    let theirs = Transcript::of(response);
    if theirs.ids().iter().any(is_ours) {
        return NotObserved::because("both sessions get the same events");
    }
    let answer = seen.response("replayed")?;
    if !answer.is_event_stream() {
        return Ok(Verdict::Pass); // refused, which is well
    }
    let replayed = Transcript::of(answer);
    match replayed.ids().into_iter().find(|event| is_ours(event)) {
        None => Ok(Verdict::Pass),
        Some(event) => Ok(Verdict::fail_at(
            format!(
                "another session that sends Last-Event-ID: {id} gets the event {} of ours",
                event.last_event_id
            ),
            "no event of another session",
            replayed.bytes(),
            event.offset,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn what_is_ours_and_comes_to_others_fails() {
        let judged = |theirs: &str, replayed: &str| {
            let mine = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n";
            let mut seen = Evidence::of(mine)
                .named("mine")
                .observation(Probe::Sessions);
            for (name, body) in [("theirs", theirs), ("replayed", replayed)] {
                seen.exchanges
                    .push(Evidence::of(body.as_bytes()).named(name).exchange());
            }
            seen.facts.insert("id".to_owned(), "1".to_owned());
            named(other_session(&seen))
        };
        let other = "id: 1\ndata: x\n\n";
        assert_eq!(judged(other, "id: 2\ndata: b\n\n"), "fail");
        assert_eq!(judged(other, "id: 2\ndata: y\n\n"), "pass");
        assert_eq!(judged("", ""), "pass");
        assert_eq!(
            judged("id: 2\ndata: b\n\n", "id: 2\ndata: b\n\n"),
            "not observed"
        );
    }
}
