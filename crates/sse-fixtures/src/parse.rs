//! The loader: knows the layout of a fixture, and nothing of how a stream is interpreted.

use core::time::Duration;

use crate::error::{Complaint, FixtureError};
use crate::escape::{self, Piece};
use crate::expectation::{self, ExpectedVerdict, Outcome};
use crate::fixture::Fixture;
use crate::script::{Refusal, Scripted};
use crate::section::{ReadyState, Section, Step, StepKind, Stream};

const SECTIONS: &str = "write one of `--- response`, `--- stream`, `--- reset`, `--- wait MS`, \
    `--- request`, `--- script`, `--- steps`, `--- events`, `--- state`, `--- verdict`";

type Line<'a> = (usize, &'a str);

pub(crate) fn fixture(path: &str, text: &str) -> Result<Fixture, FixtureError> {
    let (check, name) = names(path).map_err(|c| FixtureError::new(path, 1, c))?;
    let lines: Vec<Line<'_>> = text
        .split('\n')
        .enumerate()
        .map(|(i, l)| (i + 1, l))
        .collect();
    for &(number, line) in &lines {
        printable(line).map_err(|c| FixtureError::new(path, number, c))?;
    }
    let at = |number, complaint| FixtureError::new(path, number, complaint);
    let end = lines
        .iter()
        .position(|(_, line)| line.starts_with("---"))
        .unwrap_or(lines.len());
    let (top, rest) = lines.split_at(end);
    let (summary, from) = heading(top).map_err(|(n, c)| at(n, c))?;

    let mut sections: Vec<Section> = Vec::new();
    for part in rest.chunk_by(|_, (_, next)| !next.starts_with("---")) {
        let [head, body @ ..] = part else { continue };
        let section = section(*head, body).map_err(|(n, c)| at(n, c))?;
        once(&sections, &section).map_err(|c| at(head.0, c))?;
        sections.push(section);
    }
    something_to_play(&sections).map_err(|c| at(lines.len(), c))?;
    let name = name.to_owned();
    Ok(Fixture {
        id: format!("{check}/{name}"),
        check,
        name,
        summary,
        from,
        sections,
        path: path.to_owned(),
    })
}

/// Refuses a fixture with neither a stream nor a script, and one with both.
fn something_to_play(sections: &[Section]) -> Result<(), Complaint> {
    let any = |of: fn(&Section) -> bool| sections.iter().any(of);
    let wire = any(|s| matches!(s, Section::Stream(_) | Section::Response { .. }));
    let script = any(|s| matches!(s, Section::Script(_)));
    match (wire, script) {
        (false, false) => Err(Complaint::new(
            "nothing that goes over the wire",
            "add `--- stream`, `--- response` or `--- script`",
        )),
        (true, true) => Err(Complaint::new(
            "a script beside `--- stream` or `--- response`",
            "write two fixtures: a script says what an encoder writes, a stream what a parser reads",
        )),
        _ => Ok(()),
    }
}

/// Splits `…/group/rule/name.fixture` into the check and the name.
pub(crate) fn names(path: &str) -> Result<(String, &str), Complaint> {
    let wrong = || {
        Complaint::new(
            format!("the path `{path}`"),
            "name the file `group/rule/what-it-shows.fixture`, of lower-case letters, digits and hyphens",
        )
    };
    let stem = path.strip_suffix(".fixture").ok_or_else(wrong)?;
    let mut parts = stem.rsplit(['/', '\\']);
    let (Some(name), Some(rule), Some(group)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    let plain = |part: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty() && part.bytes().all(known)
    };
    if [group, rule, name].into_iter().all(plain) {
        Ok((format!("{group}/{rule}"), name))
    } else {
        Err(wrong())
    }
}

/// Refuses what cannot be seen.
fn printable(line: &str) -> Result<(), Complaint> {
    match line.chars().find(|c| !(' '..='~').contains(c)) {
        Some('\r') => {
            let found = "a raw carriage return";
            Err(Complaint::new(
                found,
                r"end lines with a line feed alone; write `\r` for a byte",
            ))
        }
        Some(c) if c.is_ascii() => {
            let found = format!("the raw control character U+{:04X}", u32::from(c));
            let instead = format!(
                r"write `\x{:02x}`, or `\u{:04x}` in JSON",
                u32::from(c),
                u32::from(c)
            );
            Err(Complaint::new(found, instead))
        }
        Some(c) => {
            let found = format!("the character U+{:04X}, which is not ASCII", u32::from(c));
            let instead = format!(
                "write `{}`, or `{}` in JSON",
                utf8_escapes(c),
                json_escapes(c)
            );
            Err(Complaint::new(found, instead))
        }
        None if line.ends_with(' ') => {
            let found = "white space at the end of the line";
            Err(Complaint::new(
                found,
                r"delete it, or write `\x20` for a byte",
            ))
        }
        None => Ok(()),
    }
}

