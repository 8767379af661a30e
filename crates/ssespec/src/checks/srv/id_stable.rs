//! The same id stands for the same event, whoever reads it and however often.
//!
//! What is compared is the stream that was watched with those of clients that come back with its ids: an id that is on both stands for events of the
//! same type and data. The first event after a reconnection may be of another type, and sum up what was missed.
//!
//! ## Why it matters
//!
//! Behind a load balancer, after a reconnection or in a second tab, an id has to lead to the same place. Ids that are counted anew for each
//! connection look right in each of them, and lead a client that comes back to another event than the one it saw.
//!
//! ## How to fix
//!
//! Let the id come from the log or the data, such as its position or its key, and not from a variable of the handler.

use std::collections::HashMap;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::escape;
use crate::observation::Observation;
use crate::probe::WITHOUT_ID;
use crate::transcript::{Dispatched, Transcript};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/id-stable",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: id_stable,
};

fn id_stable(seen: &Observation) -> Judgement {
    let first = Transcript::of(seen.stream("first")?);
    let mut known = HashMap::new();
    for event in first.ids() {
        // Twice in one stream: lint/id-duplicate speaks of that.
        if known.insert(&event.last_event_id, event).is_some() {
            return NotObserved::because("ids are given out twice in one stream");
        }
    }
    let mut shared = 0;
    let resumed = seen.exchanges[1..].iter();
    // What others get, who do not come back, is for srv/subscribers to hold against it.
    for exchange in resumed.filter(|exchange| exchange.name != WITHOUT_ID) {
        let Ok(response) = seen.stream(&exchange.name) else {
            continue;
        };
        let other = Transcript::of(response);
        let others = other.ids();
        for (place, event) in others.iter().enumerate() {
            let Some(before) = known.get(&event.last_event_id) else {
                continue;
            };
            // What was missed, summed up in an event of its own kind: its id says where to go on from.
            let sums_up = place == 0 && others.len() > 1;
            if sums_up && before.event_type != event.event_type {
                continue;
            }
            shared += 1;
            if !before.is_like(event) {
                return Ok(Verdict::fail_at(
                    format!(
                        "the id {} was {} before and is {} now",
                        escape::excerpt(event.last_event_id.as_bytes(), 60),
                        shown(before, event),
                        shown(event, before)
                    ),
                    "one event for one id",
                    other.bytes(),
                    event.offset,
                ));
            }
        }
    }
    match shared {
        0 => NotObserved::because("no id was seen on two connections"),
        _ => Ok(Verdict::Pass),
    }
}

/// What `event` is, in words that `other` does not share: long events may begin alike.
fn shown(event: &Dispatched, other: &Dispatched) -> String {
    if event.event_type != other.event_type {
        return format!(
            "an event of type {}",
            escape::excerpt(event.event_type.as_bytes(), 60)
        );
    }
    let pairs = event.data.bytes().zip(other.data.bytes());
    let alike = pairs.take_while(|(one, another)| one == another).count();
    let from = alike.saturating_sub(40);
    let start = if from > 0 { "…" } else { "" };
    format!(
        "the event \"{start}{}\"",
        escape::excerpt(&event.data.as_bytes()[from..], 60)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn another_event_with_the_same_id_fails() {
        let judged = |second: &str| {
            let first = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n";
            let mut seen = Evidence::of(first)
                .named("first")
                .observation(Probe::Resume);
            let second = Evidence::of(second.as_bytes()).named("resumed-1");
            seen.exchanges.push(second.exchange());
            named(id_stable(&seen))
        };
        assert_eq!(judged("id: 2\ndata: b\n\n"), "pass");
        assert_eq!(judged("id: 2\ndata: c\n\n"), "fail");
        assert_eq!(judged("id: 2\nevent: x\ndata: b\n\n"), "fail");
        assert_eq!(judged("id: 3\ndata: c\n\n"), "not observed");
        let summary = "id: 2\nevent: state\ndata: all\n\nid: 3\ndata: c\n\n";
        assert_eq!(judged(summary), "not observed");
    }

    #[test]
    fn what_is_shown_of_long_events_is_where_they_differ() {
        let data = |last: &str| format!("id: 1\ndata: {}{last}\n\n", "x".repeat(9_000));
        let (before, now) = (data("a"), data("b"));
        let mut seen = Evidence::of(before.as_bytes())
            .named("first")
            .observation(Probe::Resume);
        let now = Evidence::of(now.as_bytes()).named("resumed-1");
        seen.exchanges.push(now.exchange());
        let Ok(Verdict::Fail(finding)) = id_stable(&seen) else {
            panic!("no failure");
        };
        let alike = "x".repeat(40);
        let wanted = format!(
            "the id 1 was the event \"…{alike}a\" before and is the event \"…{alike}b\" now"
        );
        assert_eq!(finding.seen, wanted);
    }
}
