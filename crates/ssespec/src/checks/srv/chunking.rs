//! Events arrive when they happen, not all together at the end.
//!
//! Two things are findings: three events or more that come all at once, a second or more after the request, at the end of the stream; and at least
//! three pauses that each fall into the middle of an event, after the same number of bytes (512 or more). With a replay endpoint each event must
//! also be readable before the next one is due. Where events came closer together than 50 ms nothing is said.
//!
//! ## Why it matters
//!
//! A handler that collects its output, a compressor or a proxy that buffers, a framework that sends a response when the function returns: with
//! each of them the stream looks right in a test that reads it to its end, and is of no use to a person who waits.
//!
//! A buffer of fixed size shows by where it is cut: in the middle of an event, after as many bytes each time. A blank line that is written in front of
//! an event, and not behind it, shows by when it comes. Events that come several at once, again and again, may have happened together; where their
//! data holds the time at which each of them happened, it is known whether they did.
//!
//! ## How to fix
//!
//! Flush after each event: through the application server, the middleware and the compressor. Look at the stream with `curl -N`.

use crate::arrivals::{self, APART};
use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{End, Observation};
use crate::script::delivery;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/chunking",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: chunking,
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "srv/chunking",
    roles: &[Role::Server],
    probe: Probe::Replay,
    judge: replayed,
};

/// The whole of a stream came within this part of the time before it: a part, so that a machine with too much to do sees the same.
const TOGETHER: u64 = 4;

/// So long nothing came before, in microseconds: it was being collected.
const COLLECTED: u64 = 1_000_000;

fn chunking(seen: &Observation) -> Judgement {
    let response = seen.stream("stream")?;
    let transcript = Transcript::of(response);
    transcript.require_events(2)?;
    let arrivals = &response.body.arrivals;
    let (Some(first), Some(last)) = (arrivals.first(), arrivals.last()) else {
        return NotObserved::because("not one byte came");
    };
    let ends_together = response.ended_at.saturating_sub(first.at) <= first.at / TOGETHER;
    if response.end == End::Complete
        && transcript.events.len() >= 3
        && ends_together
        && first.at >= COLLECTED
    {
        return Ok(Verdict::fail(
            format!(
                "{} events came all at once, {:.1} s after the request, and then the stream ended",
                transcript.events.len(),
                std::time::Duration::from_micros(first.at).as_secs_f64()
            ),
            "each event when it happens",
        ));
    }
    if let Some(size) = arrivals::buffer(arrivals, &transcript) {
        return Ok(Verdict::fail_at(
            format!(
                "events come in pieces of {size} bytes that end in the middle of an event, with pauses in between: a buffer is filled before it is sent"
            ),
            "each event when it happens",
            transcript.bytes(),
            size,
        ));
    }
    if let Some(event) = arrivals::one_behind(arrivals, &transcript) {
        return Ok(Verdict::fail_at(
            "the last line end of an event comes together with the next event, which may be long in coming",
            "the blank line right behind the event, in the same write",
            transcript.bytes(),
            event,
        ));
    }
    if let Some(lumps) = arrivals::lumps(&transcript.events) {
        let (events, every) = (lumps.events, lumps.every.as_secs_f64());
        return Ok(match lumps.apart {
            Some(apart) => Verdict::fail(
                format!(
                    "events come {events} at once every {every:.1} s, and by the times in their data they are {:.1} s apart",
                    apart.as_secs_f64()
                ),
                "each event when it happens",
            ),
            None => Verdict::Note(format!(
                "events come {events} at once every {every:.1} s: if they did not happen together, something holds them back"
            )),
        });
    }
    let times: Vec<_> = transcript.events.iter().map(|event| event.at).collect();
    if times
        .windows(2)
        .any(|pair| pair[1].saturating_sub(pair[0]) >= APART)
    {
        return Ok(Verdict::Pass);
    }
    NotObserved::because(format!(
        "all {} events came within {:.1} s; whether they were held back cannot be told",
        times.len(),
        std::time::Duration::from_micros(last.at.saturating_sub(first.at)).as_secs_f64()
    ))
}

