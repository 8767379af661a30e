//! Streams of several clients flow at the same time.
//!
//! ## Why it matters
//!
//! A server may accept many connections and still serve them one after the other: the second client gets its head, and its first event when the
//! first client has left. With one client, on the laptop, it cannot be seen.
//!
//! ## How to fix
//!
//! Give each stream a task or a thread of its own, and a queue of its own from the source of events, so that none of them waits for another.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Observation, Response};

pub(crate) const CHECK: Check = Check {
    requirement: "http/flow",
    roles: &[Role::Server],
    probe: Probe::Parallel,
    judge: flow,
};

fn flow(seen: &Observation) -> Judgement {
    let streams: Vec<(&str, &Response)> = seen
        .exchanges
        .iter()
        .filter_map(|exchange| Some((exchange.name.as_str(), exchange.response().ok()?)))
        .filter(|(_, response)| response.is_event_stream() && response.ended_in_order())
        .collect();
    if streams.len() < 2 {
        return NotObserved::because("there were no two streams at the same time");
    }
    let silent: Vec<_> = streams
        .iter()
        .filter(|(_, response)| response.body.bytes.is_empty())
        .map(|(name, _)| *name)
        .collect();
    if silent.len() * 2 >= streams.len() {
        return NotObserved::because("too few of the streams sent anything in that time");
    }
    if silent.is_empty() {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::fail(
        format!(
            "of {} streams at the same time {} sent nothing while the others flowed: {}",
            streams.len(),
            silent.len(),
            silent.join(", ")
        ),
        "all of them flow",
    ))
}
