//! Every named event has data.
//!
//! A block without a `data` field dispatches nothing, whatever its type is. A block that only sets `id` or `retry`, or only comments, is meant so.
//!
//! ## Why it matters
//!
//! `event: done` and a blank line look like an event and are none: no listener is ever called. It is the usual reason for a client that waits
//! for an end that was sent.
//!
//! ## How to fix
//!
//! Send an empty `data:` line with it.

use sse_fixtures::ScriptStep;
use sse_parser::{FieldName, Line};

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict, who_comes_back};
use crate::escape;
use crate::observation::Observation;
use crate::script::{self, Fault};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/empty-data",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: empty_data,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "lint/empty-data",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, empty_data),
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "lint/empty-data",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: replayed,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "lint/empty-data",
    roles: &[Role::Server],
    probe: Probe::HubTexts,
    judge: replayed,
};

fn empty_data(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    let mut closed = 0;
    for block in transcript.blocks.iter().filter(|block| block.closed) {
        closed += 1;
        let mut name = None;
        let mut has_data = false;
        for line in transcript.lines_of(block) {
            if let Line::Field { name: field, value } = line.line {
                match FieldName::of(field) {
                    FieldName::Data => has_data = true,
                    FieldName::Event if !value.is_empty() => name = Some(value),
                    _ => {}
                }
            }
        }
        if let (Some(name), false) = (name, has_data) {
            return Ok(Verdict::fail_at(
                format!(
                    "the event {:?} has no data, so it never fires",
                    escape::excerpt(name, 40)
                ),
                "a data field, which may be empty",
                transcript.bytes(),
                block.start,
            ));
        }
    }
    if closed == 0 {
        return NotObserved::because("not one block was complete");
    }
    Ok(Verdict::Pass)
}

/// An event with empty data comes.
fn replayed(seen: &Observation) -> Judgement {
    script::judge(
        seen,
        Fault::EmptyData,
        |step| matches!(step, ScriptStep::Event { data: Some(data), .. } if data.is_empty()),
    )
}
