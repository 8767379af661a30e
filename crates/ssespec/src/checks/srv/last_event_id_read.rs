//! A `Last-Event-ID` that the server does not know does not break the endpoint.
//!
//! The header is free text that a client has been given by somebody, perhaps by the server before it was restarted or by another one behind the
//! same address. It may be unknown, too old, not a number, or empty; it may have quotes, markup or a tab in it; and it is never copied into a
//! header of the response.
//!
//! Each of these is sent once, on a request of its own; so are `0`, `-1` and a number that fits into no register. Anything but an event stream or 204
//! is a finding, if the same request without the header gets an event stream; and so is a stream on which nothing comes, not even what is new, while
//! another client gets event after event. That quotes and markup are refused, as by a firewall, is only told.
//!
//! ## Why it matters
//!
//! A client that comes back with such an id and gets a 400 or a 500 gives up for good, and a reload is the only way out. What to send for an
//! unknown id is the server's choice: all that it has, or only what is new.
//!
//! ## How to fix
//!
//! Treat the value as opaque text. If it cannot be understood, go on as if it were absent. Never copy it into a header of the response.

use std::collections::BTreeSet;

use crate::arrivals::{MANY, one_after_the_other};
use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::escape;
use crate::header::Header;
use crate::hub::seen::in_time;
use crate::observation::{Answer, End, Exchange, Observation, Response};
use crate::probe::{HOSTILE, INJECTED, NEGATIVE, NUMBER, TAB, UNKNOWN, WITH_ID, WITHOUT_ID, ZERO};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/last-event-id-read",
    roles: &[Role::Server],
    probe: Probe::LastEventId,
    judge: last_event_id_read,
};

pub(crate) const NEGATIVE_ID: Check = Check {
    requirement: "srv/last-event-id-read",
    roles: &[Role::Server],
    probe: Probe::Origin,
    judge: negative,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "srv/last-event-id-read",
    roles: &[Role::Server],
    probe: Probe::Hub,
    judge: published,
};

/// Who comes with an id below zero is answered like who comes without one.
fn negative(seen: &Observation) -> Judgement {
    if !seen.exchange("foreign")?.is_event_stream() {
        return NotObserved::because("without the header there is no event stream either");
    }
    Ok(match broken(seen.exchange("foreign-again")?)? {
        Some(broken) => Verdict::fail(
            format!("Last-Event-ID: {NEGATIVE} is answered with {broken}"),
            "an event stream, as without the header",
        ),
        None => Verdict::Pass,
    })
}

/// Whoever comes with an id that a hub does not know gets what is published from then on.
fn published(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("unknown")?;
    let after = format!("Last-Event-ID: {UNKNOWN}");
    if let Some(broken) = broken(exchange)? {
        let seen = format!("{after} is answered with {broken}");
        return Ok(Verdict::fail(
            seen,
            "an event stream, as without the header",
        ));
    }
    // Without the header it has to come, or nothing can be said.
    if in_time(seen, "late", "g") != Some(true) {
        return NotObserved::because("nothing comes without the header either");
    }
    Ok(match in_time(seen, "unknown", "f") {
        Some(true) => Verdict::Pass,
        _ => Verdict::fail(
            format!("after {after} nothing comes of what is published"),
            "what is published from then on",
        ),
    })
}

fn last_event_id_read(seen: &Observation) -> Judgement {
    let plain = seen.response("plain")?;
    if !plain.is_event_stream() {
        return NotObserved::because(
            "without the header the response is not an event stream either",
        );
    }
    let values = [
        ("unknown", UNKNOWN),
        ("empty", ""),
        ("number", NUMBER),
        ("zero", ZERO),
        ("hostile", HOSTILE),
        ("tab", TAB),
    ];
    let mut refused = None;
    for (name, value) in values {
        // A firewall may refuse what no server gives out; what counts there is that nothing breaks.
        let status = seen.response(name).map(|response| response.status);
        if let ("hostile", Ok(status @ 400..500)) = (name, status) {
            refused = Some(status);
            continue;
        }
        if let Some(broken) = broken(seen.exchange(name)?)? {
            return Ok(Verdict::fail(
                format!("Last-Event-ID: {} is answered with {broken}", shown(value)),
                "an event stream, as without the header",
            ));
        }
        if plain.end != End::Complete && seen.response(name).is_ok_and(is_over) {
            return Ok(Verdict::fail(
                format!(
                    "Last-Event-ID: {} is answered with a stream that ends at once, without an event: a client comes back with the same id for ever",
                    shown(value)
                ),
                "an event stream that goes on, as without the header",
            ));
        }
    }
    // HTTP lets a recipient refuse control characters, but not break: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
    let control = seen.response("control").ok();
    if let Some(response) = control.filter(|response| response.status >= 500) {
        return Ok(Verdict::fail(
            format!(
                "a Last-Event-ID with a control character is answered with status {}",
                response.status
            ),
            "an event stream, or 400",
        ));
    }
    if let Some(came) = silent_with_id(seen, &Transcript::of(plain)) {
        let sent = seen.exchange(WITH_ID)?.request.header("last-event-id");
        return Ok(Verdict::fail(
            format!(
                "after {} nothing comes, and {came} events come to a client without it in that time",
                sent.map(Header::to_string).unwrap_or_default()
            ),
            "at least what is new",
        ));
    }
    if let Some(name) = seen.facts.get("copied") {
        return Ok(Verdict::fail(
            format!("the value comes back in a header of the response: {name}"),
            "nothing of it in any header: it is free text from whoever asks",
        ));
    }
    for exchange in &seen.exchanges {
        if let Some(copied) = exchange.response().ok().and_then(copied) {
            return Ok(Verdict::fail(
                format!("the value comes back in a header of the response: {copied}"),
                "nothing of it in any header: it is free text from whoever asks",
            ));
        }
    }
    Ok(refused.map_or(Verdict::Pass, |status| {
        Verdict::Note(format!(
            "an id with quotes and markup in it is answered with status {status}, by the server or by a firewall in front of it: whoever was given such an id is sent away for good"
        ))
    }))
}

