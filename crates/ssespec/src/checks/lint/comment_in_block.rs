//! Keep-alive comments stand between events, not inside of one.
//!
//! Nor do they stand in front of the first line of one: without a line end behind it, a comment takes that line with it.
//!
//! ## Why it matters
//!
//! A comment between two fields of one event is legal. But a keep-alive is written with a blank line behind it, and that blank line dispatches the
//! event half written: its data is cut in two, or its type is lost on an event without data. It happens when the keep-alive timer writes while
//! the event is being written in several pieces.
//!
//! ## How to fix
//!
//! Write each event in one piece, or hold a lock from its first field to its blank line, which the timer has to take too.

use std::collections::HashMap;

use sse_parser::{FieldName, Line};

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict, who_comes_back};
use crate::observation::Observation;
use crate::transcript::{Block, Transcript};

pub(crate) const CHECK: Check = Check {
    requirement: "lint/comment-in-block",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: comment_in_block,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "lint/comment-in-block",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, comment_in_block),
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "lint/comment-in-block",
    roles: &[Role::Server],
    probe: Probe::Script,
    judge: |seen| crate::script::each(seen, comment_in_block),
};

fn comment_in_block(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    if !transcript
        .lines()
        .any(|line| matches!(line.line, Line::Comment(_)))
    {
        return NotObserved::because("there is no comment in the stream");
    }
    if let Some((field, offset)) = swallows(&transcript).or_else(|| swallows_whole(&transcript)) {
        return Ok(Verdict::fail_at(
            format!("a comment without a line end swallows the {field} of the event behind it"),
            "a line end, and a blank line, behind each keep-alive",
            transcript.bytes(),
            offset,
        ));
    }
    let mut inside = 0;
    for (at, block) in transcript.blocks.iter().enumerate() {
        let Some(comment) = comment_behind_a_field(&transcript, block) else {
            continue;
        };
        inside += 1;
        let next = transcript.blocks.get(at + 1);
        if comment.last && block.closed && cuts(&transcript, block, next) {
            return Ok(Verdict::fail_at(
                "a comment and its blank line cut an event in two",
                "keep-alives between events",
                transcript.bytes(),
                comment.offset,
            ));
        }
    }
    Ok(match inside {
        0 => Verdict::Pass,
        count => Verdict::Note(format!(
            "{count} comment{} between the fields of an event: legal, and read by clients as nothing",
            if count == 1 { "" } else { "s" }
        )),
    })
}

/// The field that comments have swallowed together with its line, and where the first of them is: the same words stand in front of its name, without
/// a space, at least twice; and each event has that field, but for those behind such a comment.
fn swallows(transcript: &Transcript<'_>) -> Option<(&'static str, usize)> {
    let all = [
        ("data", FieldName::Data),
        ("event", FieldName::Event),
        ("id", FieldName::Id),
    ];
    let comments = transcript.lines().filter_map(|line| match line.line {
        Line::Comment(text) => Some((line.next, (text, line.offset))),
        _ => None,
    });
    let comments: HashMap<_, _> = comments.collect();
    all.into_iter().find_map(|(name, field)| {
        let words = |block: &Block| {
            let (text, offset) = comments.get(&block.start)?;
            Some((words_in_front(text, name)?, *offset))
        };
        let has = |block: &&Block| {
            transcript.lines_of(block).any(|line| match line.line {
                Line::Field { name, .. } => FieldName::of(name) == field,
                _ => false,
            })
        };
        let is_event = |block: &&Block| {
            let mut lines = transcript.lines_of(block);
            block.closed
                && lines
                    .any(|line| matches!(line.line, Line::Field { name, .. } if name != b"retry"))
        };
        let (swallowed, others): (Vec<_>, Vec<_>) = transcript
            .blocks
            .iter()
            .partition(|block| words(block).is_some());
        let swallowed: Vec<_> = swallowed.into_iter().filter(|block| !has(block)).collect();
        let swallowed: Vec<_> = swallowed.into_iter().filter_map(words).collect();
        let offset = alike(&swallowed)?;
        let mut others = others.into_iter().filter(is_event).peekable();
        let of_all = others.peek().is_some() && others.all(|block| has(&block));
        of_all.then_some((name, offset))
    })
}

/// Where the first of these comments is, if there are several, and the same words stand in front of the field in all of them.
fn alike(swallowed: &[(&[u8], usize)]) -> Option<usize> {
    let [(first, offset), others @ ..] = swallowed else {
        return None;
    };
    let alike = others.iter().all(|(words, _)| words == first);
    (!others.is_empty() && alike).then_some(*offset)
}

