//! A redirect leads to an event stream.
//!
//! Clients follow 301, 302, 303, 307 and 308 as any fetch does, and come back to the address they were given first when they reconnect.
//!
//! The chain is followed by hand, up to 20 hops as Fetch does, and credentials that were given for one origin are not sent to another one. What
//! counts is that an event stream stands at its end; more than one hop is told in a note.
//!
//! ## Why it matters
//!
//! A redirect to a login page, to itself or into nothing looks to a client like a server that is gone for good. And a redirect to another origin
//! loses the credentials that the page did not mean for it.
//!
//! ## How to fix
//!
//! Let every hop of the chain end at the stream, and keep it short: it is paid again at each reconnection. Send 307 or 308 if the method must stay.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "redirect/follow",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: follow,
};

/// How many hops are named.
const SHOWN: usize = 3;

fn follow(seen: &Observation) -> Judgement {
    let hops: Vec<_> = seen
        .exchanges
        .iter()
        .filter(|exchange| exchange.name.starts_with("redirect-"))
        .map(|exchange| exchange.request.url.as_str())
        .collect();
    let end = seen.exchange("stream")?;
    if hops.is_empty() {
        return NotObserved::because("there was no redirect");
    }
    // A loop would fill the page.
    let shown = if hops.len() <= SHOWN {
        hops.join(" -> ")
    } else {
        format!(
            "{} -> … {} more",
            hops[..SHOWN].join(" -> "),
            hops.len() - SHOWN
        )
    };
    let chain = format!("{shown} -> {}", end.request.url);
    match &end.answer {
        Answer::Response(response) if response.is_event_stream() && hops.len() == 1 => {
            Ok(Verdict::Pass)
        }
        Answer::Response(response) if response.is_event_stream() => Ok(Verdict::Note(format!(
            "the stream is reached through {} redirects, again at each reconnection: {chain}",
            hops.len()
        ))),
        Answer::Response(response) => Ok(Verdict::fail(
            format!("{chain}, which answers with status {}", response.status),
            "an event stream at the end of the redirects",
        )),
        Answer::Nothing { why, .. } => Ok(Verdict::fail(
            format!("{chain}: {why}"),
            "an event stream at the end of the redirects",
        )),
    }
}
