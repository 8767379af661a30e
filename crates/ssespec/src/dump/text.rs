//! The steps as text: nothing invisible, nothing that moves a terminal.

use std::fmt::Write as _;

use super::{Buffers, Dispatched, Step};
use crate::escape;

/// How many bytes of one line are shown.
const LINE: usize = 160;
/// How many characters of one value are shown.
const VALUE: usize = 120;

/// The whole stream, step by step.
pub fn write(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        for line in step_lines(step, &[]) {
            text.push_str(&line);
            text.push('\n');
        }
        let _ = writeln!(text, "        {}", buffers(&step.after));
    }
    text
}

/// One step: its bytes, with `\|` where one of `edges` lies in it, and what is done with them.
pub fn step_lines(step: &Step, edges: &[usize]) -> Vec<String> {
    let shown = if step.bytes.is_empty() {
        "(end of the stream)".to_owned()
    } else {
        bytes(step, edges)
    };
    let mut lines = vec![format!("{:>6}  {shown}", step.offset)];
    lines.extend(step.does.iter().map(|does| format!("        - {does}")));
    if let Some(event) = &step.dispatched {
        lines.push(format!("        => {}", dispatched(event)));
    }
    lines
}

/// Text in quotation marks as in JSON; what cannot be told apart by eye is escaped, and what is too long is cut.
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for (count, character) in text.chars().enumerate() {
        if count == VALUE {
            let _ = write!(out, "\"… ({} bytes)", text.len());
            return out;
        }
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            ' '..='~' => out.push(character),
            _ if character.is_alphanumeric() => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}

fn bytes(step: &Step, edges: &[usize]) -> String {
    let end = step.offset + step.bytes.len();
    let shown = &step.bytes[..step.bytes.len().min(LINE)];
    let mut text = String::new();
    let mut from = 0;
    for edge in edges {
        let within = edge.saturating_sub(step.offset);
        if (step.offset..end).contains(edge) && within <= shown.len() {
            text.push_str(&escape::escape(&shown[from..within]));
            text.push_str("\\|");
            from = within;
        }
    }
    text.push_str(&escape::escape(&shown[from..]));
    if shown.len() < step.bytes.len() {
        let _ = write!(text, "… ({} bytes)", step.bytes.len());
    }
    text
}

fn dispatched(event: &Dispatched) -> String {
    format!(
        "event {{\"type\": {}, \"data\": {}, \"lastEventId\": {}}}",
        quoted(&event.event_type),
        quoted(&event.data),
        quoted(&event.last_event_id)
    )
}

/// All that is remembered, in one line.
fn buffers(buffers: &Buffers) -> String {
    format!(
        "[data {} · type {} · id {} | lastEventId {} · reconnectionTime {}]",
        quoted(&buffers.data),
        quoted(&buffers.event_type),
        quoted(&buffers.id),
        quoted(&buffers.last_event_id),
        buffers.reconnection_time.as_deref().map_or_else(
            || "null".to_owned(),
            |digits| escape::excerpt(digits.as_bytes(), VALUE)
        )
    )
}
