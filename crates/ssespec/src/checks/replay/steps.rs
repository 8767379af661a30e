//! A replay endpoint says which steps it refuses and which it cannot express, each with its index.
//!
//! A step that the framework has no way to express is no fault; it is told as unsupported, and what it would have shown is not judged.
//!
//! ## Why it matters
//!
//! A refusal with the wrong index cannot be told from one of another step, and what is reported as tested was not.
//!
//! ## How to fix
//!
//! Send `event: ssespec-refused`, or `event: ssespec-unsupported`, with the index of the step in the script as data, counted from 0 and with the waits
//! counted too; then go on with the next step. Leave steps out only if the request has a `Last-Event-ID`. Keep silent for as long as `wait_ms` says.

use std::collections::BTreeSet;

use sse_fixtures::ScriptStep;

use crate::check::{Check, Judgement, Probe, Role, Verdict};
use crate::observation::Observation;
use crate::script::{self, Fault};

pub(crate) const CHECK: Check = Check {
    requirement: "replay/steps",
    roles: &[Role::Server],
    probe: Probe::Script,
    judge: steps,
};

fn steps(seen: &Observation) -> Judgement {
    let judged = script::judge(seen, Fault::WrongIndex, |_| true)?;
    if let Some(body) = script::skips_to_empty_id(seen) {
        return Ok(Verdict::fail_at(
            "what stands up to a step with an empty id is left out, although the request has no Last-Event-ID",
            "each step: a header that is missing is not an empty one",
            body,
            0,
        ));
    }
    let unsupported: BTreeSet<_> = script::unsupported(seen).iter().map(form).collect();
    if matches!(judged, Verdict::Fail(_)) || unsupported.is_empty() {
        return Ok(judged);
    }
    let forms: Vec<_> = unsupported.into_iter().collect();
    Ok(Verdict::Unsupported(format!(
        "the framework has no way to express: {}",
        forms.join("; ")
    )))
}

/// What a step asks for.
fn form(step: &ScriptStep) -> String {
    match step {
        ScriptStep::Comment(_) => "a comment".to_owned(),
        ScriptStep::Wait(_) => "a wait".to_owned(),
        ScriptStep::Event {
            event,
            id,
            retry,
            data,
        } => {
            let fields = [
                ("event", event.is_some()),
                ("id", id.is_some()),
                ("retry", retry.is_some()),
                ("data", data.is_some()),
            ];
            let given: Vec<_> = fields
                .iter()
                .filter(|(_, given)| *given)
                .map(|(name, _)| *name)
                .collect();
            given.join(" with ")
        }
    }
}
