//! The response of a replay endpoint ends behind the last step, in good order.
//!
//! ## Why it matters
//!
//! A response that stays open makes every test of it wait for a deadline, and one that breaks off cannot be told from one that a proxy cut: a test
//! then cannot know whether more was to come.
//!
//! ## How to fix
//!
//! Return from the handler behind the last step, or end the response there, and let the framework write the last chunk. Do not close the socket.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{End, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "replay/end",
    roles: &[Role::Server],
    probe: Probe::Replay,
    judge: end,
};

fn end(seen: &Observation) -> Judgement {
    let response = seen.stream("whole")?;
    let what = match &response.end {
        End::Complete => return Ok(Verdict::Pass),
        End::Aborted(why) => format!("the response breaks off: {why}"),
        End::Left(_) => "the response stays open behind the last step".to_owned(),
        End::TargetDied => return NotObserved::because("the target was gone"),
    };
    let bytes = &response.body.bytes;
    Ok(Verdict::fail_at(
        what,
        "a response that ends behind the last step",
        bytes,
        bytes.len().saturating_sub(40),
    ))
}
