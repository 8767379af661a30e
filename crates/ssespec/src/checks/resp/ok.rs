//! The endpoint answers with status 200.
//!
//! A client reads a body as an event stream only if the status is exactly 200. With any other status it fails the connection: an `EventSource`
//! closes for good, fires one `error` and never asks again.
//!
//! ## Why it matters
//!
//! A 500 during a deployment, a 401 after a session has ended, a 206 from a cache: each of them ends the stream in every open browser tab until
//! somebody reloads the page. Redirects are followed and are no failure; a redirect that leads nowhere is.
//!
//! ## How to fix
//!
//! Answer 200 as soon as the request is accepted, before the first event exists. Report later failures inside of the stream, as an event of
//! your own type. To tell a client that it should stop, answer 204 to its *next* request.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Failure, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "resp/ok",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: ok,
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "resp/ok",
    roles: &[Role::Server],
    probe: Probe::Script,
    judge: ok,
};

fn ok(seen: &Observation) -> Judgement {
    let stream = seen.exchange("stream")?;
    let redirected = seen.exchange("redirect-1").is_ok();
    if let (true, Answer::Nothing { why, .. }) = (redirected, &stream.answer) {
        return match why {
            // It may come yet.
            Failure::Timeout => NotObserved::because(why.to_string()),
            why if why.says_nothing() => NotObserved::because(why.to_string()),
            why => Ok(Verdict::fail(
                format!("a redirect leads to {}: {why}", stream.request.url),
                "status 200",
            )),
        };
    }
    let response = stream.response()?;
    if response.status == 200 {
        return Ok(Verdict::Pass);
    }
    let reading = match response.status {
        204 => "204: the server asks clients to stop reconnecting".to_owned(),
        status @ (301 | 302 | 303 | 307 | 308) => match response.headers_named("location").next() {
            None => format!("{status} without Location"),
            Some(location) => format!("{status} that leads nowhere, {location}"),
        },
        status => status.to_string(),
    };
    let expected = match response.status {
        401 | 403 => {
            "status 200; if it is for those with a token, give one: --header-from-env Authorization=VARIABLE"
        }
        _ => "status 200",
    };
    Ok(Verdict::fail_at(
        format!("status {reading}"),
        expected,
        &response.body.bytes,
        0,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::Evidence;

    #[test]
    fn who_is_not_let_in_is_told_how_to_show_a_token() {
        let expected = |status| {
            let seen = Evidence::of(b"").with(|response| response.status = status);
            match ok(&seen.observation(Probe::Connect)) {
                Ok(Verdict::Fail(finding)) => finding.expected,
                other => panic!("{other:?}"),
            }
        };
        assert!(expected(401).contains("--header-from-env"));
        assert!(expected(403).contains("--header-from-env"));
        assert_eq!(expected(404), "status 200");
    }
}