fn utf8_escapes(c: char) -> String {
    let mut out = String::new();
    for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
        escape::push_hex(&mut out, byte);
    }
    out
}

fn json_escapes(c: char) -> String {
    let mut units = [0; 2];
    let units = c.encode_utf16(&mut units);
    units.iter().map(|unit| format!(r"\u{unit:04x}")).collect()
}

/// Reads the `# ` lines at the top.
fn heading(lines: &[Line<'_>]) -> Result<(String, Vec<String>), (usize, Complaint)> {
    let mut summary = String::new();
    let mut from: Vec<String> = Vec::new();
    for &(number, line) in lines {
        if line.is_empty() {
            continue;
        }
        let Some(text) = line.strip_prefix("# ") else {
            let found = format!("`{line}` before the first section");
            let instead = "start with `# `, a sentence on what this shows, then `--- stream`";
            return Err((number, Complaint::new(found, instead)));
        };
        if let Some(source) = text.strip_prefix("from: ") {
            from.push(source.to_owned());
        } else if from.is_empty() {
            if !summary.is_empty() {
                summary.push(' ');
            }
            summary.push_str(text);
        } else {
            let found = "a line of the summary below `# from:`";
            return Err((number, Complaint::new(found, "write the summary first")));
        }
    }
    if summary.is_empty() {
        let complaint = Complaint::new(
            "no summary",
            "start with `# ` and a sentence on what this shows",
        );
        return Err((1, complaint));
    }
    Ok((summary, from))
}

/// Refuses a second section of a kind that speaks of the fixture as a whole.
fn once(sections: &[Section], next: &Section) -> Result<(), Complaint> {
    let whole = |section: &Section| {
        matches!(
            section,
            Section::Script(_)
                | Section::Steps(_)
                | Section::Events(_)
                | Section::State(_)
                | Section::Verdict(_)
        )
    };
    if whole(next) && sections.iter().any(|s| s.keyword() == next.keyword()) {
        let found = format!("a second `--- {}`", next.keyword());
        return Err(Complaint::new(found, "write all of it in one section"));
    }
    Ok(())
}

fn section(head: Line<'_>, body: &[Line<'_>]) -> Result<Section, (usize, Complaint)> {
    let (number, title) = head;
    let at_head = |complaint| (number, complaint);
    let body: Vec<Line<'_>> = body
        .iter()
        .copied()
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let words = title.strip_prefix("--- ").unwrap_or_default();
    let empty = |section: Section| match body.first() {
        None => Ok(section),
        Some(&(n, line)) => {
            let found = format!("`{line}` in `{title}`, which has no content");
            Err((n, Complaint::new(found, "delete it")))
        }
    };
    match words {
        "response" => response(number, &body),
        "stream" => stream(&body).map(Section::Stream),
        "reset" => empty(Section::Reset),
        "request" => {
            let expect = each(&body, expected_header)?;
            Ok(Section::Request { expect })
        }
        "script" if body.is_empty() => {
            Err(at_head(Complaint::new("a script without a step", STEP)))
        }
        "script" => each(&body, scripted).map(Section::Script),
        "steps" => each(&body, step).map(Section::Steps),
        "events" => each(&body, |line| {
            expectation::read_event(line).map_err(|error| json(line, &error, EVENT))
        })
        .map(Section::Events),
        "state" => {
            let [(n, line)] = body[..] else {
                let found = format!("{} lines in `--- state`", body.len());
                return Err(at_head(Complaint::new(found, STATE)));
            };
            let state =
                expectation::read_state(line).map_err(|error| (n, json(line, &error, STATE)))?;
            Ok(Section::State(state))
        }
        "verdict" => each(&body, verdict).map(Section::Verdict),
        _ => {
            if let Some(milliseconds) = words.strip_prefix("wait ").and_then(number_of) {
                return empty(Section::Wait(Duration::from_millis(milliseconds)));
            }
            Err(at_head(Complaint::new(format!("`{title}`"), SECTIONS)))
        }
    }
}

fn scripted(line: &str) -> Result<Scripted, Complaint> {
    let (refusal, step) = Refusal::split(line);
    let step = expectation::read(step).map_err(|error| json(line, &error, STEP))?;
    Ok(Scripted { step, refusal })
}

