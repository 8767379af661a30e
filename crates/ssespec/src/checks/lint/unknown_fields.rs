//! Every line of the stream is a comment or one of the four fields.
//!
//! A line that is neither is legal, and dead: a client ignores it without a word. The names are compared literally, so `Data`, ` data` and
//! `data ` are as unknown as `message` or a line of bare JSON.
//!
//! Where the data of every event is a field or an event itself, two encoders were at work.
//!
//! ## Why it matters
//!
//! Nothing tells anybody that the text never arrived. The usual ways there are a multi-line string written behind a single `data: `, a log line
//! or a stack trace on the wrong stream, and JSON sent without the field in front of it.
//!
//! ## How to fix
//!
//! Write each line of the data with a `data: ` of its own, and nothing else but `event`, `id`, `retry` and comments. An encoder does that; string
//! formatting does not.

use sse_parser::{FieldName, Line};

use crate::check::{Check, Judgement, Probe, Role, Verdict, who_comes_back};
use crate::escape;
use crate::observation::Observation;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/unknown-fields",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: unknown_fields,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "lint/unknown-fields",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, unknown_fields),
};

fn unknown_fields(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    transcript.require_lines()?;
    let mut dead = transcript.lines().filter_map(|line| match line.line {
        Line::Field { name, .. }
            if line.end_of_line.is_some() && FieldName::of(name) == FieldName::Unknown =>
        {
            Some((line.offset, name))
        }
        _ => None,
    });
    let Some((offset, name)) = dead.next() else {
        return Ok(twice(&transcript).unwrap_or(Verdict::Pass));
    };
    let more = dead.count();
    let others = if more == 0 {
        String::new()
    } else {
        format!(", and {more} more such lines")
    };
    Ok(Verdict::fail_at(
        format!("a line that clients ignore: {}{others}", describe(name)),
        "data, event, id or retry, in lower case and without a space around it; or a comment",
        transcript.bytes(),
        offset,
    ))
}

/// That all data is once more a field: it went through two encoders. One event alone may speak of event streams.
fn twice(transcript: &Transcript<'_>) -> Option<Verdict> {
    let events = transcript.events.as_slice();
    let [first, _, ..] = events else {
        return None;
    };
    // The last word of a finite stream is often written by somebody else.
    let events = match events {
        [all @ .., last] if all.len() > 1 && !is_encoded(&last.data) => all,
        all => all,
    };
    events.iter().all(|event| is_encoded(&event.data)).then(|| {
        Verdict::fail_at(
            "the data of each event is a field once more, such as \"data:\"",
            "one data: in front of each line",
            transcript.bytes(),
            first.offset,
        )
    })
}

/// Whether the lines of `data` are lines of data themselves, or those of a whole event, with the blank line behind it.
fn is_encoded(data: &str) -> bool {
    let is_data = |line: &str| line.starts_with("data:");
    let is_field = |line: &str| {
        let name = line.split_once(':').map_or("", |(name, _)| name);
        FieldName::of(name.as_bytes()) != FieldName::Unknown
    };
    let lines = || data.trim_end_matches('\n').split('\n');
    lines().all(is_field) && lines().any(is_data)
}

fn describe(name: &[u8]) -> String {
    let shown = escape::excerpt(name, 40);
    let text = String::from_utf8_lossy(name);
    let bare = text.trim().to_ascii_lowercase();
    if ["data", "event", "id", "retry"].contains(&bare.as_str()) {
        format!("the name {shown:?} is not {bare:?}")
    } else if text.trim_start().starts_with(['{', '[', '"', '}', ']']) {
        format!("{shown:?} looks like JSON without a field in front of it")
    } else if text.starts_with('\u{feff}') {
        format!("the name {shown:?} begins with a byte order mark")
    } else {
        format!("the field {shown:?} is unknown")
    }
}
