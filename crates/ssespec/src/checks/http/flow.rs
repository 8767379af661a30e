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
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "http/flow",
    roles: &[Role::Server],
    probe: Probe::Parallel,
    judge: flow,
};

/// A stream that sends so many events while another is silent is surely served before it.
const FLOWING: usize = 4;

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
    if silent.is_empty() {
        return Ok(Verdict::Pass);
    }
    let most = streams
        .iter()
        .map(|(_, response)| Transcript::of(response).events.len())
        .max()
        .unwrap_or_default();
    if most < FLOWING {
        return NotObserved::because("none of the streams sent much in that time");
    }
    Ok(Verdict::fail(
        format!(
            "of {} streams at the same time {} sent nothing, while another sent {most} events: {}",
            streams.len(),
            silent.len(),
            silent.join(", ")
        ),
        "all of them flow",
    ))
}
