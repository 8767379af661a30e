//! HEAD and OPTIONS are answered at once, and HEAD with a head alone.
//!
//! HEAD is sent on a connection of its own, on which everything behind the head of the answer is seen; OPTIONS as a browser sends it ahead of a
//! cross-origin `fetch()` with `Last-Event-ID`. That the method is not allowed (404, 405, 501) is an answer. POST, PUT and other methods may change
//! something, and are not sent.
//!
//! Both are compared with what GET is answered with: HEAD has its `Content-Type`, and where a preflight lets another origin in, the stream does too.
//!
//! ## Why it matters
//!
//! Health checks, link checkers and some proxies ask with HEAD, and a browser asks with OPTIONS before a cross-origin `fetch()` that sends
//! `Last-Event-ID`. An endpoint that opens a stream for them hangs the one and breaks the other. Content behind the head of an answer to HEAD, which
//! RFC 9110 forbids ("the server MUST NOT send content"), is read as the beginning of the next response on that connection.
//!
//! ## How to fix
//!
//! Answer HEAD with the head of the GET and no body, or with 405. Answer OPTIONS with 204 and, where CORS is meant, with
//! `Access-Control-Allow-Origin`, `Access-Control-Allow-Methods` and `Access-Control-Allow-Headers: Last-Event-ID`.

use super::cors;
use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
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
    let head = seen.response("head")?;
    if !head.body.bytes.is_empty() {
        return Ok(Verdict::fail_at(
            "bytes come behind the head of the answer to HEAD",
            "the head alone: RFC 9110 forbids content in a response to HEAD",
            &head.body.bytes,
            0,
        ));
    }
    let is_positive = (200..300).contains(&head.status);
    if is_positive && seen.facts.contains_key("stream") && !head.is_event_stream() {
        let kind = head.header("content-type");
        let kind = kind.map_or_else(
            || "no content-type".to_owned(),
            |kind| format!("content-type: {kind}"),
        );
        return Ok(Verdict::fail(
            format!(
                "HEAD is answered with {} and {kind}, and GET with an event stream",
                head.status
            ),
            "the header fields of the GET, as RFC 9110 asks for",
        ));
    }
    let options = seen.response("options")?;
    if options.is_event_stream() && !options.body.bytes.is_empty() {
        return Ok(Verdict::fail_at(
            "OPTIONS is answered with the stream itself",
            "an answer without a body, at once",
            &options.body.bytes,
            0,
        ));
    }
    if options.headers_named(cors::ALLOWED).next().is_none() {
        return Ok(Verdict::Note(format!(
            "OPTIONS is answered with {} and without CORS: a fetch() of another origin cannot send Last-Event-ID",
            options.status
        )));
    }
    if let Some((wrong, expected)) = cors::unusable(options) {
        return Ok(Verdict::fail(
            format!("in the answer to a preflight: {wrong}"),
            expected,
        ));
    }
    if (200..300).contains(&options.status) && seen.facts.contains_key("no-cors") {
        return Ok(Verdict::fail(
            "a preflight lets another origin in, and the stream itself has no Access-Control-Allow-Origin",
            "Access-Control-Allow-Origin in the answers to OPTIONS and to GET",
        ));
    }
    if (300..400).contains(&options.status) && seen.facts.contains_key("stream") {
        return Ok(Verdict::fail(
            format!(
                "a preflight is redirected with {}, and browsers do not follow",
                options.status
            ),
            "2xx to OPTIONS at this address",
        ));
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
    response.lists("access-control-allow-headers", &["*", "last-event-id"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn an_answer_to_head_is_a_head_alone() {
        let judged = |behind: &[u8], milliseconds: u64| {
            let head = Evidence::of(b"").then(behind, milliseconds).named("head");
            let mut seen = head.observation(Probe::Methods);
            let options = Evidence::of(b"").named("options").with(|response| {
                response.status = 204;
            });
            seen.exchanges.push(options.exchange());
            named(head_options(&seen))
        };
        assert_eq!(judged(b"", 0), "note");
        assert_eq!(judged(b"data: a\n\n", 5), "fail");
        assert_eq!(judged(b"0\r\n\r\n", 900), "fail");
    }
}
