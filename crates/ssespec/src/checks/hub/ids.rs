//! Events have the ids that the description of the hub promises: its own, those of whoever publishes, or none.
//!
//! ## Why it matters
//!
//! Without ids of its own, or with one that comes twice, a client that was away has no place to go on from. And who chooses ids when publishing
//! relies on getting them back.
//!
//! ## How to fix
//!
//! `ids = "server"`: give every event an id that no other event of its topic has. `ids = "publisher"`: write the id that was published, unchanged.
//! Or promise less in `[behaviour]`.

use std::collections::BTreeMap;

use sse_fixtures::ScriptStep;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::hub::seen::{Came, IDS, came, declared, published};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "hub/ids",
    roles: &[Role::Server],
    probe: Probe::Hub,
    judge: ids,
};

fn ids(seen: &Observation) -> Judgement {
    let beside = came(seen, "beside")?;
    if beside.events.is_empty() {
        return NotObserved::because("nothing that was published came");
    }
    let with_id = beside.events.iter().filter(|(_, event)| event.own_id);
    let promised = declared(seen, IDS);
    match promised {
        Some("server") => own(&beside),
        Some("publisher") => published_ones(seen, &beside),
        _ => match (with_id.count(), promised) {
            (0, Some(_)) => Ok(Verdict::Pass),
            (0, None) => NotObserved::because("no ids are promised, and there are none"),
            (count, _) => Ok(Verdict::Note(format!(
                "{count} of {} events have an id, which the description does not promise: write ids = \"server\" or \"publisher\"",
                beside.events.len()
            ))),
        },
    }
}

fn own(beside: &Came<'_>) -> Judgement {
    let mut known = BTreeMap::new();
    for (label, event) in &beside.events {
        let fail = |seen: String| {
            Ok(Verdict::fail_at(
                seen,
                "an id of its own for each event, as ids = \"server\" promises",
                beside.bytes,
                event.offset,
            ))
        };
        if !event.own_id || event.last_event_id.is_empty() {
            return fail(format!("the event {label} has no id"));
        }
        match known.insert(&event.last_event_id, *label) {
            Some(other) if other != *label => {
                return fail(format!(
                    "{label} has the id {:?}, which {other} has too",
                    event.last_event_id
                ));
            }
            _ => {}
        }
    }
    Ok(Verdict::Pass)
}

fn published_ones(seen: &Observation, beside: &Came<'_>) -> Judgement {
    for one in published(seen) {
        let ScriptStep::Event { id: Some(id), .. } = &one.step else {
            continue;
        };
        let Some(event) = beside.event(one.label) else {
            continue;
        };
        if !event.own_id || event.last_event_id != *id {
            let got = match event.own_id {
                true => format!("the id {:?}", event.last_event_id),
                false => "no id".to_owned(),
            };
            return Ok(Verdict::fail_at(
                format!(
                    "{} was published with the id {id:?} and comes with {got}",
                    one.label
                ),
                "the id that was published, as ids = \"publisher\" promises",
                beside.bytes,
                event.offset,
            ));
        }
    }
    Ok(Verdict::Pass)
}
