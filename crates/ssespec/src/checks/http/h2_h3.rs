//! A response in HTTP/2 has no connection-specific header fields.
//!
//! `Connection`, `Keep-Alive`, `Proxy-Connection`, `Transfer-Encoding` and `Upgrade` belong to one connection of HTTP/1, and names are in lower case.
//! A stream that is over ends with END_STREAM; one that is reset broke. No byte is sent for which there is no window.
//!
//! The stream is asked for in HTTP/2 where TLS agrees on it, and without TLS with `--http2-prior-knowledge`. The frames are read by hand, because a
//! library drops a malformed response without showing what was in it.
//!
//! ## Why it matters
//!
//! A response that has one of them is malformed, and strict clients (Safari among them) reset the stream instead of reading it. It works on the
//! laptop, where HTTP/1.1 is spoken, and fails behind the load balancer.
//!
//! ## How to fix
//!
//! Remove `Connection: keep-alive` from the handler. It is the default of HTTP/1.1 anyway.

use super::flow;
use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::header::Header;
use crate::observation::{Answer, End, Failure, Observation, Response};
use crate::probe::REFUSED_BY_LIBRARY;

pub(crate) const CHECK: Check = Check {
    requirement: "http/h2-h3",
    roles: &[Role::Server],
    probe: Probe::Http2,
    judge: h2_h3,
};

/// How a stream in HTTP/2 ends.
pub(crate) const ENDED: Check = Check {
    requirement: "http/h2-h3",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: ended,
};

/// Whether windows are kept: <https://www.rfc-editor.org/rfc/rfc9113#section-6.9.1>.
pub(crate) const WINDOWS: Check = Check {
    requirement: "http/h2-h3",
    roles: &[Role::Server],
    probe: Probe::Multiplexed,
    judge: windows,
};

fn windows(seen: &Observation) -> Judgement {
    let (stalled, released) = (seen.stream("stalled-1")?, flow::released(seen)?);
    Ok(flow::sent_without_window(stalled, released).unwrap_or(Verdict::Pass))
}

/// <https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2>
const CONNECTION_SPECIFIC: [&str; 5] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

fn h2_h3(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("http2")?;
    let response = match &exchange.answer {
        Answer::Response(response) => response,
        Answer::Nothing {
            why: Failure::Protocol(why),
            ..
        } => {
            return Ok(Verdict::fail(
                format!("HTTP/2 was agreed on, but there is no response that can be read: {why}"),
                "a response",
            ));
        }
        Answer::Nothing { why, .. } => return NotObserved::because(why.to_string()),
    };
    let forbidden: Vec<_> = response
        .headers
        .iter()
        .filter(|header| {
            CONNECTION_SPECIFIC.contains(&header.name.as_str()) || is_malformed(header)
        })
        .map(ToString::to_string)
        .collect();
    if let (true, Some(refused)) = (forbidden.is_empty(), seen.facts.get(REFUSED_BY_LIBRARY)) {
        return Ok(Verdict::fail(
            format!("HTTP/2 is spoken, and a library refuses what comes: {refused}"),
            "frames and fields as RFC 9113 has them",
        ));
    }
    if forbidden.is_empty() {
        // A library takes RST_STREAM without an error for the end of a body.
        return ended_well(response).unwrap_or(Ok(Verdict::Pass));
    }
    Ok(Verdict::fail(
        format!(
            "header fields that HTTP/2 forbids: {}",
            forbidden.join(", ")
        ),
        "no connection-specific fields, names of visible characters in lower case, values without line ends and without white space around them",
    ))
}

/// <https://www.rfc-editor.org/rfc/rfc9113#section-8.2.1>
fn is_malformed(header: &Header) -> bool {
    let is_odd = |byte: u8| !byte.is_ascii_graphic() || byte.is_ascii_uppercase() || byte == b':';
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    header.name.bytes().any(is_odd)
        || header
            .value
            .iter()
            .any(|byte| matches!(byte, 0 | b'\n' | b'\r'))
        || is_blank(header.value.first())
        || is_blank(header.value.last())
}

fn ended(seen: &Observation) -> Judgement {
    let response = seen.response("stream")?;
    if !response.version.starts_with("HTTP/2") {
        return NotObserved::because(format!("spoken was {}", response.version));
    }
    match ended_well(response) {
        Some(judged) => judged,
        None => NotObserved::because("the stream did not end by itself"),
    }
}

/// Whether a stream in HTTP/2 that is over has ended as it should; `None` if it goes on.
fn ended_well(response: &Response) -> Option<Judgement> {
    match &response.end {
        End::TargetDied => Some(NotObserved::because("the target was gone")),
        End::Left(_) => None,
        End::Complete => Some(Ok(Verdict::Pass)),
        End::Aborted(why) => Some(Ok(Verdict::fail(
            format!(
                "the response broke off after {} bytes: {why}",
                response.body.bytes.len()
            ),
            "END_STREAM on its last frame",
        ))),
    }
}
