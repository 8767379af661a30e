//! Credentials of a page on another site are taken only where that is meant.
//!
//! A request has `Origin: https://ssespec.invalid`, which nobody can have on a list. What is looked at is what the response lets a
//! browser do with it: any value of `Access-Control-Allow-Credentials` but `true`, credentials for `*`, and credentials for that origin are
//! findings.
//!
//! ## Why it matters
//!
//! `withCredentials` works only if the response names the one origin and says `Access-Control-Allow-Credentials: true`; with `*` a browser refuses
//! the response. A server that repeats *any* origin and allows credentials lets every page on the web read the stream as its visitor.
//!
//! ## How to fix
//!
//! Keep a list of origins. Repeat the origin only if it is on the list, with `Vary: Origin`; send no CORS header otherwise.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "req/credentials",
    roles: &[Role::Server],
    probe: Probe::Origin,
    judge: credentials,
};

fn credentials(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("foreign")?;
    let response = exchange.response()?;
    let Some(allowed) = response.header("access-control-allow-origin") else {
        return NotObserved::because("pages of another origin are not let in at all");
    };
    let Some(credentials) = response.header("access-control-allow-credentials") else {
        return Ok(Verdict::Pass);
    };
    if credentials != "true" {
        return Ok(Verdict::fail(
            format!("access-control-allow-credentials: {credentials}"),
            "exactly `true`, in lower case, or no such field",
        ));
    }
    let asked = exchange
        .request
        .headers
        .iter()
        .find(|header| header.name == "origin");
    if allowed == "*" {
        return Ok(Verdict::fail(
            "access-control-allow-origin: * together with access-control-allow-credentials: true",
            "the one origin that asked, if it is allowed; browsers refuse `*` with credentials",
        ));
    }
    if asked.is_some_and(|origin| origin.text() == allowed) {
        return Ok(Verdict::fail(
            format!(
                "the origin {allowed}, which nobody knows, may read the stream with the credentials of its visitor"
            ),
            "no Access-Control-Allow-Origin for an origin that is not on a list",
        ));
    }
    Ok(Verdict::Pass)
}
