//! What cannot be sent is refused; nothing is changed or dropped without a word.
//!
//! A type or an id with a line end, or an id with NUL, cannot be expressed. To cut the character out, to drop the field or the event, or to break the
//! response are ways to lose it in silence. And text that only looks unusual has to arrive unchanged: U+2028, NEL, VT and FF are not line ends
//! here, an empty id and a `retry` of 0 are values, and a step without data is no event. Of CR and CRLF in data a client sees a line feed: that
//! the format cannot say which it was is no fault of the encoder, but one line end must not become two.
//!
//! ## Why it matters
//!
//! Two ids that differ in what was cut out become one, and the client resumes in the wrong place. Text that is split at U+2028 is no longer the
//! text. The author of the event does not learn of it.
//!
//! ## How to fix
//!
//! Return an error to the caller. Split data at CRLF, LF and CR only, never with a function that knows more line ends, such as `splitlines()`.
//! Ask whether a field is there, not whether it is truthy.

use crate::check::{Check, Judgement, Probe, Role};
use crate::observation::Observation;
use crate::script::{self, Fault};

pub(crate) const CHECK: Check = Check {
    requirement: "lint/silent-change",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: silent_change,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "lint/silent-change",
    roles: &[Role::Server],
    probe: Probe::HubTexts,
    judge: silent_change,
};

fn silent_change(seen: &Observation) -> Judgement {
    script::judge(seen, Fault::SilentChange, |_| true)
}
