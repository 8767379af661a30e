//! A client of HTTP/1.0 is not sent chunks.
//!
//! The stream is asked for in HTTP/1.0. That it is not answered, refused, or answered with a stream that is over before it began, is told in a note:
//! nobody has to speak HTTP/1.0. So is `Connection: keep-alive`, for which there would have to be a `Content-Length`.
//!
//! ## Why it matters
//!
//! HTTP/1.0 knows no transfer codings: its client takes the sizes of the chunks for content, so that the stream begins with a line such as `1a`.
//! nginx speaks HTTP/1.0 to what is behind it unless it is told otherwise.
//!
//! ## How to fix
//!
//! Answer a request in HTTP/1.0 without `Transfer-Encoding` and end the response by closing the connection; servers and frameworks do that by
//! themselves as long as the handler does not set the field.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, End, Failure, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "http/http10",
    roles: &[Role::Server],
    probe: Probe::Http10,
    judge: http10,
};

fn http10(seen: &Observation) -> Judgement {
    let response = match &seen.exchange("http10")?.answer {
        Answer::Response(response) => response,
        Answer::Nothing {
            why: Failure::Protocol(why),
            ..
        } => {
            return Ok(Verdict::Note(format!("HTTP/1.0 is not answered: {why}")));
        }
        Answer::Nothing {
            why: why @ Failure::Timeout,
            ..
        } => {
            return Ok(Verdict::Note(format!(
                "a request in HTTP/1.0 hangs: {why}, and a proxy that speaks it hangs with it"
            )));
        }
        Answer::Nothing { why, .. } => return NotObserved::because(why.to_string()),
    };
    let codings: Vec<_> = response
        .headers_named("transfer-encoding")
        .map(ToString::to_string)
        .collect();
    if !codings.is_empty() {
        return Ok(Verdict::fail_at(
            format!(
                "{} in the answer to a request in HTTP/1.0",
                codings.join(", ")
            ),
            "no Transfer-Encoding; the end of the connection ends the response",
            &response.body.bytes,
            0,
        ));
    }
    if response.is_event_stream() && response.end == End::Complete && response.body.bytes.is_empty()
    {
        let length = response.headers_named("content-length").next();
        return Ok(Verdict::Note(format!(
            "a request in HTTP/1.0 gets an event stream that ends without a byte{}",
            length.map_or_else(String::new, |length| format!(": {length}"))
        )));
    }
    let kept = response.lists("connection", &["keep-alive"]);
    if response.is_event_stream() && kept && response.header("content-length").is_none() {
        return Ok(Verdict::Note(
            "connection: keep-alive in the answer to a request in HTTP/1.0, where nothing but the end of the connection ends the stream".to_owned(),
        ));
    }
    if response.is_event_stream() {
        return Ok(Verdict::Pass);
    }
    let kind = response.header("content-type");
    let kind = kind.unwrap_or_else(|| "no type".to_owned());
    Ok(Verdict::Note(match response.status {
        200 => format!("a request in HTTP/1.0 is answered with {kind}"),
        status => format!("a request in HTTP/1.0 is answered with status {status}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};
    use crate::header::Header;

    #[test]
    fn a_client_of_http10_that_gets_nothing_is_told_in_a_note() {
        let judged = |change: fn(&mut crate::observation::Exchange)| {
            let mut seen = Evidence::of(b"data: a\n\n")
                .named("http10")
                .observation(Probe::Http10);
            change(&mut seen.exchanges[0]);
            named(http10(&seen))
        };
        assert_eq!(judged(|_| {}), "pass");
        assert_eq!(
            judged(|exchange| {
                let keep = Header::new("connection", "Keep-Alive");
                let kept =
                    Evidence::of(b"data: a\n\n").with(|response| response.headers.push(keep));
                exchange.answer = kept.exchange().answer;
            }),
            "note"
        );
        assert_eq!(
            judged(|exchange| exchange.answer = Answer::Nothing {
                why: Failure::Timeout,
                after: 0
            }),
            "note"
        );
        assert_eq!(
            judged(|exchange| {
                let empty = Evidence::of(b"").with(|response| response.end = End::Complete);
                exchange.answer = empty.exchange().answer;
            }),
            "note"
        );
    }
}
