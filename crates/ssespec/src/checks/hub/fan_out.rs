//! Subscribers of one topic see the same events, with the same ids.
//!
//! ## Why it matters
//!
//! A client may come back to another process, with an id that it got from the first. If ids differ from subscriber to subscriber, nobody knows where
//! to go on; if the events do, clients that should agree do not.
//!
//! ## How to fix
//!
//! Give an event its id, and write it, once, when it is published, not for each subscriber when it is sent.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::hub::seen::came;
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "hub/fan-out",
    roles: &[Role::Server],
    probe: Probe::Hub,
    judge: fan_out,
};

fn fan_out(seen: &Observation) -> Judgement {
    let beside = came(seen, "beside")?;
    let mut compared = 0;
    for name in ["first", "resumed"] {
        let Ok(other) = came(seen, name) else {
            continue;
        };
        let both = |label: &str| beside.event(label).zip(other.event(label));
        for label in other.labels() {
            let Some((one, own)) = both(label) else {
                continue;
            };
            compared += 1;
            let shown = |name: &str, event: &crate::transcript::Dispatched| {
                format!("{name} gets the id {:?}", event.last_event_id)
            };
            if one.own_id != own.own_id || (own.own_id && one.last_event_id != own.last_event_id) {
                return Ok(Verdict::fail_at(
                    format!(
                        "of the event {label} {}, and {}",
                        shown(name, own),
                        shown("beside", one)
                    ),
                    "one id for one event",
                    other.bytes,
                    own.offset,
                ));
            }
            if (&one.event_type, &one.data) != (&own.event_type, &own.data) {
                return Ok(Verdict::fail_at(
                    format!(
                        "the event {label} is {:?} {:?} for {name}, and {:?} {:?} for beside",
                        own.event_type, own.data, one.event_type, one.data
                    ),
                    "the same event for each subscriber",
                    other.bytes,
                    own.offset,
                ));
            }
        }
    }
    match compared {
        0 | 1 => NotObserved::because("two subscribers have not seen two events in common"),
        _ => Ok(Verdict::Pass),
    }
}