const STEP: &str = r#"write one step a line, such as `{"event": "x", "id": "1", "retry": 20, "data": "a"}`, `{"comment": "c"}` or `{"wait_ms": 20}`; before it `may-refuse`, `must-refuse` or nothing"#;
const EVENT: &str =
    r#"write one object a line, such as `{"type": "message", "data": "a", "lastEventId": ""}`"#;
const STATE: &str = r#"write one object, such as `{"lastEventId": "7", "reconnectionTime": 20}`"#;

fn json(line: &str, error: &serde_json::Error, instead: &str) -> Complaint {
    Complaint::new(format!("`{line}`: {error}"), instead)
}

fn each<T>(
    body: &[Line<'_>],
    read: impl Fn(&str) -> Result<T, Complaint>,
) -> Result<Vec<T>, (usize, Complaint)> {
    let items = body
        .iter()
        .map(|&(number, line)| read(line).map_err(|c| (number, c)));
    items.collect()
}

fn stream(body: &[Line<'_>]) -> Result<Stream, (usize, Complaint)> {
    let mut stream = Stream::default();
    for pieces in each(body, escape::read)? {
        for piece in pieces {
            match piece {
                Piece::Byte(byte) => stream.bytes.push(byte),
                Piece::Cut => stream.cuts.push(stream.bytes.len()),
            }
        }
    }
    Ok(stream)
}

fn response(number: usize, body: &[Line<'_>]) -> Result<Section, (usize, Complaint)> {
    let status = body.first().and_then(|(_, line)| number_of(line));
    let status = status
        .and_then(|status| u16::try_from(status).ok())
        .filter(|s| (200..=599).contains(s));
    let Some(status) = status else {
        let line = body.first().map_or("nothing", |(_, line)| line);
        let complaint = Complaint::new(
            format!("`{line}` for a status"),
            "write three digits, such as `200`",
        );
        return Err((body.first().map_or(number, |(n, _)| *n), complaint));
    };
    let headers = each(&body[1..], header)?;
    Ok(Section::Response { status, headers })
}

fn number_of(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

fn header(line: &str) -> Result<(String, Vec<u8>), Complaint> {
    let wrong = || {
        Complaint::new(
            format!("`{line}`"),
            "write `Name: value`, or `Name:` for an empty value",
        )
    };
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let value = match value {
        "" => "",
        _ => value.strip_prefix(' ').ok_or_else(wrong)?,
    };
    if !is_token(name) {
        return Err(wrong());
    }
    Ok((name.to_owned(), escape::read_value(value)?))
}

fn expected_header(line: &str) -> Result<(String, Option<Vec<u8>>), Complaint> {
    match line.strip_prefix('!') {
        None => header(line).map(|(name, value)| (name, Some(value))),
        Some(name) if is_token(name) => Ok((name.to_owned(), None)),
        Some(_) => Err(Complaint::new(
            format!("`{line}`"),
            "write `!Name` for a header that must be absent",
        )),
    }
}

fn is_token(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(known)
}

fn step(line: &str) -> Result<Step, Complaint> {
    let wrong = || {
        Complaint::new(
            format!("`{line}`"),
            "write `open`, `error` or `event`, a space, and `CONNECTING`, `OPEN` or `CLOSED`",
        )
    };
    let (kind, ready_state) = line.split_once(' ').ok_or_else(wrong)?;
    Ok(Step {
        kind: match kind {
            "open" => StepKind::Open,
            "error" => StepKind::Error,
            "event" => StepKind::Event,
            _ => return Err(wrong()),
        },
        ready_state: match ready_state {
            "CONNECTING" => ReadyState::Connecting,
            "OPEN" => ReadyState::Open,
            "CLOSED" => ReadyState::Closed,
            _ => return Err(wrong()),
        },
    })
}

fn verdict(line: &str) -> Result<ExpectedVerdict, Complaint> {
    let wrong = || {
        Complaint::new(
            format!("`{line}`"),
            "write `pass group/rule` or `fail group/rule`",
        )
    };
    let (outcome, check) = line.split_once(' ').ok_or_else(wrong)?;
    let outcome = match outcome {
        "pass" => Outcome::Pass,
        "fail" => Outcome::Fail,
        _ => return Err(wrong()),
    };
    if check.split('/').count() != 2 || check.contains(' ') {
        return Err(wrong());
    }
    Ok(ExpectedVerdict {
        outcome,
        check: check.to_owned(),
    })
}
