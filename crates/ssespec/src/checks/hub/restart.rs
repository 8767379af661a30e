//! A subscriber can come back to a hub that was started again.
//!
//! It is served, gets what is new, and no id that it may hold stands for another event now. Whether what was published before the restart is still
//! there is a choice; it is asked for only if `restart` is among the capabilities.
//!
//! ## Why it matters
//!
//! Every deployment is a restart, and every client comes back after it with an id from before. If ids begin again at 1, the hub takes the place of an
//! old event for that of a new one: clients miss events, and nobody notices.
//!
//! ## How to fix
//!
//! Keep the log and the counter on disk; or put something into the ids that is another one after each start, such as its time, and take an id that
//! is not known for one that was lost.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::broken;
use crate::hub::seen::{CAPABILITIES, IDS, came, declared, in_time};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "hub/restart",
    roles: &[Role::Server],
    probe: Probe::HubRestart,
    judge: restart,
};

fn restart(seen: &Observation) -> Judgement {
    let before = came(seen, "before")?;
    let exchange = seen.exchange("after")?;
    if let Some(broken) = broken(exchange)? {
        return Ok(Verdict::fail(
            format!("a subscriber that comes back after a restart gets {broken}"),
            "an event stream",
        ));
    }
    let after = came(seen, "after")?;
    // Without an event that came before there is no telling whether it came afterwards.
    if in_time(seen, "before", "b") != Some(true) {
        return NotObserved::because("nothing that was published came, also before the restart");
    }
    if in_time(seen, "after", "d") != Some(true) {
        return Ok(Verdict::fail_at(
            "a subscriber that came back after a restart gets nothing of what is published then",
            "each event that is published",
            after.bytes,
            0,
        ));
    }
    let of_hub = declared(seen, IDS) != Some("publisher");
    for (label, event) in after
        .events
        .iter()
        .filter(|(_, event)| event.own_id && of_hub)
    {
        let same = before.events.iter().find(|(other, known)| {
            known.own_id && other != label && known.last_event_id == event.last_event_id
        });
        if let Some((other, _)) = same {
            return Ok(Verdict::fail_at(
                format!(
                    "after the restart {label} has the id {:?}, which {other} had before it",
                    event.last_event_id
                ),
                "ids that were not given out before",
                after.bytes,
                event.offset,
            ));
        }
    }
    let kept = after.event("c1").is_some();
    let listed = declared(seen, CAPABILITIES).unwrap_or_default();
    match (kept, listed.split(", ").any(|name| name == "restart")) {
        (true, _) => Ok(Verdict::Pass),
        (false, false) => Ok(Verdict::Note(
            "what was published before a restart, and not read yet, is lost with it".to_owned(),
        )),
        (false, true) => Ok(Verdict::fail_at(
            "what was published before the restart, and not read yet, is lost with it",
            "it comes to the subscriber that comes back: restart is among the capabilities",
            after.bytes,
            0,
        )),
    }
}
