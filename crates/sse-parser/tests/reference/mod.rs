//! The steps of the standard, one by one, as plainly as possible: everything is decoded first, then split, then interpreted.
//!
//! It shares nothing with the parser, not even the order of decoding and splitting. Slow, and meant to be.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>

use std::time::Duration;

use sse_parser::OwnedEvent;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Interpreted {
    pub(crate) events: Vec<OwnedEvent>,
    pub(crate) last_event_id: String,
    pub(crate) reconnection_time: Option<Duration>,
}

pub(crate) fn interpret(bytes: &[u8]) -> Interpreted {
    // UTF-8 decode: removes one byte order mark.
    let decoded = String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));

    let mut seen = Interpreted::default();
    let (mut data, mut event_type, mut id) = (String::new(), String::new(), String::new());
    for line in lines(&decoded) {
        if line.is_empty() {
            // dispatch the event
            seen.last_event_id.clone_from(&id);
            if data.is_empty() {
                event_type.clear();
                continue;
            }
            if data.ends_with('\n') {
                data.pop();
            }
            let event_type = std::mem::take(&mut event_type);
            seen.events.push(OwnedEvent {
                event_type: if event_type.is_empty() {
                    "message".to_owned()
                } else {
                    event_type
                },
                data: std::mem::take(&mut data),
                last_event_id: seen.last_event_id.clone(),
            });
            continue;
        }
        if line.starts_with(':') {
            continue;
        }
        let (name, value) = match line.split_once(':') {
            Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
            None => (line.as_str(), ""),
        };
        match name {
            "event" => value.clone_into(&mut event_type),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            // An empty value is "only digits" in no reading that any engine has.
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                let milliseconds = value.parse().unwrap_or(u64::MAX);
                seen.reconnection_time = Some(Duration::from_millis(milliseconds));
            }
            _ => {}
        }
    }
    seen
}

/// The lines that have an end; what is left after the last one is not a line yet when the file ends.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                lines.push(std::mem::take(&mut line));
            }
            '\n' => lines.push(std::mem::take(&mut line)),
            other => line.push(other),
        }
    }
    lines
}
