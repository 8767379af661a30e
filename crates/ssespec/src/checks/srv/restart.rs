//! After a restart the server is there again, its ids go on, and a client that comes back is let in.
//!
//! It is seen of servers that `ssespec` has started itself: `ssespec check --target` and `ssespec matrix`, with a `start` in the `target.toml`. They
//! are ended, started again on the same port, and asked for the stream with the last id from before.
//!
//! ## Why it matters
//!
//! Clients outlive servers. After each deployment all of them come back with an id from before. A server that counts from 1 again leads them to
//! other events than those that they missed, and they cannot tell.
//!
//! ## How to fix
//!
//! Keep the events in something that survives, or make ids of something that never comes twice: a position in a log, a time, a prefix for each run of
//! the process. Bind the port with `SO_REUSEADDR`, which most frameworks do.

use std::collections::HashMap;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::broken;
use crate::escape;
use crate::observation::Observation;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/restart",
    roles: &[Role::Server],
    probe: Probe::Restart,
    judge: restart,
};

const GO_ON: &str = "ids that go on, or that never come twice";

fn restart(seen: &Observation) -> Judgement {
    let (first, before) = (
        Transcript::of(seen.stream("first")?),
        Transcript::of(seen.stream("before")?),
    );
    if let Some(why) = seen.facts.get("start") {
        let why = why.lines().next().unwrap_or_default();
        return Ok(Verdict::fail(
            format!("it does not start again: {why}"),
            "the stream, as before",
        ));
    }
    if let Some(broken) = broken(seen.exchange("fresh")?)? {
        return Ok(Verdict::fail(
            format!("after a restart the stream is answered with {broken}"),
            "the stream, as before",
        ));
    }
    let Some(id) = seen.facts.get("id") else {
        return NotObserved::because("the events have no ids");
    };
    if let Some(broken) = broken(seen.exchange("resumed")?)? {
        return Ok(Verdict::fail(
            format!("Last-Event-ID: {id}, from before a restart, is answered with {broken}"),
            "the stream",
        ));
    }
    let mut known = HashMap::new();
    for event in first.ids().into_iter().chain(before.ids()) {
        let content = (&event.event_type, &event.data);
        if known
            .insert(&event.last_event_id, content)
            .is_some_and(|other| other != content)
        {
            return NotObserved::because(
                "an id is another event on each connection, also without a restart",
            );
        }
    }
    let mut new = 0;
    for name in ["resumed", "fresh"] {
        // A 204 says that there is nothing more.
        let Ok(response) = seen.stream(name) else {
            continue;
        };
        let transcript = Transcript::of(response);
        for event in transcript.ids() {
            new += 1;
            let content = (&event.event_type, &event.data);
            if let Some((_, data)) = known
                .get(&event.last_event_id)
                .filter(|old| **old != content)
            {
                let shown = |text: &str| escape::excerpt(text.as_bytes(), 60);
                return Ok(Verdict::fail_at(
                    format!(
                        "the id {} was the event {:?} before the restart and is {:?} now",
                        shown(&event.last_event_id),
                        shown(data),
                        shown(&event.data)
                    ),
                    GO_ON,
                    transcript.bytes(),
                    event.offset,
                ));
            }
        }
    }
    let fresh = Transcript::of(seen.stream("fresh")?);
    if let (Some(from), Some(again)) = (counted(&first, &before), counted(&fresh, &fresh))
        && again < from
    {
        return Ok(Verdict::fail(
            format!(
                "ids go back: a new client got {from} first before the restart, and gets {again} now"
            ),
            GO_ON,
        ));
    }
    match new {
        0 => NotObserved::because("no event with an id came after the restart"),
        _ => Ok(Verdict::Pass),
    }
}

/// With which id a stream begins, if its ids are numbers that go up, and it does not begin before the one that was read before it.
fn counted(earlier: &Transcript<'_>, stream: &Transcript<'_>) -> Option<u64> {
    let numbers = |stream: &Transcript<'_>| -> Option<Vec<u64>> {
        let numbers = stream
            .ids()
            .into_iter()
            .map(|event| event.last_event_id.parse());
        numbers.collect::<Result<_, _>>().ok()
    };
    let (earlier, numbers) = (numbers(earlier)?, numbers(stream)?);
    let goes_up = numbers.len() > 1 && numbers.is_sorted_by(|one, next| one < next);
    let first = *numbers.first()?;
    (goes_up && *earlier.first()? <= first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn an_id_that_comes_twice_fails() {
        let judged = |before: &str, resumed: &str, start: Option<&str>| {
            let mut seen = Evidence::of(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n")
                .named("first")
                .observation(Probe::Restart);
            for (name, body) in [("before", before), ("resumed", resumed), ("fresh", resumed)] {
                seen.exchanges
                    .push(Evidence::of(body.as_bytes()).named(name).exchange());
            }
            seen.facts.insert("id".to_owned(), "3".to_owned());
            seen.facts
                .extend(start.map(|why| ("start".to_owned(), why.to_owned())));
            named(restart(&seen))
        };
        let before = "id: 2\ndata: b\n\nid: 3\ndata: c\n\n";
        assert_eq!(judged(before, "id: 4\ndata: d\n\n", None), "pass");
        assert_eq!(judged(before, "id: 3\ndata: c\n\n", None), "pass");
        assert_eq!(judged(before, "id: 1\ndata: x\n\n", None), "fail");
        assert_eq!(
            judged(before, "id: 0\ndata: x\n\nid: 1\ndata: a\n\n", None),
            "fail"
        );
        assert_eq!(judged(before, ": hello\n\n", None), "not observed");
        assert_eq!(
            judged("id: 1\ndata: other\n\n", "id: 1\ndata: x\n\n", None),
            "not observed"
        );
        assert_eq!(judged(before, "", Some("it ended")), "fail");
    }
}
