//! There is no byte order mark inside of the stream.
//!
//! One at the very start is removed by clients and does no harm.
//!
//! ## Why it matters
//!
//! Anywhere else it is text: in front of `data` it makes a field of an unknown name, and the line is ignored. It gets there when parts are joined
//! that were each encoded as a file of their own.
//!
//! ## How to fix
//!
//! Encode as UTF-8 without a byte order mark: `new UTF8Encoding(false)`, `encoding="utf-8"` and not `utf-8-sig`.

use crate::check::{Check, Judgement, Probe, Role, Verdict, who_comes_back};
use crate::observation::Observation;
use crate::transcript::{BOM, Transcript};

pub(crate) const CHECK: Check = Check {
    requirement: "lint/bom",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: bom,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "lint/bom",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, bom),
};

fn bom(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    transcript.require_lines()?;
    let bytes = transcript.bytes();
    if let Some(line) = transcript
        .lines()
        .find(|line| bytes[line.offset..].starts_with(BOM))
    {
        return Ok(Verdict::fail_at(
            "a line begins with a byte order mark, so clients do not know its field",
            "none but at the start of the stream",
            bytes,
            line.offset,
        ));
    }
    Ok(if bytes.starts_with(BOM) {
        Verdict::Note("the stream begins with a byte order mark: clients remove it".to_owned())
    } else {
        Verdict::Pass
    })
}
