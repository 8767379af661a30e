//! HEAD and OPTIONS are answered at once.
//!
//! ## Why it matters
//!
//! Health checks, link checkers and some proxies ask with HEAD, and a browser asks with OPTIONS before a cross-origin `fetch()` that sends
//! `Last-Event-ID`. An endpoint that opens a stream for them hangs the one and breaks the other.
//!
//! ## How to fix
//!
//! Answer HEAD with the head of the GET and no body, or with 405. Answer OPTIONS with 204 and, where CORS is meant, with
//! `Access-Control-Allow-Origin`, `Access-Control-Allow-Methods` and `Access-Control-Allow-Headers: Last-Event-ID`.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::header;
use crate::observation::{Answer, Exchange, Failure, Observation, Response};

pub(crate) const CHECK: Check = Check {
    requirement: "http/head-options",
    roles: &[Role::Server],
    probe: Probe::Methods,
    judge: head_options,
};

fn head_options(seen: &Observation) -> Judgement {
    for (name, method) in [("head", "HEAD"), ("options", "OPTIONS")] {
        if let Some(broken) = broken(seen.exchange(name)?)? {
            return Ok(Verdict::fail(
                format!("{method} is answered with {broken}"),
                "an answer without a body, at once",
            ));
        }
    }
    let options = seen.response("options")?;
    if options
        .headers_named("access-control-allow-origin")
        .next()
        .is_none()
    {
        return Ok(Verdict::Note(format!(
            "OPTIONS is answered with {} and without CORS: a fetch() of another origin cannot send Last-Event-ID",
            options.status
        )));
    }
    if options.status == 401 {
        return Ok(Verdict::fail(
            "a preflight is answered with 401, and it never carries credentials",
            "2xx to OPTIONS, whoever asks",
        ));
    }
    if (200..300).contains(&options.status) && !allows_last_event_id(options) {
        return Ok(Verdict::fail(
            "a preflight is let in, but Access-Control-Allow-Headers does not name Last-Event-ID",
            "Access-Control-Allow-Headers with Last-Event-ID, or `*`",
        ));
    }
    Ok(Verdict::Pass)
}

/// What is wrong, if so. 405 and 404 are answers: the method is not for this resource.
fn broken(exchange: &Exchange) -> Result<Option<String>, NotObserved> {
    Ok(match &exchange.answer {
        Answer::Nothing {
            why: Failure::TargetDied,
            ..
        } => {
            return NotObserved::because("the target was gone");
        }
        Answer::Nothing { why, .. } => Some(why.to_string()),
        Answer::Response(response) if response.status >= 500 && response.status != 501 => {
            Some(format!("status {}", response.status))
        }
        Answer::Response(_) => None,
    })
}

fn allows_last_event_id(response: &Response) -> bool {
    response
        .headers_named("access-control-allow-headers")
        .flat_map(|field| header::directives(&field.text()))
        .any(|name| name == "*" || name == "last-event-id")
}
