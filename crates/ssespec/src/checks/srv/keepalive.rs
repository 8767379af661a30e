//! An idle stream is kept alive with a comment about every 15 seconds.
//!
//! The standard says "every 15 seconds or so": more than 20 seconds without a byte is a finding, or more than the profile says. A stream that is
//! watched for less time than that, with no comment between its events, shows nothing: `--for 30s` looks longer.
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

/// The longest silence, in microseconds, where no profile says otherwise: the standard says "every 15 seconds or so", and this leaves room for the
/// "or so".
const LONGEST: u64 = 20_000_000;

fn keepalive(seen: &Observation) -> Judgement {
    let response = seen.stream("stream")?;
    let longest = seen.facts.get("longest-silence");
    let longest = longest
        .and_then(|micros| micros.parse().ok())
        .unwrap_or(LONGEST);
    let (silence, from) = longest_silence(response);
    if silence > longest {
        return Ok(Verdict::fail(
            format!(
                "{:.1} s of silence, {:.1} s after the request",
                seconds(silence),
                seconds(from)
            ),
            if longest == LONGEST {
                "a comment about every 15 s while there is nothing else to send".to_owned()
            } else {
                format!(
                    "a comment at least every {:.0} s while there is nothing else to send, as the profile asks",
                    seconds(longest)
                )
            },
        ));
    }
    let watched = response.lasted();
    if watched > longest || has_comment_alone(&Transcript::of(response)) {
        return Ok(Verdict::Pass);
    }
    NotObserved::because(format!(
        "watched for {:.1} s without a silence of {:.0} s; --for {:.0}s would show more",
        seconds(watched),
        seconds(longest),
        seconds(longest + longest / 2)
    ))
}

/// Whether a comment stands between events, where it has no purpose but to keep the stream alive. When it came does not matter: a machine that is
/// busy reads it together with what follows. One at the start is a welcome, and one in front of a field belongs to it.
fn has_comment_alone(transcript: &Transcript<'_>) -> bool {
    let first_event = transcript.events.first().map(|event| event.offset);
    let mut comments = Vec::new();
    let mut lines = transcript.lines().peekable();
    let mut in_block = false;
    while let Some(line) = lines.next() {
        match line.line {
            Line::Blank => in_block = false,
            Line::Field { .. } => in_block = true,
            Line::Comment(comment) => {
                let next = lines.peek().map(|next| next.line);
                if in_block || matches!(next, Some(Line::Field { .. })) {
                    continue;
                }
                if first_event.is_some_and(|first| line.offset > first)
                    || comments.contains(&comment)
                {
                    return true;
                }
                if comments.len() < MOST_WELCOMES {
                    comments.push(comment);
                }
            }
        }
    }
    false
}

/// So many different comments in front of the first event are remembered.
const MOST_WELCOMES: usize = 16;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn of(body: &[u8]) -> &'static str {
        named(keepalive(
            &Evidence::of(body)
                .with(|response| response.ended_at = 2_000_000)
                .observation(Probe::Connect),
        ))
    }

    #[test]
    fn a_comment_counts_where_it_stands_and_not_when_it_came() {
        assert_eq!(of(b"data: a\n\n: ping\n\ndata: b\n\n"), "pass");
        assert_eq!(of(b":\n\n:\n\n"), "pass");
        assert_eq!(
            of(b"retry: 1000\n\n: connected\n\ndata: a\n\n"),
            "not observed"
        );
        assert_eq!(of(b"data: a\n\n: about b\ndata: b\n\n"), "not observed");
        assert_eq!(of(b"data: a\n: inside\n\n"), "not observed");
    }

    #[test]
    fn a_profile_may_allow_a_longer_silence() {
        let mut seen = Evidence::of(b"data: a\n\n")
            .then(b"data: b\n\n", 30_000)
            .with(|response| response.ended_at = 50_000_000)
            .observation(Probe::Connect);
        assert_eq!(named(keepalive(&seen)), "fail");
        seen.facts
            .insert("longest-silence".to_owned(), "45000000".to_owned());
        assert_eq!(named(keepalive(&seen)), "pass");
    }
}
