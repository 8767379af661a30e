//! After a reconnection the stream goes on behind the `Last-Event-ID`, with no gap and nothing twice.
//!
//! The probe pretends to have lost the connection a few events before the end of what it saw, and comes back with the id that it had then.
//!
//! ## Why it matters
//!
//! Ids are a promise: a client that has one expects the rest. A server that starts from the beginning makes it see everything twice; one that
//! goes on with what is new loses what was sent in between, and nobody is told.
//!
//! ## How to fix
//!
//! Keep a log of the last events with their ids. Find the id, send what stands behind it, then go over to live events without a gap between the two:
//! subscribe first, then replay, then drop what came twice. Where there is no log, send no ids.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;
use crate::transcript::{Dispatched, Transcript};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/resume-exact",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: resume_exact,
};

fn resume_exact(seen: &Observation) -> Judgement {
    let first = Transcript::of(seen.stream("first")?);
    let id = seen
        .facts
        .get("last-event-id")
        .map(String::as_str)
        .unwrap_or_default();
    let exchange = seen.exchange("resumed")?;
    if let Some(broken) = crate::checks::srv::last_event_id_read::broken(exchange)? {
        return Ok(Verdict::fail(
            format!("Last-Event-ID: {id}, which this server gave out, is answered with {broken}"),
            "the events behind it",
        ));
    }
    let resumed = Transcript::of(seen.stream("resumed")?);
    let (before, after) = (first.ids(), resumed.ids());
    let unique: std::collections::BTreeSet<_> =
        before.iter().map(|event| &event.last_event_id).collect();
    if unique.len() < before.len() {
        return NotObserved::because("ids are given out twice, so the place of one cannot be told");
    }
    let Some(place) = before.iter().position(|event| event.last_event_id == id) else {
        return NotObserved::because("the id was not seen in the first stream");
    };
    let Some(next) = after.first() else {
        return NotObserved::because("no event with an id came after the reconnection");
    };
    let missed = &before[place + 1..];
    let seen_before = |event: &Dispatched| {
        before[..=place]
            .iter()
            .position(|other| other.last_event_id == event.last_event_id)
    };
    if let Some(at) = seen_before(next) {
        let again = if at == 0 {
            ", it begins again with the first event"
        } else {
            ""
        };
        return Ok(fail(
            &resumed,
            next,
            format!(
                "after Last-Event-ID: {id} comes {} again{again}",
                next.last_event_id
            ),
        ));
    }
    if !missed
        .iter()
        .any(|event| event.last_event_id == next.last_event_id)
    {
        return Ok(Verdict::Note(format!(
            "nothing is replayed: after Last-Event-ID: {id} comes {}, and {} events in between are lost",
            next.last_event_id,
            missed.len()
        )));
    }
    for (expected, event) in missed.iter().zip(&after) {
        if expected.last_event_id != event.last_event_id {
            return Ok(fail(
                &resumed,
                event,
                format!(
                    "after Last-Event-ID: {id} comes {} where {} was before",
                    event.last_event_id, expected.last_event_id
                ),
            ));
        }
    }
    Ok(Verdict::Pass)
}

fn fail(resumed: &Transcript<'_>, event: &Dispatched, seen: String) -> Verdict {
    Verdict::fail_at(
        seen,
        "each event behind the id, once and in order",
        resumed.bytes(),
        event.offset,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    const FIRST: &str = "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\nid: 4\ndata: d\n\n";

    fn after(resumed: &str) -> Judgement {
        let mut seen = Evidence::of(FIRST.as_bytes())
            .named("first")
            .observation(Probe::Resume);
        seen.exchanges
            .push(Evidence::of(resumed.as_bytes()).named("resumed").exchange());
        seen.facts
            .insert("last-event-id".to_owned(), "2".to_owned());
        resume_exact(&seen)
    }

    #[test]
    fn what_stands_behind_the_id_passes() {
        assert_eq!(
            after("id: 3\ndata: c\n\nid: 4\ndata: d\n\nid: 5\ndata: e\n\n"),
            Ok(Verdict::Pass)
        );
        assert_eq!(
            after("retry: 1\n\n:hi\n\nid: 3\ndata: c\n\n"),
            Ok(Verdict::Pass)
        );
    }

    #[test]
    fn again_and_gap_fail() {
        for broken in [
            "id: 1\ndata: a\n\n",
            "id: 2\ndata: b\n\n",
            "id: 4\ndata: d\n\n",
            "id: 3\ndata: c\n\nid: 5\ndata: e\n\n",
        ] {
            assert_eq!(named(after(broken)), "fail", "{broken}");
        }
    }

    #[test]
    fn no_replay_is_a_choice() {
        assert_eq!(named(after("id: 9\ndata: z\n\n")), "note");
        assert_eq!(named(after("data: no id\n\n")), "not observed");
    }
}
