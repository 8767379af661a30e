//! The way back: a fixture as a file.

use crate::escape;
use crate::expectation::{ExpectedEvent, ExpectedState, Outcome};
use crate::fixture::Fixture;
use crate::script::{ScriptStep, Scripted};
use crate::section::{ReadyState, Section, StepKind, Stream};

/// Bytes after which a source line is broken although the stream has no line end there.
const WIDTH: usize = 100;

pub(crate) fn fixture(fixture: &Fixture) -> String {
    let mut out = format!("# {}\n", fixture.summary);
    for source in &fixture.from {
        out.push_str(&format!("# from: {source}\n"));
    }
    for section in &fixture.sections {
        out.push_str(&format!("\n--- {}", section.keyword()));
        if let Section::Wait(duration) = section {
            out.push_str(&format!(" {}", duration.as_millis()));
        }
        out.push('\n');
        for line in lines(section) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

fn lines(section: &Section) -> Vec<String> {
    match section {
        Section::Reset | Section::Wait(_) => Vec::new(),
        Section::Stream(stream) => stream_lines(stream),
        Section::Response { status, headers } => {
            let headers = headers.iter().map(|(name, value)| header(name, value));
            core::iter::once(status.to_string())
                .chain(headers)
                .collect()
        }
        Section::Request { expect } => expect
            .iter()
            .map(|(name, value)| match value {
                Some(value) => header(name, value),
                None => format!("!{name}"),
            })
            .collect(),
        Section::Script(script) => script.iter().map(scripted).collect(),
        Section::Steps(steps) => steps
            .iter()
            .map(|step| {
                let kind = match step.kind {
                    StepKind::Open => "open",
                    StepKind::Error => "error",
                    StepKind::Event => "event",
                };
                let ready_state = match step.ready_state {
                    ReadyState::Connecting => "CONNECTING",
                    ReadyState::Open => "OPEN",
                    ReadyState::Closed => "CLOSED",
                };
                format!("{kind} {ready_state}")
            })
            .collect(),
        Section::Events(events) => events.iter().map(event).collect(),
        Section::State(expected) => vec![state(expected)],
        Section::Verdict(verdicts) => verdicts
            .iter()
            .map(|verdict| {
                let outcome = match verdict.outcome {
                    Outcome::Pass => "pass",
                    Outcome::Fail => "fail",
                };
                format!("{outcome} {}", verdict.check)
            })
            .collect(),
    }
}

/// Breaks the source after each line end of the stream, and where a line would grow too wide.
fn stream_lines(stream: &Stream) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut cuts = stream.cuts.iter().peekable();
    let bytes = &stream.bytes;
    for (offset, &byte) in bytes.iter().enumerate() {
        while cuts.next_if(|&&cut| cut == offset).is_some() {
            line.push_str(r"\|");
        }
        // a line that starts with a hyphen could be taken for a heading
        if byte == b'-' && line.is_empty() {
            escape::push_hex(&mut line, byte);
        } else {
            escape::push(&mut line, byte);
        }
        let cr_of_crlf = byte == b'\r' && bytes.get(offset + 1) == Some(&b'\n');
        let line_end = matches!(byte, b'\n' | b'\r') && !cr_of_crlf;
        if line_end || line.len() >= WIDTH {
            lines.push(seen_to_the_end(core::mem::take(&mut line)));
        }
    }
    line.extend(cuts.map(|_| r"\|"));
    if !line.is_empty() {
        lines.push(seen_to_the_end(line));
    }
    lines
}

/// Writes a space at the end of a source line so that it can be seen.
fn seen_to_the_end(mut line: String) -> String {
    if line.ends_with(' ') {
        line.pop();
        escape::push_hex(&mut line, b' ');
    }
    line
}

fn header(name: &str, value: &[u8]) -> String {
    match value {
        [] => format!("{name}:"),
        _ => format!("{name}: {}", escape::value(value)),
    }
}

fn scripted(Scripted { step, refusal }: &Scripted) -> String {
    let text = |name, value: &Option<String>| Some((name, json(value.as_ref()?)));
    let step = match step {
        ScriptStep::Event {
            event,
            id,
            retry,
            data,
        } => object([
            text("event", event),
            text("id", id),
            retry.map(|retry| ("retry", retry.to_string())),
            text("data", data),
        ]),
        ScriptStep::Comment(comment) => object([Some(("comment", json(comment)))]),
        ScriptStep::Wait(silence) => object([Some(("wait_ms", silence.as_millis().to_string()))]),
    };
    match refusal.word() {
        Some(word) => format!("{word} {step}"),
        None => step,
    }
}

fn event(event: &ExpectedEvent) -> String {
    let member = |name, value: &Option<String>| Some((name, json(value.as_ref()?)));
    object([
        member("type", &event.event_type),
        member("data", &event.data),
        member("lastEventId", &event.last_event_id),
    ])
}

fn state(state: &ExpectedState) -> String {
    let null = || "null".to_owned();
    let id = state.last_event_id.as_ref();
    let time = state.reconnection_time.as_ref();
    object([
        id.map(|id| ("lastEventId", id.as_deref().map_or_else(null, json))),
        time.map(|time| {
            (
                "reconnectionTime",
                time.map_or_else(null, |time| time.to_string()),
            )
        }),
        (state.reconnection_time_at_least)
            .map(|least| ("reconnectionTimeAtLeast", least.to_string())),
    ])
}

fn object<const N: usize>(members: [Option<(&str, String)>; N]) -> String {
    let members = members.into_iter().flatten();
    let members: Vec<String> = members
        .map(|(name, value)| format!(r#""{name}": {value}"#))
        .collect();
    format!("{{{}}}", members.join(", "))
}

/// A JSON string of printable ASCII.
fn json(text: impl AsRef<str>) -> String {
    let mut out = String::from('"');
    for c in text.as_ref().chars() {
        match c {
            '"' => out.push_str(r#"\""#),
            '\\' => out.push_str(r"\\"),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!(r"\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}
