//! The CORS headers, if there are any, are ones that a browser can use.
//!
//! A stream without them is for pages of its own origin, and that is a choice.
//!
//! A request has `Origin: https://ssespec.invalid`, as the page of another site would. That no such header comes, or one for another
//! origin, is told in a note. Where it is let in, it has to be let in as well when it comes back with a `Last-Event-ID`, and by a redirect that leads to
//! the stream: Fetch makes its CORS check of every response on the way.
//!
//! ## Why it matters
//!
//! An `EventSource` of another origin fails for good if `Access-Control-Allow-Origin` is missing or is anything but `*` or its own origin, once.
//! Without `Vary: Origin` a cache hands the answer for one origin to another.
//!
//! ## How to fix
//!
//! Send one `Access-Control-Allow-Origin` with `*`, or with the origin that asked and `Vary: Origin`. No list, no path, no slash at the end; and
//! let only one layer of the stack add it.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::header::Header;
use crate::observation::{Exchange, Observation, Response};

pub(crate) const CHECK: Check = Check {
    requirement: "http/cors",
    roles: &[Role::Server],
    probe: Probe::Origin,
    judge: cors,
};

fn cors(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("foreign")?;
    let response = exchange.response()?;
    // That there is no room is for others to say.
    let broken = response.status >= 500 && response.status != 503;
    if broken && seen.facts.contains_key("stream") {
        return Ok(Verdict::fail(
            format!(
                "a request with a foreign origin is answered with status {}",
                response.status
            ),
            "the stream, or 403",
        ));
    }
    let first = of(exchange)?;
    let again = seen.response("foreign-again").ok();
    let is_refused = |again: &Response| again.is_event_stream() && again.header(ALLOWED).is_none();
    if first == Verdict::Pass && again.is_some_and(is_refused) {
        return Ok(Verdict::fail(
            format!("no {ALLOWED} where a request has Last-Event-ID, and one without it"),
            "the same for who comes back, whom browsers refuse otherwise",
        ));
    }
    let led = seen.response("foreign-led").ok();
    let is_closed =
        |led: &Response| (300..400).contains(&led.status) && led.header(ALLOWED).is_none();
    if let Some(led) = led.filter(|led| first == Verdict::Pass && is_closed(led)) {
        return Ok(Verdict::fail(
            format!(
                "the {} that leads to the stream has no {ALLOWED}, and the stream has one",
                led.status
            ),
            "the same in each response on the way, without which browsers do not follow",
        ));
    }
    Ok(first)
}

/// The field that lets an origin in.
pub(crate) const ALLOWED: &str = "access-control-allow-origin";

fn of(exchange: &Exchange) -> Judgement {
    let response = exchange.response()?;
    if !response.is_event_stream() {
        return NotObserved::because(format!(
            "a request with a foreign origin is answered with status {}",
            response.status
        ));
    }
    let asked = exchange.request.header("origin");
    let asked = asked.map(Header::text).unwrap_or_default();
    if let Some((wrong, expected)) = unusable(response) {
        return Ok(Verdict::fail(wrong, expected));
    }
    let Some(allowed) = response.header(ALLOWED) else {
        return Ok(Verdict::Note(
            "no Access-Control-Allow-Origin: for pages of the same origin only".to_owned(),
        ));
    };
    if allowed == "*" {
        return Ok(Verdict::Pass);
    }
    if allowed == asked {
        return Ok(if response.lists("vary", &["origin", "*"]) {
            Verdict::Pass
        } else {
            Verdict::fail(
                format!("access-control-allow-origin: {allowed} without Vary: Origin"),
                "Vary: Origin where the answer depends on who asks",
            )
        });
    }
    Ok(Verdict::Note(format!("only pages of {allowed} are let in")))
}

/// What is wrong with the fields that let origins in, and what was expected, if no browser lets anybody in by them.
pub(crate) fn unusable(response: &Response) -> Option<(String, &'static str)> {
    let fields: Vec<_> = response.headers_named(ALLOWED).map(Header::text).collect();
    if fields.len() > 1 {
        let several = format!(
            "{} Access-Control-Allow-Origin fields: {}",
            fields.len(),
            fields.join(" | ")
        );
        let one = "one of them; browsers refuse several, also equal ones";
        return Some((several, one));
    }
    let allowed = fields.first().filter(|allowed| *allowed != "*")?;
    // A star within an origin is a character like any other: no page has it in its own.
    let one_origin = !allowed.contains('*')
        && url::Url::parse(allowed).is_ok_and(|url| url.origin().ascii_serialization() == *allowed);
    (!one_origin).then(|| {
        (
            format!("{ALLOWED}: {allowed}"),
            "`*` alone, or one origin such as https://example.org, without a path",
        )
    })
}
