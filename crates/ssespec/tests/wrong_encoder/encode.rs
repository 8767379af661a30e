//! The encoder of the endpoint, with everything that encoders get wrong, one name each.

use serde_json::Value;

use super::Has;

/// What becomes of a step.
pub(crate) enum Answer {
    Written(Vec<u8>),
    Refused,
    Unsupported,
    Panics,
}

pub(crate) fn write(traits: &Has, _index: usize, step: &Value) -> Answer {
    let has = |name: &str| traits.has(name);
    let text = |name: &str| step.get(name).and_then(Value::as_str);
    let (event, id, data, comment) = (text("event"), text("id"), text("data"), text("comment"));
    let retry = step.get("retry").and_then(Value::as_u64);
    if has("refuses lines") && data.is_some_and(|data| data.contains('\n'))
        || has("refuses ids") && id.is_some()
    {
        return Answer::Refused;
    }
    if has("no data") && data.is_some_and(|data| data.starts_with('T'))
        || has("JSON only") && data.is_some_and(|data| !is_json(data))
        || has("no comments") && comment.is_some()
        || has("no retry alone") && retry.is_some() && data.is_none()
    {
        return Answer::Unsupported;
    }
    let raw = |name: &str| has(&format!("raw {name}"));
    let unsafe_text = |name: &str, text: Option<&str>| {
        let nul = name == "id" && text.is_some_and(|text| text.contains('\0')) && !raw("NUL");
        nul || text.is_some_and(|text| text.contains(['\r', '\n'])) && !raw(name)
    };
    let hostile = unsafe_text("event", event)
        || unsafe_text("id", id)
        || unsafe_text("comment", comment) && !has("splits comments");
    if hostile && has("panics") {
        return Answer::Panics;
    }
    if hostile && has("drops hostile events") {
        return Answer::Written(Vec::new());
    }
    if hostile && !has("cuts line ends out") {
        return Answer::Refused;
    }
    let cautious = |text: &str| {
        text.contains(|c: char| {
            c.is_control() && !matches!(c, '\n' | '\r' | '\t') || u32::from(c) & 0xfffe == 0xfffe
        })
    };
    if has("cautious")
        && [event, id, data, comment]
            .into_iter()
            .flatten()
            .any(cautious)
    {
        return Answer::Refused;
    }
    let mut lines = Vec::new();
    let clean = |text: &str| {
        if has("cuts line ends out") {
            text.replace(['\r', '\n', '\0'], "")
        } else {
            text.to_owned()
        }
    };
    if let Some(comment) = comment {
        if has("splits comments") {
            lines.extend(split(comment).into_iter().map(|line| format!(": {line}")));
        } else {
            lines.push(format!(": {}", clean(comment)));
        }
    }
    let fields = Fields {
        event: event.map(clean),
        id: id.map(clean),
        retry,
        data,
    };
    lines.extend(fields.lines(traits));
    if has("data behind comments") && comment.is_some() && data.is_none() {
        lines.push("data: ".to_owned());
    }
    Answer::Written(block(traits, &lines))
}

/// Whether a serializer of JSON can lead to this text.
fn is_json(text: &str) -> bool {
    let value = serde_json::from_str::<Value>(text);
    value
        .and_then(|value| serde_json::to_string(&value))
        .is_ok_and(|again| again == text)
}

struct Fields<'a> {
    event: Option<String>,
    id: Option<String>,
    retry: Option<u64>,
    data: Option<&'a str>,
}