/// Each event of a script that is silent behind each can be read before the next is due. The last attempt counts: it was silent for longest.
fn replayed(seen: &Observation) -> Judgement {
    seen.stream("whole")?;
    let mut attempts = seen
        .exchanges
        .iter()
        .filter(|exchange| exchange.name.starts_with("flush-"));
    let Some(last) = attempts.next_back() else {
        return NotObserved::because("no script with silence in it was sent");
    };
    Ok(match delivery::is_flushed(last)? {
        None => Verdict::Pass,
        Some(held) => Verdict::fail_at(
            format!(
                "event {} of a script that is silent for {:.1} s behind each came {:.1} s after the request, together with what follows it",
                held.event,
                held.silence.as_secs_f64(),
                held.at.as_secs_f64()
            ),
            "each event before the next is due",
            &last.response()?.body.bytes,
            held.offset,
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    const EVENT: &[u8] = b"data: x\n\n";

    fn complete(evidence: Evidence, ended_ms: u64) -> Observation {
        let ended = |response: &mut crate::observation::Response| {
            response.end = End::Complete;
            response.ended_at = ended_ms * 1_000;
        };
        evidence.with(ended).observation(Probe::Connect)
    }

    /// What is said of `text` if it comes in pieces of these sizes, so many milliseconds apart.
    fn in_pieces(text: &str, sizes: &[usize], pause: u64) -> &'static str {
        let mut left = text.as_bytes();
        let mut seen = Evidence::of(b"");
        for (size, number) in sizes.iter().zip(1..) {
            let (piece, rest) = left.split_at(*size);
            seen = seen.then(piece, number * pause);
            left = rest;
        }
        named(chunking(&seen.observation(Probe::Connect)))
    }

    #[test]
    fn a_buffer_shows_by_where_it_is_cut() {
        let events: String = (0..200)
            .map(|number| format!("data: event {number} of many\n\n"))
            .collect();
        let in_pieces = |sizes: &[usize], pause| in_pieces(&events, sizes, pause);
        assert_eq!(in_pieces(&[1000, 1000, 1000, 1000], 500), "fail");
        assert_eq!(in_pieces(&[1000, 2000, 1000, 300], 500), "fail");
        assert_eq!(in_pieces(&[1000, 1000, 1000, 1000], 2), "not observed");
        assert_eq!(in_pieces(&[1000, 1000, 1001, 1000], 500), "pass");
        assert_eq!(in_pieces(&[1000, 1000, 1000], 500), "pass");
    }

    #[test]
    fn a_proxy_that_passes_on_whole_pages_keeps_the_end_of_each_event() {
        let events = format!("data: {}\n\n", "x".repeat(9_000)).repeat(8);
        let in_pieces = |sizes: &[usize]| in_pieces(&events, sizes, 400);
        let pages = [8_049, 8_184, 8_184, 8_184, 12_280, 8_184];
        assert_eq!(in_pieces(&pages), "fail");
        assert_eq!(in_pieces(&[9_008; 6]), "pass");
        assert_eq!(
            in_pieces(&[8_049, 8_184, 8_184, 8_300, 12_280, 8_184]),
            "pass"
        );
    }

    #[test]
    fn only_what_was_collected_fails() {
        let collected = Evidence::of(b"").then(&EVENT.repeat(3), 2_000);
        assert_eq!(named(chunking(&complete(collected, 2_010))), "fail");
        let quick = Evidence::of(b"").then(&EVENT.repeat(3), 300);
        assert_eq!(named(chunking(&complete(quick, 310))), "not observed");
        let flowing = Evidence::of(EVENT).then(EVENT, 500);
        assert_eq!(
            named(chunking(&flowing.observation(Probe::Connect))),
            "pass"
        );
        let replayed_and_open = Evidence::of(b"").then(&EVENT.repeat(5), 2_000);
        assert_eq!(
            named(chunking(&replayed_and_open.observation(Probe::Connect))),
            "not observed"
        );
    }
}
