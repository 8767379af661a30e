//! Lines end with LF, CRLF or CR, and with nothing that only looks like it.
//!
//! All three may be mixed. A backslash and an `n`, or U+2028 LINE SEPARATOR, are text.
//!
//! It is a finding only where the stream has no event at all, and such text stands where a line should end. Different line ends in one stream are
//! told in a note.
//!
//! ## Why it matters
//!
//! A stream whose line ends were escaped, by a second JSON encoding or by single quotes in a shell or in PHP, is one endless line: the connection
//! is open, bytes flow, and no event ever fires.
//!
//! ## How to fix
//!
//! Write the bytes 0x0A 0x0A behind an event. Choose one line end and stay with it.

use sse_parser::{EndOfLine, Line};

use crate::check::{Check, Judgement, Probe, Role, Verdict, who_comes_back};
use crate::observation::{Body, Observation};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/eol",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: eol,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "srv/eol",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, eol),
};

/// What stands where a line end should, in front of a field. The first is a backslash and an n.
const LOOK_ALIKES: [(&[u8], &str); 4] = [
    (b"\\n", "a backslash and an n"),
    (b"\\r\\n", "an escaped CRLF"),
    (b"\xE2\x80\xA8", "U+2028"),
    (b"\xC2\x85", "U+0085"),
];

fn eol(seen: &Observation) -> Judgement {
    let response = seen.stream("stream")?;
    let transcript = Transcript::of(response);
    transcript.require_lines()?;
    // Text may well speak of "\n\ndata:", so this is only said of a stream from which nothing is dispatched.
    if transcript.events.is_empty() {
        for line in transcript.lines() {
            let value = match line.line {
                Line::Field { value, .. } => value,
                Line::Comment(text) => text,
                Line::Blank => continue,
            };
            if let Some((at, what)) = look_alike(value) {
                let start =
                    line.offset + (line.next - line.offset).saturating_sub(value.len()) + at;
                return Ok(Verdict::fail_at(
                    format!("{what} where the line should end, so that there are no events"),
                    "LF, CRLF or CR",
                    transcript.bytes(),
                    start
                        .min(transcript.bytes().len())
                        .saturating_sub(20)
                        .max(line.offset),
                ));
            }
        }
    }
    let unended = transcript.lines().last();
    let unended = unended.filter(|line| line.end_of_line.is_none());
    if let Some(line) = unended.filter(|_| transcript.events.is_empty())
        && fields_that_begin(&response.body, line.offset) >= FIELDS
    {
        return Ok(Verdict::fail_at(
            "field after field comes, and not one line end, so that there are no events",
            "LF, CRLF or CR behind each field",
            transcript.bytes(),
            line.offset,
        ));
    }
    let count = |kind| {
        transcript
            .lines()
            .filter(|line| line.end_of_line == Some(kind))
            .count()
    };
    let counts = [
        ("LF", count(EndOfLine::Lf)),
        ("CRLF", count(EndOfLine::CrLf)),
        ("CR", count(EndOfLine::Cr)),
    ];
    let used: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    if used.len() < 2 {
        return Ok(Verdict::Pass);
    }
    let told: Vec<_> = used
        .iter()
        .map(|(name, count)| format!("{count} with {name}"))
        .collect();
    Ok(Verdict::Note(format!(
        "lines end in different ways: {}",
        told.join(", ")
    )))
}

/// So many pieces that begin with a field were meant as lines.
const FIELDS: usize = 3;

const FIELD_NAMES: [&[u8]; 4] = [b"data:", b"event:", b"id:", b"retry:"];

/// How many of the pieces in which `body` came, from the offset `from` on, begin with a field.
fn fields_that_begin(body: &Body, from: usize) -> usize {
    let starts = std::iter::once(0).chain(body.arrivals.iter().map(|arrival| arrival.end));
    starts
        .filter(|start| *start >= from && begins_field(&body.bytes[*start..]))
        .count()
}

fn begins_field(bytes: &[u8]) -> bool {
    FIELD_NAMES.iter().any(|name| bytes.starts_with(name))
}

/// Twice in a row, or at the end of the value, or in front of a field.
fn look_alike(value: &[u8]) -> Option<(usize, &'static str)> {
    LOOK_ALIKES.into_iter().find_map(|(end, what)| {
        let at = value.windows(end.len()).position(|window| window == end)?;
        let rest = &value[at + end.len()..];
        let ends = rest.starts_with(end) || begins_field(rest);
        ends.then_some((at, what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn only_dead_streams_with_escaped_ends_fail() {
        let judged = |body: &str| {
            named(eol(
                &Evidence::of(body.as_bytes()).observation(Probe::Connect)
            ))
        };
        assert_eq!(judged("data: a\n\n"), "pass");
        assert_eq!(judged("data: a\r\rdata: b\r\r"), "pass");
        assert_eq!(judged("data: a\r\n\n"), "note");
        assert_eq!(judged("data: a\\n\\ndata: b\\n\\n"), "fail");
        assert_eq!(judged("id: 1\\ndata: b\\n\\n"), "fail");
        assert_eq!(judged("data: a\u{2028}\u{2028}data: b"), "fail");
        assert_eq!(judged("data: write \\n\\n behind it\n\n"), "pass");
        assert_eq!(judged("data: not yet"), "pass");
        let pieces = |pieces: &[&str]| {
            let seen = pieces
                .iter()
                .zip(1..)
                .fold(Evidence::of(b""), |seen, (piece, at)| {
                    seen.then(piece.as_bytes(), 100 * at)
                });
            named(eol(&seen.observation(Probe::Connect)))
        };
        assert_eq!(pieces(&["data: a", "data: b", "data: c"]), "fail");
        assert_eq!(
            pieces(&["data: a<br>", "data: b<br>", "data: c<br>"]),
            "fail"
        );
        assert_eq!(
            pieces(&["retry: 9\n\n", "data: a\0", "data: b\0", "data: c\0"]),
            "fail"
        );
        assert_eq!(pieces(&["data: a", " long ", " story"]), "pass");
        assert_eq!(pieces(&["data: a", "\n\ndata: b", "\n\ndata: c"]), "pass");
        assert_eq!(judged(""), "not observed");
    }
}