impl Fields<'_> {
    fn lines(self, traits: &Has) -> Vec<String> {
        let has = |name: &str| traits.has(name);
        let colon = |name: &str, value: &str| {
            let space = match () {
                () if has("no space") => "",
                () if has("a space where needed") => {
                    if value.starts_with(' ') {
                        " "
                    } else {
                        ""
                    }
                }
                () => " ",
            };
            format!("{name}:{space}{value}")
        };
        let mut lines = Vec::new();
        if let Some(event) = self
            .event
            .or_else(|| has("names messages").then(|| "message".to_owned()))
        {
            lines.push(colon("event", &event));
        }
        let own_id = self.id.is_none() && has("own ids");
        if let Some(id) = self
            .id
            .filter(|id| !id.is_empty() || !has("asks whether it is truthy"))
            .or_else(|| own_id.then(|| "own-id".to_owned()))
        {
            lines.push(colon("id", &id));
        }
        if let Some(retry) = self
            .retry
            .filter(|retry| *retry > 0 || !has("asks whether it is truthy"))
        {
            let retry = if has("retry in seconds") {
                retry / 1000
            } else {
                retry
            };
            let unit = if has("retry with a unit") { "ms" } else { "" };
            lines.push(colon("retry", &format!("{retry}{unit}")));
        }
        let data = self
            .data
            .or_else(|| (has("always data") && !lines.is_empty()).then_some(""));
        if let Some(data) = data.filter(|data| !data.is_empty() || !has("no empty data")) {
            lines.extend(
                data_lines(traits, data)
                    .iter()
                    .map(|line| colon("data", line)),
            );
        }
        if has("data first") {
            lines.reverse();
            let fields = lines
                .iter()
                .filter(|line| !line.starts_with("data"))
                .cloned();
            let data = lines
                .iter()
                .rev()
                .filter(|line| line.starts_with("data"))
                .cloned();
            lines = data.chain(fields).collect();
        }
        lines
    }
}

fn data_lines(traits: &Has, data: &str) -> Vec<String> {
    let has = |name: &str| traits.has(name);
    let mut data = data.to_owned();
    if has("trims") {
        data = data.trim().to_owned();
    }
    if has("drops trailing newline") {
        data = data.trim_end_matches(['\r', '\n']).to_owned();
    }
    if has("JSON") {
        data = serde_json::to_string(&data).expect("text");
    }
    if has("encodes UTF-8 twice") {
        data = data.bytes().map(char::from).collect();
    }
    if has("joins lines") {
        data = data.replace('\n', "");
    }
    match () {
        () if has("raw data") => vec![data],
        () if has("splits at LF only") => data.split('\n').map(str::to_owned).collect(),
        () if has("doubles CRLF") => data.split(['\r', '\n']).map(str::to_owned).collect(),
        () if has("splitlines") => {
            let ends = [
                '\r', '\n', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}',
                '\u{2029}',
            ];
            data.replace("\r\n", "\n")
                .split(ends)
                .map(str::to_owned)
                .collect()
        }
        () => split(&data),
    }
}

fn split(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n")
        .split(['\r', '\n'])
        .map(str::to_owned)
        .collect()
}

fn block(traits: &Has, lines: &[String]) -> Vec<u8> {
    let has = |name: &str| traits.has(name);
    let eol = match () {
        () if has("CRLF") => "\r\n",
        () if has("CR") => "\r",
        () => "\n",
    };
    let mut bytes = Vec::new();
    let mut size = 0;
    for (at, line) in lines.iter().enumerate() {
        if has("keep-alive in a block") && at == 2 {
            bytes.extend_from_slice(b": ping\n\n");
        }
        if has("comments everywhere") {
            bytes.extend_from_slice(format!(": {at}{eol}").as_bytes());
        }
        if has("Latin-1") {
            bytes.extend(
                line.chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')),
            );
        } else {
            bytes.extend_from_slice(line.as_bytes());
        }
        bytes.extend_from_slice(eol.as_bytes());
        size += line.len();
        if has("cuts large events") && size > 4096 {
            bytes.extend_from_slice(eol.as_bytes());
            bytes.extend_from_slice(b"data: rest");
            bytes.extend_from_slice(eol.as_bytes());
            size = 0;
        }
    }
    bytes.extend_from_slice(eol.as_bytes());
    if has("two blank lines") {
        bytes.extend_from_slice(eol.as_bytes());
    }
    bytes
}
