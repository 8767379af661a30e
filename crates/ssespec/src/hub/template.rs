//! Texts with placeholders, and what they become for one event.

use serde_json::Value;

/// The names that a text may hold in braces.
pub(super) const NAMES: [&str; 5] = ["topic", "event", "data", "id", "retry"];

/// What stands for a placeholder that is a JSON value of its own, not a part of a string.
const WHOLE: char = '\0';

/// The values of an event by the names of their placeholders; `None` for a field that it does not have.
pub(super) struct Values<'v>(pub(super) [Option<&'v str>; 5]);

impl Values<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let place = NAMES.iter().position(|known| *known == name)?;
        self.0[place]
    }

    /// `text` with its placeholders replaced, each value passed through `write`; `None` if it holds one without a value.
    pub(super) fn fill(&self, text: &str, write: impl Fn(&str) -> String) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((at, name)) = next(rest) {
            filled.push_str(&rest[..at]);
            filled.push_str(&write(self.get(name)?));
            rest = &rest[at + name.len() + 2..];
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// A text that is content: as it is, or, if it holds lines of an event stream, as those of this event. Then a line without a value is left
    /// out, and data is one line for each of its own: the hub passes on what it is given, so whoever publishes is the encoder.
    pub(super) fn fill_content(&self, text: &str) -> Result<Option<String>, String> {
        if !is_stream(text) {
            return Ok(self.fill(text, str::to_owned));
        }
        for name in ["event", "id"] {
            let value = self.get(name).unwrap_or_default();
            if text.contains(&format!("{{{name}}}")) && value.contains(['\r', '\n', '\0']) {
                return Err(format!("an event stream cannot carry this {name}"));
            }
        }
        let mut lines = Vec::new();
        for line in text.split('\n') {
            // A space behind the colon, for a client takes the first one away.
            let line = NAMES.iter().fold(line.to_owned(), |line, name| {
                line.replace(&format!(":{{{name}}}"), &format!(": {{{name}}}"))
            });
            if !line.contains("{data}") {
                lines.extend(self.fill(&line, str::to_owned));
                continue;
            }
            let data = self.get("data").map(crate::script::with_line_feeds);
            for piece in data.iter().flat_map(|data| data.split('\n')) {
                lines.push(line.replace("{data}", piece));
            }
        }
        Ok(Some(lines.join("\n")))
    }

    /// A JSON template: strings are filled, and a member without a value is left out.
    pub(super) fn fill_json(&self, json: &Value) -> Result<Option<Value>, String> {
        Ok(Some(match json {
            Value::String(text) => match text.strip_prefix(WHOLE) {
                Some("retry") => match self.get("retry").map(str::parse::<u64>) {
                    Some(Ok(retry)) => retry.into(),
                    _ => return Ok(None),
                },
                Some(name) => match self.get(name) {
                    Some(value) => value.into(),
                    None => return Ok(None),
                },
                None => match self.fill_content(text)? {
                    Some(filled) => filled.into(),
                    None => return Ok(None),
                },
            },
            Value::Array(items) => {
                let filled = items.iter().map(|item| self.fill_json(item));
                let filled: Vec<_> = filled.collect::<Result<_, _>>()?;
                filled.into_iter().flatten().collect()
            }
            Value::Object(members) => {
                let mut filled = serde_json::Map::new();
                for (name, member) in members {
                    if let Some(member) = self.fill_json(member)? {
                        filled.insert(name.clone(), member);
                    }
                }
                filled.into()
            }
            other => other.clone(),
        }))
    }
}

/// Reads a JSON template, in which a placeholder may also stand where a value does.
pub(super) fn json(text: &str) -> Option<Value> {
    let mut read = String::new();
    let (mut rest, mut inside) = (text, false);
    while let Some(first) = rest.chars().next() {
        if let Some((0, name)) = next(rest).filter(|_| !inside) {
            read.push_str(&format!("\"\\u0000{name}\""));
            rest = &rest[name.len() + 2..];
            continue;
        }
        let taken = match first {
            '\\' if inside => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            _ => first.len_utf8(),
        };
        inside ^= first == '"';
        read.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    let json: Value = serde_json::from_str(&read).ok()?;
    (json.is_object() || json.is_array()).then_some(json)
}

/// The first placeholder of `text`: where it is and its name.
fn next(text: &str) -> Option<(usize, &'static str)> {
    let found = NAMES
        .iter()
        .filter_map(|name| Some((text.find(&format!("{{{name}}}"))?, *name)));
    found.min()
}

/// Whether the text holds the `data` line of an event stream.
fn is_stream(text: &str) -> bool {
    text.split('\n')
        .any(|line| line.starts_with("data:") && line.contains("{data}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = Values([
        Some("t"),
        None,
        Some("a\r\n \"b\"\n"),
        Some("7"),
        Some("20"),
    ]);

    #[test]
    fn lines_of_a_stream_are_those_of_the_event() {
        let filled = VALUES.fill_content("event: {event}\nid:{id}\ndata:{data}\n\n");
        assert_eq!(
            filled,
            Ok(Some("id: 7\ndata: a\ndata:  \"b\"\ndata: \n\n".to_owned()))
        );
        let hostile = Values([Some("t"), Some("x\ny"), Some("a"), None, None]);
        assert!(
            hostile
                .fill_content("event: {event}\ndata: {data}\n\n")
                .is_err()
        );
        assert_eq!(hostile.fill_content("{data}"), Ok(Some("a".to_owned())));
    }

    #[test]
    fn json_is_filled_by_its_members() {
        let template = r#"{"channel": "\"{topic}\"", "event": "{event}", "retry": {retry}, "n": "{retry}", "data": {data}}"#;
        let filled = VALUES.fill_json(&json(template).expect("it is JSON"));
        let expected = serde_json::json!({"channel": "\"t\"", "retry": 20, "n": "20", "data": "a\r\n \"b\"\n"});
        assert_eq!(filled, Ok(Some(expected)));
        assert_eq!(json("{data}"), None);
        assert_eq!(json("data={data}"), None);
    }
}
