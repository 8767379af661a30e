//! No text can forge a field or an event.
//!
//! The target is given CR, LF and CRLF in a type, an id, a comment and data, with fields behind them, and has to write them with its own encoder.
//! What stands behind the line end must not begin a line of the stream: data is split, with `data:` before each line; in a type, an id or a
//! comment there is no right way to write it, so it is refused. To take the line end away forges nothing either, but is judged by
//! `lint/silent-change`.
//!
//! ## Why it matters
//!
//! Whoever chooses the text chooses what all readers of the stream receive: another event type, another id, which is then sent back with every
//! reconnection, or whole events. CVE-2026-29085 (Hono), CVE-2026-35515 (NestJS), CVE-2026-22735 (Spring) and CVE-2026-44214
//! (eventsource-encoder) are this.
//!
//! ## How to fix
//!
//! Split data at CRLF, LF **and a lone CR**, and write `data: ` before every part. Refuse a type, an id and a comment that hold CR or LF; a comment
//! may be split as well, with a colon before every part.

use sse_parser::Line;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};

pub(crate) const INJECTED: Check = Check {
    requirement: "lint/injection",
    roles: &[Role::Server],
    probe: Probe::Inject,
    judge: injected,
};
use crate::observation::{Exchange, Observation};
use crate::probe::inject::{FORGED, HARMLESS};
use crate::script::{self, Fault};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/injection",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: injection,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "lint/injection",
    roles: &[Role::Server],
    probe: Probe::HubTexts,
    judge: injection,
};

fn injection(seen: &Observation) -> Judgement {
    script::judge(seen, Fault::Injection, script::any_line_end)
}

/// A value of a request gets out of its line.
fn injected(seen: &Observation) -> Judgement {
    let reflected = |exchange: &Exchange| {
        let response = exchange
            .response()
            .ok()
            .filter(|response| response.is_event_stream());
        response.is_some_and(|response| {
            Transcript::of(response)
                .lines()
                .any(|line| contains(line.line, HARMLESS))
        })
    };
    if !reflected(seen.exchange("harmless")?) {
        return NotObserved::because(
            "a harmless value of the parameter does not come back in the stream",
        );
    }
    let mut reached = false;
    for exchange in seen
        .exchanges
        .iter()
        .filter(|exchange| exchange.name != "harmless")
    {
        let Ok(response) = exchange.response() else {
            continue;
        };
        // A refusal is as good as a clean line; that there were too many requests is none.
        let refused = (400..500).contains(&response.status) && response.status != 429;
        reached |= reflected(exchange) || refused;
        if !response.is_event_stream() {
            continue;
        }
        let transcript = Transcript::of(response);
        let forged = transcript.lines().find(|line| {
            let bytes = &transcript.bytes()[line.offset..line.next];
            bytes
                .strip_prefix(FORGED.as_bytes())
                .is_some_and(|rest| rest.iter().all(|byte| matches!(byte, b'\r' | b'\n')))
        });
        if let Some(line) = forged {
            return Ok(Verdict::fail_at(
                format!(
                    "a value of the request, {}, puts a line of its own into the stream",
                    place(exchange)
                ),
                "the line ends of the value split or refused",
                transcript.bytes(),
                line.offset,
            ));
        }
    }
    match reached {
        true => Ok(Verdict::Pass),
        false => NotObserved::because("no hostile value of the parameter comes back in the stream"),
    }
}

/// Where in the request the value is: in a header, or else in the URL.
fn place(exchange: &Exchange) -> String {
    let headers = exchange.request.headers.iter();
    let mut headers = headers.map(|header| header.to_string());
    let header = headers.find(|header| header.contains(HARMLESS));
    header.unwrap_or_else(|| exchange.request.url.clone())
}

fn contains(line: Line<'_>, text: &str) -> bool {
    let value = match line {
        Line::Field { value, .. } => value,
        Line::Comment(text) => text,
        Line::Blank => return false,
    };
    value
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn after(harmless: &str, hostile: &str) -> &'static str {
        let mut seen = Evidence::of(harmless.as_bytes())
            .named("harmless")
            .observation(Probe::Inject);
        let hostile = Evidence::of(hostile.as_bytes())
            .named("inject-1")
            .exchange();
        seen.exchanges.push(hostile);
        named(injected(&seen))
    }

    #[test]
    fn only_a_line_of_its_own_fails() {
        let harmless = "data: hello ssespec-harmless\n\n";
        assert_eq!(
            after(
                harmless,
                "data: hello ssespec-harmless\ndata: ssespec-forged\n\n"
            ),
            "fail"
        );
        assert_eq!(
            after(
                harmless,
                "event: ssespec-harmless\rdata: ssespec-forged\rdata: x\n\n"
            ),
            "fail"
        );
        assert_eq!(
            after(
                harmless,
                "data: hello ssespec-harmless\ndata: data: ssespec-forged\n\n"
            ),
            "pass"
        );
        assert_eq!(
            after(
                harmless,
                "data: \"ssespec-harmless\\ndata: ssespec-forged\"\n\n"
            ),
            "pass"
        );
        assert_eq!(after(harmless, "data: hello\n\n"), "not observed");
        assert_eq!(
            after("data: hello\n\n", "data: ssespec-forged\n\n"),
            "not observed"
        );
    }
}
