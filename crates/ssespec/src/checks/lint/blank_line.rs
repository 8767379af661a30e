//! A blank line stands behind each event, so that two of them do not become one.
//!
//! The lines up to a blank one are one event: their data is joined, and of two ids or two types the last one counts.
//!
//! ## Why it matters
//!
//! With a single line end behind each event a client dispatches nothing, or several events as one: the parser is right, the JSON in it cannot be read,
//! and of the ids all but one are gone.
//!
//! ## How to fix
//!
//! End each event with two line ends. An encoder does that; look at string templates, and at what a gateway does when it joins pieces.

use sse_parser::{FieldName, Line};

use crate::arrivals;
use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict, who_comes_back};
use crate::observation::Observation;
use crate::transcript::{Block, Transcript};

pub(crate) const CHECK: Check = Check {
    requirement: "lint/blank-line",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: blank_line,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "lint/blank-line",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, blank_line),
};

/// So many lines of data that came apart from each other, each with its end, were events to who wrote them.
const LINE_BY_LINE: usize = 5;

/// So many lines of data that came one after the other, and never a blank one, are more than an event that is still being sent.
const APART: usize = 3;

fn blank_line(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    for block in &transcript.blocks {
        if let Some((what, offset)) = joined(&transcript, block) {
            return Ok(Verdict::fail_at(
                format!("{what} in one event: no blank line stands between them"),
                "a blank line behind each event",
                transcript.bytes(),
                offset,
            ));
        }
    }
    if transcript.events.is_empty() {
        return NotObserved::because("no event came");
    }
    Ok(Verdict::Pass)
}

/// What stands in `block` that belongs to several events, and where the first of them begins.
fn joined(transcript: &Transcript<'_>, block: &Block) -> Option<(String, usize)> {
    let (mut ids, mut types, mut data, mut values) = (0, 0, 0, 0);
    let (mut last_is_value, mut all_whole) = (true, true);
    let mut arrivals = Vec::new();
    for line in transcript.lines_of(block) {
        let Line::Field { name, value } = line.line else {
            continue;
        };
        match FieldName::of(name) {
            FieldName::Id => ids += 1,
            FieldName::Event => types += 1,
            FieldName::Data => {
                data += 1;
                last_is_value = is_object(value);
                values += usize::from(last_is_value);
                let at = transcript.arrived_at(line.next - 1);
                all_whole &= at == transcript.arrived_at(line.offset);
                arrivals.push(at);
            }
            FieldName::Retry | FieldName::Unknown => {}
        }
    }
    let line_by_line = arrivals::one_after_the_other(&arrivals);
    let all_apart = all_whole && data >= LINE_BY_LINE && line_by_line == data;
    arrivals.dedup();
    let what = if ids > 1 && data > 1 {
        format!("{ids} ids")
    } else if types > 1 && data > 1 {
        format!("{types} types")
    } else if values > 1 && (values == data || values + 1 == data && !last_is_value) {
        // Such as [DONE].
        format!("{values} values of JSON")
    } else if all_apart && block.closed && transcript.events.len() == 1
        || transcript.events.is_empty() && !block.closed && arrivals.len() >= APART
    {
        format!("{data} lines of data that came one after the other")
    } else {
        return None;
    };
    Some((what, block.start))
}

/// Whether `value` is a whole JSON object, so that a second one behind it makes no sense of both.
fn is_object(value: &[u8]) -> bool {
    value.trim_ascii().starts_with(b"{")
        && serde_json::from_slice::<serde::de::IgnoredAny>(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn of(seen: Evidence) -> &'static str {
        named(blank_line(&seen.observation(Probe::Connect)))
    }

    #[test]
    fn what_belongs_to_several_events_is_told_from_what_belongs_to_one() {
        for joined in [
            &b"id: 1\ndata: a\nid: 2\ndata: b\n\n"[..],
            b"event: a\ndata: a\nevent: b\ndata: b\n",
            b"data: {\"a\": 1}\ndata: {\"b\": 2}\n\n",
        ] {
            assert_eq!(of(Evidence::of(joined)), "fail");
        }
        for one in [
            &b"id: 1\ndata: a\ndata: b\n\nid: 2\ndata: c\n\n"[..],
            b"data: {\ndata: \"a\": 1}\n\n",
            b"data: {}\n\n",
            b"data: [1]\ndata: [2]\n\n",
            // An id that is set twice, and no data that is torn by it.
            b"id: 1\nid: 2\ndata: a\n\n",
        ] {
            assert_eq!(of(Evidence::of(one)), "pass");
        }
        let drops = ["data: a\n", "data: b\n", "data: c\n"];
        let times = (1..).map(|second| second * 1_000);
        let dropping = drops
            .iter()
            .zip(times)
            .fold(Evidence::of(b""), |seen, (line, at)| {
                seen.then(line.as_bytes(), at)
            });
        assert_eq!(of(dropping), "fail");
        assert_eq!(of(Evidence::of(drops.concat().as_bytes())), "not observed");
    }
}
