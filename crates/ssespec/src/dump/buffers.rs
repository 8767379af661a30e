//! The buffers of the standard, and what its steps do to them.

use super::text::quoted;
use super::words;

/// What is remembered while a stream is [interpreted](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// The data buffer; each value in it ends with a line feed.
    pub data: String,
    /// The event type buffer.
    pub event_type: String,
    /// The last event ID buffer.
    pub id: String,
    /// The last event ID string of the event source, as committed.
    pub last_event_id: String,
    /// The reconnection time in milliseconds as it was written, without leading zeros.
    pub reconnection_time: Option<String>,
}

/// An event as it is dispatched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatched {
    /// `type`.
    pub event_type: String,
    /// `data`.
    pub data: String,
    /// `lastEventId`.
    pub last_event_id: String,
}

impl Buffers {
    /// Does what the standard does with a line, and says it.
    pub(super) fn line(&mut self, line: &str, does: &mut Vec<String>) -> Option<Dispatched> {
        if line.is_empty() {
            return self.dispatch(does);
        }
        if line.starts_with(':') {
            does.push("a comment: ignored, it changes no buffer".to_owned());
            return None;
        }
        let (name, value, form) = match line.split_once(':') {
            None => (line, "", "no colon: the whole line is the name"),
            Some((name, value)) => match value.strip_prefix(' ') {
                Some(value) if value.starts_with(' ') => {
                    (name, value, "one space is removed, the others stay")
                }
                Some(value) => (name, value, ""),
                None => (name, value, ""),
            },
        };
        does.push(self.field(name, value));
        if !form.is_empty() {
            does.push(form.to_owned());
        }
        None
    }

    /// [Processes a field](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField), and says what was done.
    fn field(&mut self, name: &str, value: &str) -> String {
        let shown = quoted(value);
        match name {
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
                format!("data: {shown} and a line feed are appended to the data buffer")
            }
            "event" => {
                value.clone_into(&mut self.event_type);
                format!("event: the event type buffer is set to {shown}")
            }
            "id" if value.contains('\0') => {
                "id: the value contains NULL, so the field is ignored; the last event ID buffer stays"
                    .to_owned()
            }
            "id" => {
                value.clone_into(&mut self.id);
                format!("id: the last event ID buffer is set to {shown}; a blank line commits it")
            }
            "retry" if value.is_empty() => {
                "retry: an empty value, for which the standard is ambiguous; here it is ignored"
                    .to_owned()
            }
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                let digits = value.trim_start_matches('0');
                let digits = if digits.is_empty() { "0" } else { digits };
                self.reconnection_time = Some(digits.to_owned());
                format!("retry: the reconnection time is {digits} ms, at once")
            }
            "retry" => format!(
                "retry: {shown} is not made of ASCII digits alone, so the field is ignored"
            ),
            _ => words::unknown_name(name),
        }
    }

    /// [Dispatches the event](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage), if there is one.
    fn dispatch(&mut self, does: &mut Vec<String>) -> Option<Dispatched> {
        if self.last_event_id != self.id {
            does.push(format!(
                "a blank line: the last event ID {} is committed",
                quoted(&self.id)
            ));
            self.last_event_id.clone_from(&self.id);
        } else {
            does.push("a blank line".to_owned());
        }
        let event_type = std::mem::take(&mut self.event_type);
        if self.data.is_empty() {
            does.push(if event_type.is_empty() {
                "the data buffer is empty: nothing is dispatched".to_owned()
            } else {
                format!(
                    "the data buffer is empty: nothing is dispatched, and the type {} is forgotten",
                    quoted(&event_type)
                )
            });
            return None;
        }
        let mut data = std::mem::take(&mut self.data);
        data.pop();
        does.push(
            "one line feed is removed from the end of the data, and the event is dispatched"
                .to_owned(),
        );
        Some(Dispatched {
            event_type: if event_type.is_empty() {
                "message".to_owned()
            } else {
                event_type
            },
            data,
            last_event_id: self.last_event_id.clone(),
        })
    }

    /// Says what the end of the stream throws away: `rest` has no end of line.
    pub(super) fn end(&mut self, rest: &[u8]) -> Vec<String> {
        let mut does = Vec::new();
        if !rest.is_empty() {
            does.push(
                "the stream ends within this line: a line without its end is not processed"
                    .to_owned(),
            );
        }
        let lost = |what: &str, value: &str| {
            format!(
                "lost: {what} {}, because the blank line that would have dispatched it is missing",
                quoted(value)
            )
        };
        if !self.data.is_empty() {
            does.push(lost("the data buffer", &self.data));
        }
        if !self.event_type.is_empty() {
            does.push(lost("the event type", &self.event_type));
        }
        if self.id != self.last_event_id {
            does.push(lost("the last event ID", &self.id));
        }
        if does.is_empty() {
            does.push("nothing is lost".to_owned());
        }
        self.data.clear();
        self.event_type.clear();
        self.id.clone_from(&self.last_event_id);
        does
    }
}
