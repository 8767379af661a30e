//! Two hundred clients that leave before they are answered do not wear the server out.
//!
//! Half of their connections are reset as soon as the request is sent, half when the answer begins. The next client must be served, and what was taken
//! for them must be released: their sockets, where the server is a process of this Linux machine, and the number that `--gauge` names. Only with
//! `--stress`.
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

/// The part of the connections from which on it is theirs that is held, and not that of other clients: every second one was answered.
const MOST: f64 = 0.4;

/// With fewer connections nothing can be told.
const FEW: f64 = 10.0;

fn aborted_connects(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("after")?;
    let aborted = seen.facts.get("aborted").map_or("0", String::as_str);
    if aborted == "0" {
        return NotObserved::because("not one connection got as far as a request");
    }
    if let Some(broken) = broken(exchange)? {
        return Ok(Verdict::fail(
            format!("after {aborted} connections that were reset, the next client gets {broken}"),
            "an event stream, as before",
        ));
    }
    let number = |fact: &str| {
        seen.facts
            .get(fact)
            .and_then(|number| number.parse::<f64>().ok())
    };
    let most = |of: f64| of * MOST;
    let aborts = number("aborted").unwrap_or_default();
    let told = match (number("seen"), number("held"), number("gauge")) {
        (Some(of), Some(held), _) if of >= FEW && held >= most(of) => {
            format!("the server still holds {held} of {of} sockets that were looked at")
        }
        (_, _, Some(more)) if aborts >= FEW && more >= most(aborts) => {
            format!("the gauge says {more} more than before")
        }
        _ => return Ok(Verdict::Pass),
    };
    Ok(Verdict::fail(
        format!("5 s after {aborted} connections that were reset, {told}"),
        "what they took is released",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn who_is_worn_out_fails() {
        let judged = |status, aborted: &str, more: &str| {
            let evidence = Evidence::of(b"data: a\n\n").named("after");
            let mut seen = evidence
                .with(|response| response.status = status)
                .observation(Probe::Aborts);
            seen.facts.insert("aborted".to_owned(), aborted.to_owned());
            seen.facts.insert("seen".to_owned(), "100".to_owned());
            seen.facts.insert("held".to_owned(), more.to_owned());
            named(aborted_connects(&seen))
        };
        assert_eq!(judged(200, "200", "0"), "pass");
        assert_eq!(judged(200, "200", "20"), "pass");
        assert_eq!(judged(200, "200", "100"), "fail");
        assert_eq!(judged(503, "200", "0"), "fail");
        assert_eq!(judged(200, "0", "0"), "not observed");
    }
}
