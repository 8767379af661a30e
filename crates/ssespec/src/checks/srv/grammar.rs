//! A stream that ends by itself ends with a blank line.
//!
//! It is only seen of a stream that ends by itself while it is watched, and of scripts that a replay endpoint plays. A comment without a line end
//! behind it harms nobody.
//!
//! ## Why it matters
//!
//! At the end of a stream clients throw away what no blank line has dispatched: the last event, with its id, is lost, and it is often the one that
//! says that everything is done.
//!
//! ## How to fix
//!
//! Write every event with the blank line behind it, the last one too, and flush before the response is ended.

use sse_parser::Line;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{End, Observation};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/grammar",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: grammar,
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "srv/grammar",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: |seen| crate::script::each(seen, grammar),
};

fn grammar(seen: &Observation) -> Judgement {
    let response = seen.stream("stream")?;
    if response.end != End::Complete {
        return NotObserved::because("the stream did not end by itself");
    }
    let transcript = Transcript::of(response);
    let unterminated = transcript
        .lines()
        .last()
        .filter(|line| line.end_of_line.is_none() && !matches!(line.line, Line::Comment(_)));
    match (transcript.pending(), unterminated) {
        (None, None) => Ok(match transcript.lines().last() {
            Some(last) if matches!(last.line, Line::Comment(_)) => Verdict::Note(
                "the stream ends behind a comment without a blank line, which the grammar asks for; nothing is lost by it"
                    .to_owned(),
            ),
            _ => Verdict::Pass,
        }),
        (Some(block), None) => Ok(Verdict::fail_at(
            "the stream ends without a blank line behind its last fields, which are lost",
            "a blank line behind the last event",
            transcript.bytes(),
            block.start,
        )),
        (pending, Some(line)) => Ok(Verdict::fail_at(
            "the stream ends in the middle of a line; it is lost, with the fields before it",
            "an end of the last line, and a blank line behind it",
            transcript.bytes(),
            pending.map_or(line.offset, |block| block.start),
        )),
    }
}
