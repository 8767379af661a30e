//! The response is framed as HTTP/1.1 demands, to its end.
//!
//! A response of unknown length is sent in chunks, or ends with the connection. One that ends in the middle of a chunk, before its last chunk or
//! before its `Content-Length` is incomplete. The lines of its head end in CRLF, and no white space stands in front of a colon. A response to HEAD
//! ends with its head.
//!
//! ## Why it matters
//!
//! Clients tell an incomplete response as a network error, proxies log it as a failure of the server, and what was written last may be lost. Both
//! `Content-Length` and `Transfer-Encoding` together are how requests are smuggled. What comes behind the end that the framing names, after a
//! `Content-Length` that is too small or an empty chunk, no client ever reads.
//!
//! ## How to fix
//!
//! End the response through the framework, also when the handler fails or the server shuts down. Never write framing headers by hand, and no chunk
//! for an empty text.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::framing;
use crate::observation::{End, Observation, Response};

pub(crate) const CHECK: Check = Check {
    requirement: "http/framing-h1",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: framing_h1,
};

pub(crate) const BY_HAND: Check = Check {
    requirement: "http/framing-h1",
    roles: &[Role::Server],
    probe: Probe::Accept,
    judge: by_hand,
};

/// The end of a response to HEAD, which is that of its head: <https://www.rfc-editor.org/rfc/rfc9112#section-6.3>.
pub(crate) const OF_HEAD: Check = Check {
    requirement: "http/framing-h1",
    roles: &[Role::Server],
    probe: Probe::Methods,
    judge: of_head,
};

fn of_head(seen: &Observation) -> Judgement {
    let head = seen.response("head")?;
    require_http1(head)?;
    if head.body.bytes.is_empty() {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::fail_at(
        "bytes come behind the head of the answer to HEAD",
        "nothing behind it: \"the server MUST NOT send content in the response\" to HEAD",
        &head.body.bytes,
        0,
    ))
}

/// The bytes of a response, as they came.
fn by_hand(seen: &Observation) -> Judgement {
    let response = seen.response("none")?;
    require_http1(response)?;
    if let Some(fault) = fault_of_head(seen) {
        return Ok(fault);
    }
    let bytes = &response.body.bytes;
    let end = framing::end_of_content(response).unwrap_or(bytes.len());
    let only_line_ends = |byte: &u8| matches!(byte, b'\r' | b'\n');
    if bytes[end..].iter().all(only_line_ends) {
        return Ok(Verdict::Pass);
    }
    let ended = match response.headers_named("transfer-encoding").next() {
        Some(_) => "its last chunk, which is an empty one".to_owned(),
        None => format!("the {end} bytes that the head promises"),
    };
    Ok(Verdict::fail_at(
        format!("more comes behind the end of the response: behind {ended}"),
        "nothing behind it: clients do not read that",
        bytes,
        end,
    ))
}

fn require_http1(response: &Response) -> Result<(), NotObserved> {
    match response.version.starts_with("HTTP/1") {
        true => Ok(()),
        false => NotObserved::because(format!("spoken was {}", response.version)),
    }
}

fn fault_of_head(seen: &Observation) -> Option<Verdict> {
    let fault = seen.facts.get("head")?;
    Some(Verdict::fail(
        fault.clone(),
        "a head as RFC 9112 has it: lines that end in CRLF, `name: value`",
    ))
}

/// From here on a silence may be why a stream was cut, in microseconds.
const SILENT: u64 = 1_000_000;

fn framing_h1(seen: &Observation) -> Judgement {
    if let Some(fault) = fault_of_head(seen) {
        return Ok(fault);
    }
    let response = seen.response("stream")?;
    require_http1(response)?;
    let has = |name| response.headers_named(name).next().is_some();
    if has("content-length") && has("transfer-encoding") {
        return Ok(Verdict::fail(
            "both Content-Length and Transfer-Encoding",
            "Transfer-Encoding: chunked alone",
        ));
    }
    let codings = response.listed("transfer-encoding");
    let chunked = codings.iter().filter(|coding| *coding == "chunked");
    if chunked.count() > 1 {
        return Ok(Verdict::fail(
            "Transfer-Encoding says chunked twice",
            "chunked once: two layers of the stack set it",
        ));
    }
    match &response.end {
        End::TargetDied => NotObserved::because("the target was gone"),
        End::Aborted(why) => Ok(Verdict::fail_at(
            format!(
                "the response broke off after {:.1} s and {} bytes{}: {why}",
                std::time::Duration::from_micros(response.ended_at).as_secs_f64(),
                response.body.bytes.len(),
                silence(response)
            ),
            "the last chunk, or as many bytes as Content-Length says",
            &response.body.bytes,
            tail(response),
        )),
        End::Left(_) if has("content-length") => Ok(Verdict::Note(
            "a stream that stays open has a Content-Length: it will end there, or break".to_owned(),
        )),
        End::Complete | End::Left(_) => Ok(match unknown_coding(response) {
            Some(coding) => Verdict::Note(format!(
                "transfer-encoding: {coding} is no transfer coding: some recipients refuse the response"
            )),
            None => Verdict::Pass,
        }),
    }
}

/// A transfer coding that is none of those registered for HTTP; `identity` was one until RFC 7230.
fn unknown_coding(response: &Response) -> Option<String> {
    let mut codings = response.listed("transfer-encoding").into_iter();
    codings.find(|coding| {
        let name = coding.split(';').next().unwrap_or_default().trim_end();
        !matches!(
            name,
            "chunked" | "gzip" | "x-gzip" | "deflate" | "compress" | "x-compress"
        )
    })
}

/// The silence before the end, if it may be the reason: proxies cut streams on which nothing is sent for a while.
fn silence(response: &Response) -> String {
    let last = response.body.arrivals.last();
    let last = last.map_or(response.head_at, |arrival| arrival.at);
    match response.ended_at.saturating_sub(last) {
        silent @ SILENT.. => format!(
            " and {:.1} s of silence",
            std::time::Duration::from_micros(silent).as_secs_f64()
        ),
        _ => String::new(),
    }
}

/// Where the last bytes begin that are worth showing.
fn tail(response: &Response) -> usize {
    response.body.bytes.len().saturating_sub(60)
}
