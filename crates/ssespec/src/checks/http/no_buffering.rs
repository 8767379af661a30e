//! The response tells proxies not to hold it back.
//!
//! What is looked at is the head of the stream. To say nothing is no fault, since a proxy may not be there, and is told in a note; only to ask for
//! buffering (`X-Accel-Buffering: yes`) is a finding.
//!
//! ## Why it matters
//!
//! nginx and many that learned from it collect a response in buffers before they pass it on, unless the response says otherwise. Then events arrive
//! in lumps, or at the end.
//!
//! ## How to fix
//!
//! Send `X-Accel-Buffering: no`. `Cache-Control: no-transform` keeps compressors out; `Incremental: ?1` is the coming standard for the same.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "http/no-buffering",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: no_buffering,
};

fn no_buffering(seen: &Observation) -> Judgement {
    let response = seen.response("stream")?;
    if !response.is_event_stream() {
        return NotObserved::because("the response is not an event stream");
    }
    if response.lists("x-accel-buffering", &["yes"]) {
        return Ok(Verdict::fail(
            "x-accel-buffering: yes, which asks nginx to hold events back",
            "x-accel-buffering: no, or no such field",
        ));
    }
    if response.lists("x-accel-buffering", &["no"])
        || response.lists("cache-control", &["no-transform"])
        || response.lists("incremental", &["?1"])
    {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Note(
        "nothing tells a proxy to pass events on at once; nginx does so with X-Accel-Buffering: no"
            .to_owned(),
    ))
}
