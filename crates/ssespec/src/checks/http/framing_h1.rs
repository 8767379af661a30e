//! The response is framed as HTTP/1.1 demands, to its end.
//!
//! A response of unknown length is sent in chunks, or ends with the connection. One that ends in the middle of a chunk, before its last chunk or
//! before its `Content-Length` is incomplete. The lines of its head end in CRLF, and no white space stands in front of a colon. A response to HEAD
//! ends with its head, and so does a 204, which has neither `Content-Length` nor `Transfer-Encoding`.
//!
//! An answer in HTTP/1.0 to a request in HTTP/1.1, `keep-alive` beside `close`, and a 204 to OPTIONS that has `Content-Length`, are told in a note.
//!
//! ## Why it matters
//!
//! Clients tell an incomplete response as a network error, proxies log it as a failure of the server, and what was written last may be lost. Both
//! `Content-Length` and `Transfer-Encoding` together are how requests are smuggled. What comes behind the end that the framing names, after a
//! `Content-Length` that is too small or an empty chunk, no client ever reads. In HTTP/1.0 a stream that broke off looks like one that has ended.
//!
//! ## How to fix
//!
//! End the response through the framework, also when the handler fails or the server shuts down. Never write framing headers by hand, and no chunk
//! for an empty text.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::framing;
use crate::header::Header;
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

/// What is said to who comes back when the stream is over.
pub(crate) const OF_END: Check = Check {
    requirement: "http/framing-h1",
    roles: &[Role::Server],
    probe: Probe::ComeBack,
    judge: of_end,
};

/// What is said to a preflight, which reads no further than the head: nobody is hurt there.
pub(crate) const OF_PREFLIGHT: Check = Check {
    requirement: "http/framing-h1",
    roles: &[Role::Server],
    probe: Probe::Methods,
    judge: of_preflight,
};

fn of_end(seen: &Observation) -> Judgement {
    let response = seen.response("after-end")?;
    require_http1(response)?;
    Ok(framed_without_content(response).map_or(Verdict::Pass, content_of_204))
}

fn of_preflight(seen: &Observation) -> Judgement {
    let response = seen.response("options")?;
    require_http1(response)?;
    Ok(
        framed_without_content(response).map_or(Verdict::Pass, |field| {
            Verdict::Note(format!(
                "{field} in a 204 to OPTIONS, where RFC 9110 and RFC 9112 forbid it"
            ))
        }),
    )
}

fn content_of_204(field: &Header) -> Verdict {
    Verdict::fail(
        format!("{field} in a response with status 204"),
        "no such field: a server MUST NOT send it with 204, which ends with its head",
    )
}

/// What a 204 says of content that it cannot have, if anything: <https://www.rfc-editor.org/rfc/rfc9110#section-8.6> and
/// <https://www.rfc-editor.org/rfc/rfc9112#section-6.1>.
fn framed_without_content(response: &Response) -> Option<&Header> {
    let frames = ["content-length", "transfer-encoding"];
    let mut fields = response.headers.iter();
    fields.find(|field| response.status == 204 && frames.contains(&field.name.as_str()))
}

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

/// The bytes of a response to a request in HTTP/1.1, as they came.
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
        return Ok(old_version(response).map_or(Verdict::Pass, Verdict::Note));
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
    if let Some(field) = framed_without_content(response) {
        return Ok(content_of_204(field));
    }
    if response.version == "HTTP/1.0" && has("transfer-encoding") {
        return Ok(Verdict::fail(
            "Transfer-Encoding in a response in HTTP/1.0",
            "HTTP/1.1 in the status line, or no such field: a recipient MUST take such a message for one with faulty framing",
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
        End::Complete | End::Left(_) => {
            let odd = [unknown_coding(response), kept_and_closed(response)];
            let odd: Vec<_> = odd.into_iter().flatten().collect();
            Ok(match odd.is_empty() {
                true => Verdict::Pass,
                false => Verdict::Note(odd.join("; and ")),
            })
        }
    }
}

/// A transfer coding that is none of those registered for HTTP; `identity` was one until RFC 7230.
fn unknown_coding(response: &Response) -> Option<String> {
    let mut codings = response.listed("transfer-encoding").into_iter();
    let unknown = codings.find(|coding| {
        let name = coding.split(';').next().unwrap_or_default().trim_end();
        !matches!(
            name,
            "chunked" | "gzip" | "x-gzip" | "deflate" | "compress" | "x-compress"
        )
    })?;
    Some(format!(
        "transfer-encoding: {unknown} is no transfer coding: some recipients refuse the response"
    ))
}

/// A server that speaks HTTP/1.1 SHOULD answer in it, and whether it does cannot be seen: <https://www.rfc-editor.org/rfc/rfc9110#section-6.2>.
fn old_version(response: &Response) -> Option<String> {
    (response.version == "HTTP/1.0").then(|| {
        "a request in HTTP/1.1 is answered in HTTP/1.0, where a stream that broke off looks like one that has ended".to_owned()
    })
}

/// Which of the two holds is clear, `close`: <https://www.rfc-editor.org/rfc/rfc9112#section-9.3>.
fn kept_and_closed(response: &Response) -> Option<String> {
    let says = |word| response.lists("connection", &[word]);
    (says("keep-alive") && says("close"))
        .then(|| "connection: both keep-alive and close: two layers of the stack set it, and the connection is closed".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn judged(change: impl FnOnce(&mut Response)) -> &'static str {
        let stream = Evidence::of(b"data: a\n\n").with(change);
        named(framing_h1(&stream.observation(Probe::Connect)))
    }

    #[test]
    fn what_is_odd_is_told_in_a_note() {
        let connection = |value: &'static str| {
            move |response: &mut Response| response.headers.push(Header::new("connection", value))
        };
        assert_eq!(judged(|_| {}), "pass");
        assert_eq!(judged(connection("close")), "pass");
        assert_eq!(judged(connection("keep-alive, Close")), "note");
        let http10 = |response: &mut Response| response.version = "HTTP/1.0".to_owned();
        // What may have been asked for.
        assert_eq!(judged(http10), "pass");
        let by_hand = |change: fn(&mut Response)| {
            let none = Evidence::of(b"data: a\n\n").named("none").with(change);
            named(by_hand(&none.observation(Probe::Accept)))
        };
        assert_eq!(by_hand(|_| {}), "pass");
        assert_eq!(by_hand(http10), "note");
        let chunked = Header::new("transfer-encoding", "chunked");
        assert_eq!(
            judged(|response| {
                http10(response);
                response.headers.push(chunked);
            }),
            "fail"
        );
    }

    #[test]
    fn a_204_frames_no_content() {
        let judged = |status: u16, headers: &[(&str, &str)]| {
            let after = Evidence::of(b"").named("after-end").with(|response| {
                response.status = status;
                let headers = headers
                    .iter()
                    .map(|(name, value)| Header::new(name, *value));
                response.headers.extend(headers);
            });
            named(of_end(&after.observation(Probe::ComeBack)))
        };
        assert_eq!(judged(204, &[]), "pass");
        assert_eq!(judged(404, &[("content-length", "0")]), "pass");
        assert_eq!(judged(204, &[("content-length", "0")]), "fail");
        assert_eq!(judged(204, &[("transfer-encoding", "chunked")]), "fail");
        let options = Evidence::of(b"").named("options").with(|response| {
            response.status = 204;
            response.headers.push(Header::new("content-length", "0"));
        });
        assert_eq!(
            named(of_preflight(&options.observation(Probe::Methods))),
            "note"
        );
    }
}
