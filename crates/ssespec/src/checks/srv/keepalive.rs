//! An idle stream is kept alive with a comment about every 15 seconds.
//!
//! ## Why it matters
//!
//! Proxies and load balancers cut connections on which nothing moves, often after 60 seconds, some after 30. And without traffic neither side
//! learns that the other one is gone.
//!
//! ## How to fix
//!
//! When nothing was sent for 15 seconds, send a comment: a line that begins with a colon, such as `:` and a line feed. Send it between events,
//! never inside of one.

use sse_parser::Line;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Observation, Response};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/keepalive",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: keepalive,
};

/// The longest silence, in microseconds: the standard says "every 15 seconds or so", and this leaves room for the "or so".
const LONGEST: u64 = 20_000_000;

fn keepalive(seen: &Observation) -> Judgement {
    let response = seen.stream("stream")?;
    let (silence, from) = longest_silence(response);
    if silence > LONGEST {
        return Ok(Verdict::fail(
            format!(
                "{:.1} s of silence, {:.1} s after the request",
                seconds(silence),
                seconds(from)
            ),
            "a comment about every 15 s while there is nothing else to send",
        ));
    }
    // A comment that came by itself, after some silence, is what keeps an idle stream alive.
    let transcript = Transcript::of(response);
    let alone = transcript
        .lines()
        .filter(|line| matches!(line.line, Line::Comment(_)))
        .find(|line| begins_an_arrival(response, line.offset));
    match alone {
        Some(_) => Ok(Verdict::Pass),
        None if seconds(response.ended_at - response.head_at) > seconds(LONGEST) => {
            Ok(Verdict::Pass)
        }
        None => NotObserved::because(format!(
            "watched for {:.1} s without a silence of {:.0} s; --for 30s would show more",
            seconds(response.ended_at - response.head_at),
            seconds(LONGEST)
        )),
    }
}

/// Whether what came before the byte at `offset` came in another piece.
fn begins_an_arrival(response: &Response, offset: usize) -> bool {
    let arrivals = &response.body.arrivals;
    let before = arrivals.partition_point(|arrival| arrival.end < offset);
    arrivals
        .get(before)
        .is_some_and(|arrival| arrival.end == offset)
}

/// The longest time without a byte, and when it began, in microseconds.
fn longest_silence(response: &Response) -> (u64, u64) {
    let mut last = response.head_at;
    let mut longest = (0, last);
    for at in response
        .body
        .arrivals
        .iter()
        .map(|arrival| arrival.at)
        .chain([response.ended_at])
    {
        longest = longest.max((at.saturating_sub(last), last));
        last = at;
    }
    longest
}

fn seconds(micros: u64) -> f64 {
    std::time::Duration::from_micros(micros).as_secs_f64()
}
