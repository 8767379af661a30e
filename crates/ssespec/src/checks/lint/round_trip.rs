//! An ordinary event arrives as it was given: once, in its place, with its type, id, data and reconnection time.
//!
//! The target writes the events of all fixtures with its own encoder, and what a client reads of them is compared. What the framework adds of its
//! own is no fault: comments, a `retry` at the start, an id where none was given. Nor is the form: a space behind the colon, CRLF, the order of
//! the fields.
//!
//! ## Why it matters
//!
//! Data that is put into quotes, cut, joined or encoded twice is of no use to whoever reads it. And a server that refuses ordinary text is of no use to
//! whoever writes it. A framework that is said to have no way to write some plain data, such as text where it only writes JSON, is neither
//! passed nor failed: that is reported as *unsupported*.
//!
//! ## How to fix
//!
//! Give the text to the encoder as it is, and let it write one `data` line for each line. `retry` is in milliseconds.

use crate::check::{Check, Judgement, Probe, Role};
use crate::observation::Observation;
use crate::script::{self, Fault};

pub(crate) const CHECK: Check = Check {
    requirement: "lint/round-trip",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: round_trip,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "lint/round-trip",
    roles: &[Role::Server],
    probe: Probe::HubTexts,
    judge: round_trip,
};

fn round_trip(seen: &Observation) -> Judgement {
    script::judge(seen, Fault::RoundTrip, |_| true)
}
