//! A subscriber that was away gets what the description of the hub promises, once, in order, and without a gap before what is new.
//!
//! `replay = "since-id"`: what was published behind its `Last-Event-ID`, also when it is cut off a second time before anything new came.
//! `replay = "all"`: everything, to every subscriber. What is not promised is not asked for.
//!
//! ## Why it matters
//!
//! Connections break all the time. A client that sends its last id relies on the rest; whether it is lost, comes twice, or comes behind something
//! newer, the client cannot find out.
//!
//! ## How to fix
//!
//! Look for the id in the log of the topic, send what stands behind it, and go over to live events without a gap: subscribe first, then replay, then
//! drop what came twice. A `Last-Event-ID` alone must not count as received: only what was sent behind it. Or promise less in `[behaviour]`.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::broken;
use crate::hub::seen::{Came, REPLAY, came, declared, difference, in_time, taken};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "hub/replay",
    roles: &[Role::Server],
    probe: Probe::Hub,
    judge: replay,
};

fn replay(seen: &Observation) -> Judgement {
    match declared(seen, REPLAY) {
        Some("since-id") => since_id(seen),
        Some("all") => all(seen),
        promised => {
            let resumed = came(seen, "resumed")?;
            let missed = resumed.labels().iter().any(|label| label.starts_with('c'));
            match (missed, promised) {
                (true, _) => Ok(Verdict::Note(
                    "what was published while a subscriber was away comes when it is back, which the description does not promise: \
                     write replay = \"since-id\" or \"all\""
                        .to_owned(),
                )),
                (false, Some(_)) => Ok(Verdict::Pass),
                (false, None) => {
                    NotObserved::because("no replay is promised, and there is none")
                }
            }
        }
    }
}

fn since_id(seen: &Observation) -> Judgement {
    let first = came(seen, "first")?;
    let Some((last, event)) = first.events.last() else {
        return NotObserved::because("nothing that was published came");
    };
    if event.last_event_id.is_empty() {
        return Ok(Verdict::fail_at(
            "events have no id, so there is nothing to come back with",
            "ids, for replay = \"since-id\" is promised",
            first.bytes,
            event.offset,
        ));
    }
    for (name, live) in [("resumed", "d"), ("again", "e")] {
        let exchange = seen.exchange(name)?;
        let twice = if name == "again" {
            ", sent once more because the connection was cut before anything new came,"
        } else {
            ""
        };
        let after = format!("after Last-Event-ID: {}{twice}", event.last_event_id);
        if let Some(broken) = broken(exchange)? {
            return Ok(Verdict::fail(
                format!("{after} comes {broken}"),
                "an event stream with what was missed",
            ));
        }
        let came = came(seen, name)?;
        if let Some(failed) =
            held_against(seen, &came, |label| label != *last, (name, live), &after)
        {
            return Ok(failed);
        }
    }
    Ok(Verdict::Pass)
}

fn all(seen: &Observation) -> Judgement {
    let late = came(seen, "late")?;
    let whole = held_against(seen, &late, |_| false, ("late", "g"), "to a new subscriber");
    Ok(whole.unwrap_or(Verdict::Pass))
}

/// Compares what came with all that was published, without what `is_old` says of the first ones, up to the live events of this subscriber.
fn held_against(
    seen: &Observation,
    came: &Came<'_>,
    is_old: impl Fn(&str) -> bool,
    (name, live): (&str, &str),
    after: &str,
) -> Option<Verdict> {
    let taken = taken(seen);
    let old = taken.iter().position(|label| !is_old(label)).unwrap_or(0);
    // The one with the id is old too.
    let behind = if is_old("") { old + 1 } else { old };
    let until = taken.iter().rposition(|label| label.starts_with(live));
    let until = until.map_or(taken.len(), |until| until + 1);
    let expected = &taken[behind.min(until)..until];
    let what = difference(expected, &came.labels()).or_else(|| {
        let late = in_time(seen, name, live) == Some(false);
        late.then(|| "nothing new comes any more".to_owned())
    })?;
    let at = came.events.first().map_or(0, |(_, event)| event.offset);
    Some(Verdict::fail_at(
        format!("{after} {what}"),
        format!("once and in order: {}", expected.join(", ")),
        came.bytes,
        at,
    ))
}
