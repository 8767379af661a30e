//! A client that comes back is let in again, at once and after the time that `retry` says.
//!
//! With `--stress` twenty clients come back together, as after a restart; then 429 and 503 are fine, for they say what is going on.
//!
//! ## Why it matters
//!
//! A reload, a changed network, a proxy that cuts: clients come back all the time, and an event source that is answered with anything but 200 gives
//! up for good. A rate limit that was made for forms, or a session that is still held by the connection before, ends the stream in that tab.
//!
//! ## How to fix
//!
//! Leave the stream out of rate limits or count streams that are open, let a new connection of a client replace its old one, and slow clients down with
//! `retry`.

use crate::check::{Check, Judgement, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::broken;
use crate::observation::{Observation, says_too_many};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/come-back",
    roles: &[Role::Server],
    probe: Probe::ComeBack,
    judge: come_back,
};

fn come_back(seen: &Observation) -> Judgement {
    seen.stream("stream")?;
    let mut let_in = 0;
    for exchange in &seen.exchanges {
        let storm = exchange.name.starts_with("storm-");
        if !storm && !exchange.name.starts_with("at-") {
            continue;
        }
        let Some(broken) = broken(exchange)? else {
            let_in += 1;
            continue;
        };
        let says_so = exchange
            .response()
            .is_ok_and(|response| says_too_many(response.status));
        if storm && says_so {
            continue;
        }
        return Ok(Verdict::fail(
            format!(
                "a client that comes back {} gets {broken}",
                when(&exchange.name)
            ),
            if storm {
                "an event stream, or 429 or 503"
            } else {
                "an event stream, as the first time"
            },
        ));
    }
    match let_in {
        0 => crate::check::NotObserved::because("nobody came back"),
        _ => Ok(Verdict::Pass),
    }
}

/// When a client came back, in words.
fn when(name: &str) -> String {
    match name {
        "at-retry" => "after the time that retry says".to_owned(),
        _ => match name.rsplit_once('-') {
            Some(("storm", number)) => format!("with nineteen others ({number} of 20)"),
            Some((_, number)) => format!("at once (time {number} of 2)"),
            None => name.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn who_is_turned_away_tells() {
        let judged = |name: &str, status: u16| {
            let mut seen = Evidence::of(b"data: a\n\n").observation(Probe::ComeBack);
            for (name, status) in [("at-once-1", 200), (name, status)] {
                let evidence = Evidence::of(b"").named(name);
                let evidence = evidence.with(|response| response.status = status);
                seen.exchanges.push(evidence.exchange());
            }
            named(come_back(&seen))
        };
        assert_eq!(judged("at-once-2", 200), "pass");
        assert_eq!(judged("at-once-2", 204), "pass");
        assert_eq!(judged("at-once-2", 429), "fail");
        assert_eq!(judged("at-retry", 500), "fail");
        assert_eq!(judged("storm-3", 503), "pass");
        assert_eq!(judged("storm-3", 500), "fail");
    }
}
