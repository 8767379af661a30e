//! Data that ends in a line end arrives with it.
//!
//! ## Why it matters
//!
//! A client takes away the last line feed of the data, because every `data` line brings one. So text that ends in a line feed needs one more,
//! empty, `data` line. Without it a file, a diff or a chunk of generated text comes out a line short.
//!
//! ## How to fix
//!
//! Split the text at its line ends and write a line for every part, for the empty one at the end too: `x\n` is `data: x` and `data:`.

use sse_fixtures::ScriptStep;

use crate::check::{Check, Judgement, Probe, Role};
use crate::observation::Observation;
use crate::script::{self, Fault};

pub(crate) const CHECK: Check = Check {
    requirement: "lint/trailing-newline",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: trailing_newline,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "lint/trailing-newline",
    roles: &[Role::Server],
    probe: Probe::HubTexts,
    judge: trailing_newline,
};

fn trailing_newline(seen: &Observation) -> Judgement {
    script::judge(seen, Fault::TrailingNewline, about)
}

fn about(step: &ScriptStep) -> bool {
    matches!(step, ScriptStep::Event { data: Some(data), .. } if data.ends_with(['\r', '\n']))
}
