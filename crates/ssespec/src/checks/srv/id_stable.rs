//! The same id stands for the same event, whoever reads it and however often.
//!
//! What is compared is the stream that was watched with those of clients that come back with its ids: an id that is on both stands for events of the
//! same type and data.
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
use crate::transcript::Transcript;

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
    for exchange in &seen.exchanges[1..] {
        let Ok(response) = seen.stream(&exchange.name) else {
            continue;
        };
        let other = Transcript::of(response);
        for event in other.ids() {
            let Some(before) = known.get(&event.last_event_id) else {
                continue;
            };
            shared += 1;
            if (&before.event_type, &before.data) != (&event.event_type, &event.data) {
                let shown = |data: &str| escape::excerpt(data.as_bytes(), 60);
                return Ok(Verdict::fail_at(
                    format!(
                        "the id {} was the event {:?} before and is {:?} now",
                        shown(&event.last_event_id),
                        shown(&before.data),
                        shown(&event.data)
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
    }
}
