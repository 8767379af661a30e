//! The stream is well-formed UTF-8.
//!
//! All bytes of the stream are looked at, and the first sequence that is ill-formed is shown. A character that is cut off where the stream was left
//! is not counted.
//!
//! ## Why it matters
//!
//! Clients replace each ill-formed sequence with U+FFFD and go on, so text is damaged without an error; some parsers give up on the whole stream.
//! It comes from Latin-1 data, from text cut in the middle of a character, and from binary data in a `data` field.
//!
//! ## How to fix
//!
//! Encode text as UTF-8 once, at the edge. Cut text at characters and not at bytes. Send binary data as base64.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict, who_comes_back};
use crate::observation::{End, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/utf8",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: utf8,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "srv/utf8",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, utf8),
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "srv/utf8",
    roles: &[Role::Server, Role::Encoder],
    probe: Probe::Script,
    judge: |seen| crate::script::each(seen, utf8),
};

fn utf8(seen: &Observation) -> Judgement {
    let response = seen.stream("stream")?;
    let bytes = &response.body.bytes;
    if bytes.is_empty() {
        return NotObserved::because("not one byte came");
    }
    if let Some(coding) = utf16(bytes) {
        return Ok(Verdict::fail_at(
            format!("every other byte is NULL: this is {coding}"),
            "UTF-8 in all of the stream",
            bytes,
            0,
        ));
    }
    let Err(error) = std::str::from_utf8(bytes) else {
        return Ok(Verdict::Pass);
    };
    // A character may go on in what we did not read.
    if error.error_len().is_none() && response.end != End::Complete {
        return Ok(Verdict::Pass);
    }
    let at = error.valid_up_to();
    let length = error.error_len().unwrap_or(bytes.len() - at);
    let sequence: Vec<_> = bytes[at..at + length]
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    // Shown from a little before, so that the place can be found in the text.
    let from = bytes[..at]
        .iter()
        .rposition(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(0, |end| end + 1);
    Ok(Verdict::fail_at(
        format!("ill-formed UTF-8 at byte {at}: {}", sequence.join(" ")),
        "UTF-8 in all of the stream",
        bytes,
        from.max(at.saturating_sub(40)),
    ))
}

/// Text in ASCII that is encoded as UTF-16, which is well-formed UTF-8 by its bytes: with NULL beside each of them, also its line ends, there is not
/// one field in it.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    let (pairs, _) = bytes.as_chunks::<2>();
    if pairs.len() < FEW {
        return None;
    }
    let all = |wanted: fn(&[u8; 2]) -> bool| pairs.iter().all(wanted);
    if all(|[low, high]| *low != 0 && *high == 0) {
        Some("UTF-16 in little-endian")
    } else if all(|[high, low]| *high == 0 && *low != 0) {
        Some("UTF-16 in big-endian")
    } else {
        None
    }
}

/// So many characters tell how they are encoded.
const FEW: usize = 16;
