//! HEAD and OPTIONS are answered at once, and HEAD with a head alone.
//!
//! HEAD is sent on a connection of its own, on which everything behind the head of the answer is seen; OPTIONS as a browser sends it ahead of a
//! cross-origin `fetch()` with `Last-Event-ID`. That the method is not allowed (404, 405 with `Allow`, 501) is an answer. POST, PUT and other methods may change
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
use crate::check::{Check, Finding, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Exchange, Observation, Response};

pub(crate) const CHECK: Check = Check {
    requirement: "http/head-options",
    roles: &[Role::Server],
    probe: Probe::Methods,
    judge: head_options,
};

fn head_options(seen: &Observation) -> Judgement {
    match (of_head(seen), of_options(seen)) {
        (Ok(Verdict::Fail(one)), Ok(Verdict::Fail(other))) => Ok(Verdict::Fail(Finding {
            seen: format!("{}; and {}", one.seen, other.seen),
            expected: match one.expected == other.expected {
                true => one.expected,
                false => format!("{}; and {}", one.expected, other.expected),
            },
            bytes: one.bytes.or(other.bytes),
        })),
        (_, Ok(Verdict::Fail(one))) => Ok(Verdict::Fail(one)),
        (Ok(Verdict::Pass), options) => options,
        (head, _) => head,
    }
}

fn of_head(seen: &Observation) -> Judgement {
    if let Some(broken) = broken(seen.exchange("head")?, "HEAD")? {
        return Ok(broken);
    }
    let head = seen.response("head")?;
    if let Some(closed) = closed(head, "HEAD") {
        return Ok(closed);
    }
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
    Ok(Verdict::Pass)
}

fn of_options(seen: &Observation) -> Judgement {
    if let Some(broken) = broken(seen.exchange("options")?, "OPTIONS")? {
        return Ok(broken);
    }
    let options = seen.response("options")?;
    if let Some(closed) = closed(options, "OPTIONS") {
        return Ok(closed);
    }
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

/// That there is no answer, or one that says that the server failed, if so. 405 and 404 are answers: the method is not for this resource.
fn broken(exchange: &Exchange, method: &str) -> Result<Option<Verdict>, NotObserved> {
    let seen = match exchange.told()? {
        Answer::Nothing { why, .. } => format!("{method} has no answer: {why}"),
        Answer::Response(response) if response.status >= 500 && response.status != 501 => {
            format!("{method} is answered with status {}", response.status)
        }
        Answer::Response(_) => return Ok(None),
    };
    Ok(Some(Verdict::fail(
        seen,
        "an answer without a body, at once",
    )))
}

/// That a method is not allowed, and nothing says which are, if so: <https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6>.
fn closed(response: &Response, method: &str) -> Option<Verdict> {
    let is_bare = response.status == 405 && response.headers_named("allow").next().is_none();
    is_bare.then(|| {
        Verdict::fail(
            format!("{method} is answered with 405 and without Allow"),
            "Allow with the methods that there are: \"The origin server MUST generate an Allow header field in a 405 response\"",
        )
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