/// The value as it is told.
fn shown(value: &str) -> String {
    escape::excerpt(value.as_bytes(), 60).to_string()
}

/// How many new events came one after the other to a client without an id, while nothing came any more to one with an id, if so. New is what has an id
/// that was not there `before`, and that the other one has not got: a stream that begins anew for each client may well be over for who comes back.
pub(crate) fn silent_with_id(seen: &Observation, before: &Transcript<'_>) -> Option<usize> {
    let (with, without) = (
        seen.stream(WITH_ID).ok()?,
        Transcript::of(seen.stream(WITHOUT_ID).ok()?),
    );
    let with_events = Transcript::of(with);
    let known = before.ids().into_iter().chain(with_events.ids());
    let known: BTreeSet<_> = known.map(|event| &event.last_event_id).collect();
    let new = without.ids().into_iter();
    let new: Vec<_> = new
        .filter(|event| !known.contains(&event.last_event_id) && event.at < with.ended_at)
        .map(|event| event.at)
        .collect();
    let came = one_after_the_other(&new);
    let first = new.first()?;
    let mut came_with = with_events.events.iter();
    let is_silent = matches!(with.end, End::Left(_)) && came_with.all(|one| one.at < *first);
    (is_silent && came >= MANY).then_some(came)
}

/// Whether a stream ended by itself before it brought an event.
pub(crate) fn is_over(response: &Response) -> bool {
    response.is_event_stream()
        && response.end == End::Complete
        && Transcript::of(response).events.is_empty()
}

/// The header that a value of ours was copied into.
fn copied(response: &Response) -> Option<&Header> {
    response.headers.iter().find(|header| {
        let value = header.text();
        header.name == INJECTED || value.contains(UNKNOWN) || value.contains("ssespec'")
    })
}

/// What came instead of an event stream, if so. A 204 is the server's way to say that there is nothing more.
pub(crate) fn broken(exchange: &Exchange) -> Result<Option<String>, NotObserved> {
    Ok(match exchange.told()? {
        Answer::Nothing { why, .. } => Some(why.to_string()),
        Answer::Response(response) if response.is_event_stream() || response.status == 204 => None,
        Answer::Response(response) if response.status == 200 => {
            Some(response.header("content-type").map_or_else(
                || "no content type".to_owned(),
                |value| format!("content-type: {value}"),
            ))
        }
        Answer::Response(response) => Some(format!("status {}", response.status)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn judged(name: &str, change: impl FnOnce(&mut Response)) -> &'static str {
        let mut change = Some(change);
        let exchanges = [
            "plain", "unknown", "empty", "number", "zero", "hostile", "tab", "control",
        ]
        .map(|other| {
            let evidence = Evidence::of(b"data: a\n\n").named(other);
            match change.take_if(|_| other == name) {
                Some(change) => evidence.with(change),
                None => evidence,
            }
        })
        .map(Evidence::exchange);
        named(last_event_id_read(&Observation::of(
            Probe::LastEventId,
            exchanges.to_vec(),
        )))
    }

    #[test]
    fn refusals_and_copies_fail() {
        assert_eq!(judged("none", |_| {}), "pass");
        assert_eq!(judged("tab", |response| response.status = 500), "fail");
        assert_eq!(judged("tab", |response| response.status = 400), "fail");
        assert_eq!(judged("hostile", |response| response.status = 403), "note");
        assert_eq!(judged("hostile", |response| response.status = 500), "fail");
        assert_eq!(judged("unknown", |response| response.status = 403), "fail");
        assert_eq!(judged("control", |response| response.status = 400), "pass");
        assert_eq!(judged("control", |response| response.status = 500), "fail");
        assert_eq!(judged("number", |response| response.status = 500), "fail");
        let ends = |response: &mut Response| {
            response.end = End::Complete;
            response.body = Default::default();
        };
        assert_eq!(judged("unknown", ends), "fail");
        assert_eq!(
            judged("unknown", |response| response.end = End::Complete),
            "pass"
        );
        let copy = |response: &mut Response| {
            response.headers.push(Header::new("x-resume", UNKNOWN));
        };
        assert_eq!(judged("unknown", copy), "fail");
        let injected = |response: &mut Response| response.headers.push(Header::new(INJECTED, "1"));
        assert_eq!(judged("hostile", injected), "fail");
    }
}
