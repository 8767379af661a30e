//! Ids can be sent back in a header.
//!
//! An `id` with NULL in it is ignored, and an empty one takes back the one before: once that is a way to say that there is nothing to go on from, again
//! and again it is an accident, such as a keep-alive with an empty id. Control characters, and spaces at the ends, cannot be carried by
//! a header field. An id of more than 128 bytes is told in a note.
//!
//! ## Why it matters
//!
//! The client comes back with another id than the one it was given, or with none, and resumes in the wrong place.
//!
//! ## How to fix
//!
//! Give out short ids of letters, digits, `-`, `_` and `.`. What else has to be in them can be encoded in base64url.

use sse_fixtures::ScriptStep;
use sse_parser::{FieldName, Line};

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict, who_comes_back};
use crate::observation::Observation;
use crate::script::{self, Fault};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/id-nul",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: id_nul,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "lint/id-nul",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, id_nul),
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "lint/id-nul",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: replayed,
};

pub(crate) const PUBLISHED: Check = Check {
    requirement: "lint/id-nul",
    roles: &[Role::Server],
    probe: Probe::HubTexts,
    judge: replayed,
};

/// From more bytes on an id is long: the most that a header may have which a page sets without asking first,
/// <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>.
const LONG: usize = 128;

fn id_nul(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    let (mut empty, mut others) = (Vec::new(), 0);
    let mut note = None;
    for line in transcript.lines() {
        let Line::Field { name, value } = line.line else {
            continue;
        };
        if FieldName::of(name) != FieldName::Id || line.end_of_line.is_none() {
            continue;
        }
        match value {
            [] => empty.push(line.offset),
            _ => others += 1,
        }
        if let Some(fault) = fault(value) {
            return Ok(Verdict::fail_at(
                fault,
                "an id of visible characters",
                transcript.bytes(),
                line.offset,
            ));
        }
        if value.len() > LONG {
            note = Some(
                "ids of more than 128 bytes: other limits than those of this server may apply on the way",
            );
        }
    }
    match (empty.as_slice(), others) {
        ([], 0) => return NotObserved::because("there is no id in the stream"),
        ([first, _, ..], others) => {
            let seen = match others {
                0 => format!("{} ids, and all of them are empty", empty.len()),
                _ => format!(
                    "{} ids are empty: each takes back the one before, and who loses the connection behind it comes back without any",
                    empty.len()
                ),
            };
            return Ok(Verdict::fail_at(
                seen,
                "an id for each event, or no id field",
                transcript.bytes(),
                *first,
            ));
        }
        _ => {}
    }
    Ok(note.map_or(Verdict::Pass, |note| Verdict::Note(note.to_owned())))
}

/// What no header field can carry: <https://fetch.spec.whatwg.org/#header-value>, and more of the controls in practice.
fn fault(id: &[u8]) -> Option<String> {
    if id.contains(&0) {
        return Some("an id with NULL in it, which clients ignore".to_owned());
    }
    if let Some(control) = id
        .iter()
        .find(|byte| byte.is_ascii_control() && **byte != b'\t')
    {
        return Some(format!(
            "an id with the control character U+{control:04X} in it"
        ));
    }
    let blank = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    if blank(id.first()) || blank(id.last()) {
        return Some(
            "an id with white space at its start or end, which a header field loses".to_owned(),
        );
    }
    None
}

/// NUL in an id is refused, or taken away.
fn replayed(seen: &Observation) -> Judgement {
    script::judge(
        seen,
        Fault::IdNul,
        |step| matches!(step, ScriptStep::Event { id: Some(id), .. } if id.contains('\0')),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn ids_are_told_apart() {
        let judged = |id: &str| {
            let body = format!("id: {id}\ndata: x\n\n");
            named(id_nul(
                &Evidence::of(body.as_bytes()).observation(Probe::Connect),
            ))
        };
        for (id, verdict) in [
            ("1", "pass"),
            ("", "pass"),
            ("2026-01-01T00.00", "pass"),
            ("\u{e9}", "pass"),
            ("a\0b", "fail"),
            ("a\u{7}b", "fail"),
            ("a ", "fail"),
            (" a", "fail"),
            ("a:1", "pass"),
            (&"a".repeat(129), "note"),
        ] {
            assert_eq!(judged(id), verdict, "{id:?}");
        }
        let (empty, taken_back) = (
            "\ndata: y\n\nid:\ndata: z",
            "7\ndata: y\n\nid:\ndata: z\n\nid:",
        );
        assert_eq!(judged(empty), "fail");
        assert_eq!(judged(taken_back), "fail");
    }
}
