//! The server lets go of a connection when its client has left.
//!
//! It can be seen where server and client are on one machine: after the client has closed its socket, the server's end of it must go away too.
//!
//! ## Why it matters
//!
//! Tabs are closed, laptops sleep, networks change. A server that only notices when its next write fails keeps a socket, a subscription and often
//! a task for every client that was ever there, and on a quiet stream there is no next write.
//!
//! ## How to fix
//!
//! Wait for the end of the request beside waiting for the next event: `req.on("close")`, `request.is_disconnected()`, a dropped body, a cancelled
//! context. Where the framework cannot tell, a keep-alive comment every 15 seconds finds out.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "close/abort",
    roles: &[Role::Server],
    probe: Probe::Leave,
    judge: abort,
};

fn abort(seen: &Observation) -> Judgement {
    seen.stream("leave")?;
    match seen.facts.get("socket").map(String::as_str) {
        Some("released") => Ok(Verdict::Pass),
        Some(state) => Ok(Verdict::fail(
            format!("5 s after the client has left the server's socket is still {state}"),
            "the server closes its end",
        )),
        None => NotObserved::because("the server's socket cannot be seen from here"),
    }
}
