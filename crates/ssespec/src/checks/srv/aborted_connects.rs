//! Two hundred clients that leave before they are answered do not wear the server out.
//!
//! Their connections are reset as soon as the request is sent. Only with `--stress`.
//!
//! ## Why it matters
//!
//! Pages are closed while they load, and load balancers probe. A server that keeps a task, a subscription or a file descriptor for each of them is full
//! after a day, or after a minute of somebody's bad will.
//!
//! ## How to fix
//!
//! Release what a stream holds when the first write fails as well as when the client leaves later: in a `finally`, a `defer`, a drop guard.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::broken;
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/aborted-connects",
    roles: &[Role::Server],
    probe: Probe::Aborts,
    judge: aborted_connects,
};

fn aborted_connects(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("after")?;
    let aborted = seen.facts.get("aborted").map_or("0", String::as_str);
    if aborted == "0" {
        return NotObserved::because("not one connection got as far as a request");
    }
    Ok(match broken(exchange)? {
        None => Verdict::Pass,
        Some(broken) => Verdict::fail(
            format!("after {aborted} connections that were reset, the next client gets {broken}"),
            "an event stream, as before",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn who_is_worn_out_fails() {
        let judged = |status, aborted: &str| {
            let evidence = Evidence::of(b"data: a\n\n").named("after");
            let mut seen = evidence
                .with(|response| response.status = status)
                .observation(Probe::Aborts);
            seen.facts.insert("aborted".to_owned(), aborted.to_owned());
            named(aborted_connects(&seen))
        };
        assert_eq!(judged(200, "200"), "pass");
        assert_eq!(judged(503, "200"), "fail");
        assert_eq!(judged(200, "0"), "not observed");
    }
}
