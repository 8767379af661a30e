//! Several clients can have a stream at the same time.
//!
//! Six streams are opened at the same time, as many as a browser has for one host in HTTP/1.1; in HTTP/2 two, and then six on one connection; with
//! `--stress` 50. A server that serves six and answers the others with 429 or 503 has chosen a limit, which is told in a note.
//!
//! ## Why it matters
//!
//! Each tab, each window and each device of a user holds one connection for as long as it is open. A server with one worker for each stream, and
//! few workers, is full after the first handful, and every other page of the site hangs with it. Where a new stream ends the one before it, two tabs
//! take it from each other for ever, since each comes back when it is ended.
//!
//! ## How to fix
//!
//! Serve streams from an event loop or from threads that are cheap. In Gunicorn that is `--worker-class gevent` or more `--threads`, in PHP-FPM a
//! pool of its own, with single-threaded development servers it is another server.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::is_over;
use crate::observation::{Answer, End, Exchange, Failure, Observation, Response, says_too_many};
use crate::probe::GOES_ON;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/conn-limit",
    roles: &[Role::Server],
    probe: Probe::Parallel,
    judge: conn_limit,
};

pub(crate) const MULTIPLEXED: Check = Check {
    requirement: "srv/conn-limit",
    roles: &[Role::Server],
    probe: Probe::Multiplexed,
    judge: multiplexed,
};

pub(crate) const BESIDE: Check = Check {
    requirement: "srv/conn-limit",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: beside,
};

/// What becomes of a stream when another one comes.
fn beside(seen: &Observation) -> Judgement {
    match seen.facts.get("fate").map(String::as_str) {
        Some(fate @ "ends when another comes") => Ok(Verdict::fail(
            format!("a stream that was alone {fate}, twice in a row"),
            "both of them go on",
        )),
        _ => NotObserved::because("no stream was seen to give way to another"),
    }
}

/// What a browser opens to one host: a limit above that, which is told, is a choice.
const ENOUGH: usize = 6;

fn conn_limit(seen: &Observation) -> Judgement {
    if let (true, Some(why)) = (seen.exchanges.is_empty(), &seen.nothing) {
        return NotObserved::because(why.clone());
    }
    let (untold, all): (Vec<_>, Vec<_>) = seen
        .exchanges
        .iter()
        .partition(|exchange| exchange.told().is_err());
    let flows = all.iter().any(|exchange| goes_on(exchange));
    // Of a stream that goes on by itself an end soon after the beginning is a refusal, whatever comes before it.
    let is_dropped = |stream: &Response| {
        seen.facts.contains_key(GOES_ON) && stream.is_event_stream() && stream.end == End::Complete
    };
    let over = |exchange: &Exchange| {
        exchange
            .response()
            .is_ok_and(|stream| is_over(stream) || is_dropped(stream))
    };
    let is_served = |exchange: &Exchange| exchange.is_event_stream() && !(flows && over(exchange));
    let (served, refused): (Vec<&Exchange>, Vec<_>) =
        all.iter().partition(|exchange| is_served(exchange));
    let streams = served.len();
    if streams == 0 {
        return NotObserved::because("not one of the requests was answered with an event stream");
    }
    let Some(first) = refused.first() else {
        for exchange in untold {
            exchange.told()?;
        }
        return Ok(Verdict::Pass);
    };
    let says_so = |exchange: &Exchange| {
        exchange
            .response()
            .is_ok_and(|response| says_too_many(response.status))
    };
    if streams >= ENOUGH && refused.iter().all(|exchange| says_so(exchange)) {
        return Ok(Verdict::Note(format!(
            "{streams} of {} streams at the same time are served, the others are told that there are too many",
            all.len()
        )));
    }
    let how = match &first.answer {
        Answer::Nothing { why, .. } => why.to_string(),
        Answer::Response(response) if response.is_event_stream() => {
            match Transcript::of(response).events.len() {
                0 => "a stream that ends without an event".to_owned(),
                events => format!("a stream that ends behind {events} events, while others go on"),
            }
        }
        Answer::Response(response) => format!("status {}", response.status),
    };
    let were = if streams == 1 { "was" } else { "were" };
    Ok(Verdict::fail(
        format!(
            "of {} streams at the same time {streams} {were} served; number {}: {how}",
            all.len(),
            first.name.rsplit('-').next().unwrap_or_default()
        ),
        "every one of them",
    ))
}

