//! What is published reaches every subscriber that is there, once, in order, and before the next event is published.
//!
//! ## Why it matters
//!
//! It is what a hub is for. An event that waits in a buffer until the next one pushes it out is as bad as one that is lost: the last one never
//! comes.
//!
//! ## How to fix
//!
//! Answer the publish call with 2xx when the event is taken, write it to every subscriber of the topic, and flush it. Add a subscriber to the topic
//! before the head of its response is sent. Publish once what was published once.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::hub::seen::{came, difference, in_time, published, taken};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "hub/deliver",
    roles: &[Role::Server],
    probe: Probe::Hub,
    judge: deliver,
};

fn deliver(seen: &Observation) -> Judgement {
    let published = published(seen);
    if let Some(refused) = published.iter().find(|one| !one.taken) {
        if refused.answer == "status 429" {
            return NotObserved::because("publishing is limited: a call is answered with 429");
        }
        return Ok(Verdict::fail(
            format!(
                "a plain event, {}, is published and answered with {}",
                refused.label, refused.answer
            ),
            "2xx: there is nothing in it to refuse",
        ));
    }
    let all = taken(seen);
    let mut any = false;
    for name in ["first", "beside"] {
        let came = match came(seen, name) {
            Ok(came) => came,
            // With a subscriber refused there is nobody to deliver to; that is for resp/ok and others to say.
            Err(_) if !any => continue,
            Err(why) => return Err(why),
        };
        any = true;
        let labels = came.labels();
        let Some(from) = labels.first() else {
            return Ok(Verdict::fail_at(
                format!(
                    "none of the {} events that were published while {name} was subscribed came",
                    all.len()
                ),
                "each of them",
                came.bytes,
                0,
            ));
        };
        // From the first that came to the last that was published while it was there.
        let rest = all.iter().copied().skip_while(|label| label != from);
        let until = if name == "first" { Some("b") } else { None };
        let mut expected = Vec::new();
        for label in rest {
            expected.push(label);
            if Some(label) == until {
                break;
            }
        }
        for label in ["a", "b", "c1", "c2", "c3"] {
            if in_time(seen, name, label) == Some(false) && labels.contains(&label) {
                return Ok(Verdict::fail_at(
                    format!(
                        "{label} could not be read on {name} before the next event was published"
                    ),
                    "each event, as soon as it is published",
                    came.bytes,
                    came.event(label).map_or(0, |event| event.offset),
                ));
            }
        }
        let warm = |label: &&str| !label.starts_with(['w', 'v']);
        let expected: Vec<_> = expected.into_iter().filter(warm).collect();
        let labels: Vec<_> = labels.into_iter().filter(warm).collect();
        if let Some(what) = difference(&expected, &labels) {
            return Ok(Verdict::fail_at(
                format!("on {name} {what}"),
                format!("once and in order: {}", expected.join(", ")),
                came.bytes,
                0,
            ));
        }
    }
    match any {
        true => Ok(Verdict::Pass),
        false => {
            NotObserved::because("nobody could subscribe: the response is not an event stream")
        }
    }
}