/// Where the first of the comments is that have swallowed whole events, which are data alone, if so: the same words stand in front of the field, without a
/// space, at least twice, and what stands behind it begins like the data of an event.
fn swallows_whole(transcript: &Transcript<'_>) -> Option<(&'static str, usize)> {
    let lines: Vec<_> = transcript.lines().collect();
    let begins_alike = |rest: &[u8]| {
        let first = rest.trim_ascii_start().first();
        let mut events = transcript.events.iter();
        first.is_some() && events.any(|event| event.data.as_bytes().first() == first)
    };
    let swallowed = lines.windows(2).filter_map(|pair| match pair {
        [comment, next] if matches!(next.line, Line::Blank) => {
            let Line::Comment(text) = comment.line else {
                return None;
            };
            let words = words_in_front(text, "data")?;
            let rest = &text[words.len() + "data:".len()..];
            begins_alike(rest).then_some((words, comment.offset))
        }
        _ => None,
    });
    let swallowed: Vec<_> = swallowed.collect();
    Some(("data", alike(&swallowed)?))
}

/// What stands in front of the name of a field in the text of a comment, if it ends there without a space.
fn words_in_front<'t>(text: &'t [u8], name: &str) -> Option<&'t [u8]> {
    let field = format!("{name}:");
    let at = text
        .windows(field.len())
        .position(|window| window == field.as_bytes())?;
    let words = &text[..at];
    words
        .last()
        .is_some_and(|last| !last.is_ascii_whitespace())
        .then_some(words)
}

struct CommentInBlock {
    offset: usize,
    /// Nothing stands between it and the blank line.
    last: bool,
}

fn comment_behind_a_field(transcript: &Transcript<'_>, block: &Block) -> Option<CommentInBlock> {
    let lines: Vec<_> = transcript.lines_of(block).collect();
    let is_comment = |at: usize| matches!(lines[at].line, Line::Comment(_));
    let field = (0..lines.len()).find(|at| !is_comment(*at))?;
    let comment = (field..lines.len()).rev().find(|at| is_comment(*at))?;
    Some(CommentInBlock {
        offset: lines[comment].offset,
        last: comment + 1 == lines.len(),
    })
}

/// Whether both blocks are one event, as far as that can be told: a type without data before data without a type, or data that is JSON only
/// when it is joined.
fn cuts(transcript: &Transcript<'_>, block: &Block, next: Option<&Block>) -> bool {
    let fields = |block: &Block| -> (bool, Option<Vec<u8>>) {
        let mut typed = false;
        let mut data: Option<Vec<u8>> = None;
        for line in transcript.lines_of(block) {
            if let Line::Field { name, value } = line.line {
                match FieldName::of(name) {
                    FieldName::Event => typed = true,
                    FieldName::Data => match &mut data {
                        Some(data) => {
                            data.push(b'\n');
                            data.extend_from_slice(value);
                        }
                        None => data = Some(value.to_vec()),
                    },
                    _ => {}
                }
            }
        }
        (typed, data)
    };
    let Some(next) = next else { return false };
    let ((typed, data), (next_typed, next_data)) = (fields(block), fields(next));
    let Some(next_data) = next_data else {
        return false;
    };
    match data {
        None => typed && !next_typed,
        Some(mut data) => {
            let is_json =
                |bytes: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
            let halves = !next_typed && !is_json(&data) && !is_json(&next_data);
            data.push(b'\n');
            data.extend_from_slice(&next_data);
            halves && is_json(&data)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn a_comment_without_a_line_end_swallows_a_line() {
        let of = |stream: &str| {
            named(comment_in_block(
                &Evidence::of(stream.as_bytes()).observation(Probe::Connect),
            ))
        };
        let event = "data: a\nid: 1\n\n";
        let swallowed = ": pingdata: a\nid: 2\n\n";
        assert_eq!(of(&[event, swallowed, event, swallowed].concat()), "fail");
        assert_eq!(of(&[event, swallowed, event].concat()), "pass");
        let spoken = ": see data: a\nid: 2\n\n";
        assert_eq!(of(&[event, spoken, event, spoken].concat()), "pass");
        let kept = ": pingdata: a\ndata: b\nid: 2\n\n";
        assert_eq!(of(&[event, kept, event, kept].concat()), "pass");
    }

    #[test]
    fn only_a_cut_fails() {
        let judged = |body: &str| {
            named(comment_in_block(
                &Evidence::of(body.as_bytes()).observation(Probe::Connect),
            ))
        };
        assert_eq!(judged("data: a\n\n"), "not observed");
        assert_eq!(judged(":hi\n\ndata: a\n\n:hi\n\n"), "pass");
        assert_eq!(judged(":hi\ndata: a\n\n"), "pass");
        assert_eq!(judged("data: a\n:hi\ndata: b\n\n"), "note");
        assert_eq!(judged("data: a\n:hi\n\ndata: b\n\n"), "note");
        assert_eq!(judged("event: x\n:hi\n\ndata: b\n\n"), "fail");
        assert_eq!(judged("data: {\"a\":\n:hi\n\ndata: 1}\n\n"), "fail");
        assert_eq!(judged("data: 1\n:hi\n\ndata: 2\n\n"), "note");
    }
}
