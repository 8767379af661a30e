//! What is published to one topic reaches nobody who subscribed to another.
//!
//! ## Why it matters
//!
//! Topics are often one a user: an event in the wrong stream is read by somebody who must not see it.
//!
//! ## How to fix
//!
//! Keep a set of subscribers for each topic, and compare names as they are: no prefixes, no folding of case, no joining of what was percent-encoded.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::hub::seen::came;
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "hub/topics",
    roles: &[Role::Server],
    probe: Probe::Hub,
    judge: topics,
};

fn topics(seen: &Observation) -> Judgement {
    if !seen.facts.contains_key("topics") {
        return NotObserved::because(
            "its description has no {topic} both in the url and in the publish call",
        );
    }
    let idle = came(seen, "idle")?;
    if let Some((label, event)) = idle.events.first() {
        return Ok(Verdict::fail_at(
            format!("{label}, which was published to another topic, comes"),
            "only what is published to the topic itself",
            idle.bytes,
            event.offset,
        ));
    }
    match came(seen, "beside")?.events.len() {
        0 => NotObserved::because("nothing that was published came to anybody"),
        _ => Ok(Verdict::Pass),
    }
}
