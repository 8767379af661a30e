//! The `Content-Type` of the response is `text/event-stream`.
//!
//! What counts is the essence of the type, in any case; parameters such as `charset=utf-8` are allowed and ignored. Two `Content-Type` fields of
//! different types are against RFC 9110 (5.3), and browsers take the last one.
//!
//! ## Why it matters
//!
//! A client that gets any other type, or none, fails the connection and does not reconnect, however right the body is. Proxies choose by the
//! type whether they stream or collect a response.
//!
//! ## How to fix
//!
//! Send `Content-Type: text/event-stream`. Look out for frameworks that set a default type after your handler, and for error pages of gateways
//! in front of it.

use crate::check::{Check, Excerpt, Finding, Judgement, NotObserved, Probe, Role, Verdict};
use crate::header::{self, EVENT_STREAM};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "resp/content-type",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: content_type,
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "resp/content-type",
    roles: &[Role::Server],
    probe: Probe::Script,
    judge: content_type,
};

fn content_type(seen: &Observation) -> Judgement {
    let response = seen.response("stream")?;
    if response.status != 200 {
        return NotObserved::because(format!("the status is {}", response.status));
    }
    let types: Vec<_> = response.headers_named("content-type").collect();
    let essences: Vec<_> = types
        .iter()
        .map(|header| header::essence(&header.text()))
        .collect();
    let right = |essence: &Option<String>| essence.as_deref() == Some(EVENT_STREAM);
    if !essences.is_empty() && essences.iter().all(right) {
        return Ok(match types.len() {
            1 => Verdict::Pass,
            count => Verdict::Note(format!(
                "Content-Type comes {count} times, which HTTP forbids; all of them are right"
            )),
        });
    }
    if essences.iter().any(right) {
        let fields: Vec<_> = types.iter().map(ToString::to_string).collect();
        // https://www.rfc-editor.org/rfc/rfc9110#section-5.3: a sender must not. Which of them counts is not agreed on:
        // https://github.com/whatwg/html/issues/7630
        return Ok(Verdict::fail(
            format!(
                "several Content-Type fields, of which clients choose differently: {}",
                fields.join(" | ")
            ),
            format!("content-type: {EVENT_STREAM}, once"),
        ));
    }
    Ok(Verdict::Fail(Finding {
        seen: types
            .first()
            .map_or_else(|| "no Content-Type".to_owned(), ToString::to_string),
        expected: format!("content-type: {EVENT_STREAM}"),
        bytes: (!response.body.bytes.is_empty()).then(|| Excerpt::of(&response.body.bytes, 0)),
    }))
}