/// The same on one connection of HTTP/2, where who has to wait may be waiting for the stream that is not read: http/flow speaks of that.
fn multiplexed(seen: &Observation) -> Judgement {
    if let (true, Some(why)) = (seen.exchanges.is_empty(), &seen.nothing) {
        return NotObserved::because(why.clone());
    }
    let most = seen.facts.get("most").and_then(|most| most.parse().ok());
    if let Some(most) = most.filter(|most: &usize| *most < ENOUGH) {
        return Ok(Verdict::fail(
            format!("SETTINGS_MAX_CONCURRENT_STREAMS is {most}: so many streams on one connection"),
            "100 or more, as RFC 9113 recommends",
        ));
    }
    let mut of_one_connection = Observation::of(seen.probe, Vec::new());
    let waits = |exchange: &Exchange| {
        matches!(
            &exchange.answer,
            Answer::Nothing {
                why: Failure::Timeout,
                ..
            }
        )
    };
    let answered = seen.exchanges.iter().filter(|exchange| !waits(exchange));
    of_one_connection.exchanges = answered
        .filter(|exchange| exchange.name.starts_with("stalled-"))
        .cloned()
        .collect();
    conn_limit(&of_one_connection)
}

/// Whether a stream that brought something was still open when its client left.
fn goes_on(exchange: &Exchange) -> bool {
    let brought = |response: &Response| !response.body.bytes.is_empty();
    let stream = exchange.response().ok();
    stream.is_some_and(|stream| brought(stream) && matches!(stream.end, End::Left(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};
    use crate::observation::Stop;

    #[test]
    fn who_gets_the_end_of_a_stream_at_once_is_not_served() {
        let judged = |first: End, others: &[u8]| {
            let first = Evidence::of(b"data: a\n\n").with(|response| response.end = first);
            let mut seen = first.named("parallel-1").observation(Probe::Parallel);
            let other = Evidence::of(others).with(|response| response.end = End::Complete);
            seen.exchanges.push(other.named("parallel-2").exchange());
            named(conn_limit(&seen))
        };
        let open = End::Left(Stop::Seen);
        assert_eq!(judged(open.clone(), b""), "fail");
        assert_eq!(judged(open, b"data: a\n\n"), "pass");
        assert_eq!(judged(End::Complete, b""), "pass");
    }

    #[test]
    fn who_was_not_asked_for_is_not_refused() {
        let mut seen = Evidence::of(b"data: a\n\n")
            .named("parallel-1")
            .observation(Probe::Parallel);
        let mut untold = Evidence::of(b"").named("parallel-2").exchange();
        untold.answer = Answer::Nothing {
            why: Failure::NotAsked("there were enough".to_owned()),
            after: 0,
        };
        seen.exchanges.push(untold);
        assert_eq!(named(conn_limit(&seen)), "not observed");
        let refused = Evidence::of(b"").with(|response| response.status = 503);
        seen.exchanges.push(refused.named("parallel-3").exchange());
        assert_eq!(named(conn_limit(&seen)), "fail");
    }

    #[test]
    fn a_connection_that_takes_few_streams_is_told_and_one_that_waits_is_not() {
        let mut seen = Evidence::of(b"data: a\n\n")
            .named("stalled-1")
            .observation(Probe::Multiplexed);
        let mut waits = Evidence::of(b"").named("stalled-2").exchange();
        waits.answer = Answer::Nothing {
            why: Failure::Timeout,
            after: 0,
        };
        seen.exchanges.push(waits);
        for (most, verdict) in [(None, "pass"), (Some("100"), "pass"), (Some("2"), "fail")] {
            let fact = most.map(|most| ("most".to_owned(), most.to_owned()));
            seen.facts.extend(fact);
            assert_eq!(named(multiplexed(&seen)), verdict, "{most:?}");
        }
    }
}
