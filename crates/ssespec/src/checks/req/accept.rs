//! The stream can be had with any `Accept` header, and without one.
//!
//! It is asked for with `text/event-stream`, `*/*`, `text/html` and without the header. With the second and the last one anything but a 2xx is a
//! finding. An answer of another type, and a refusal of `text/html` alone, are a choice and told in a note.
//!
//! ## Why it matters
//!
//! An `EventSource` sends `Accept: text/event-stream`, but `curl`, HTTP libraries and many SDKs send `*/*` or nothing, and some proxies rewrite it.
//!
//! ## How to fix
//!
//! Do not look at `Accept` for an endpoint that has one representation only. If there are several, `*/*` means: whichever you like.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "req/accept",
    roles: &[Role::Server],
    probe: Probe::Accept,
    judge: accept,
};

fn accept(seen: &Observation) -> Judgement {
    let usual = seen.response("usual")?;
    if !usual.is_event_stream() {
        return NotObserved::because(
            "with Accept: text/event-stream there is no event stream either",
        );
    }
    let mut notes = Vec::new();
    for (name, sent) in [
        ("any", "Accept: */*"),
        ("none", "no Accept"),
        ("html", "Accept: text/html"),
    ] {
        let exchange = seen.exchange(name)?;
        let lenient = name == "html";
        match exchange.told()? {
            // The request without the header is made by hand, in HTTP/1.1, which not every server speaks.
            Answer::Nothing { .. } if name == "none" && usual.version == "HTTP/2" => {}
            Answer::Nothing { why, .. } => return fails(sent, &why.to_string()),
            Answer::Response(response) if response.is_event_stream() => {}
            Answer::Response(response) if (200..300).contains(&response.status) => {
                let kind = response
                    .header("content-type")
                    .unwrap_or_else(|| "no type".to_owned());
                notes.push(format!("{sent} is answered with {kind}"));
            }
            Answer::Response(response) if lenient && response.status < 500 => {
                notes.push(format!(
                    "{sent} is answered with status {}",
                    response.status
                ));
            }
            Answer::Response(response) => {
                return fails(sent, &format!("status {}", response.status));
            }
        }
    }
    Ok(if notes.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Note(notes.join("; "))
    })
}

fn fails(sent: &str, seen: &str) -> Judgement {
    Ok(Verdict::fail(
        format!("a request with {sent} gets: {seen}"),
        "an event stream, as with Accept: text/event-stream",
    ))
}
