//! The response has no content coding that was not offered.
//!
//! ## Why it matters
//!
//! A client that offers no coding gets bytes that it cannot read. And compressing a stream holds events back until a block is full, unless every
//! event is flushed through the compressor.
//!
//! ## How to fix
//!
//! Leave `text/event-stream` out of what is compressed, in the application and in the proxy, or flush after each event; and look at
//! `Accept-Encoding` first.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "http/content-encoding",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: content_encoding,
};

fn content_encoding(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("stream")?;
    let response = exchange.response()?;
    let offered = exchange
        .request
        .headers
        .iter()
        .find(|header| header.name == "accept-encoding");
    if let Some(offered) = offered.filter(|header| !header.text().eq_ignore_ascii_case("identity"))
    {
        return NotObserved::because(format!("codings were offered: {offered}"));
    }
    let codings = response.content_codings();
    if !codings.is_empty() {
        return Ok(Verdict::fail_at(
            format!(
                "content-encoding: {}, although none was offered",
                codings.join(", ")
            ),
            "no Content-Encoding",
            &response.body.bytes,
            0,
        ));
    }
    if let Some(field) = response.headers_named("content-encoding").next() {
        return Ok(Verdict::Note(format!(
            "{field}, which is no coding and should not be sent"
        )));
    }
    Ok(Verdict::Pass)
}
