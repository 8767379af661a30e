//! A value that begins with a space arrives with it.
//!
//! ## Why it matters
//!
//! A client takes away one space behind the colon. An encoder that writes none, or that trims the text, loses the first space of every line of
//! data: words of generated text run together, and indented text loses its form.
//!
//! ## How to fix
//!
//! Write `data: ` with a space before every line, and do not trim.

use sse_fixtures::ScriptStep;

use crate::check::{Check, Judgement, Probe, Role};
use crate::observation::Observation;
use crate::script::{self, Fault};

pub(crate) const CHECK: Check = Check {
    requirement: "lint/leading-space",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: leading_space,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "lint/leading-space",
    roles: &[Role::Server],
    probe: Probe::HubTexts,
    judge: leading_space,
};

fn leading_space(seen: &Observation) -> Judgement {
    script::judge(seen, Fault::LeadingSpace, about)
}

fn about(step: &ScriptStep) -> bool {
    script::texts(step).any(|(name, text)| {
        name != "comment" && text.split(['\r', '\n']).any(|line| line.starts_with(' '))
    })
}
