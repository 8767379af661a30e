//! Header fields: names, values, and the media type in them.

use serde::{Deserialize, Serialize};

use crate::escape;

/// The media type of an event stream.
pub const EVENT_STREAM: &str = "text/event-stream";

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name in lower case.
    pub name: String,
    /// The value, byte by byte.
    #[serde(with = "escape::serde_bytes")]
    pub value: Vec<u8>,
}

impl Header {
    /// A header field.
    pub fn new(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_ascii_lowercase(),
            value: value.into(),
        }
    }

    /// The value as text, with U+FFFD where it is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// The field as a line that is safe to print, such as `content-type: text/html`.
impl std::fmt::Display for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {}",
            escape::escape(self.name.as_bytes()),
            escape::excerpt(&self.value, 200)
        )
    }
}

/// The essence of a media type in lower case: `text/html` of `Text/HTML; charset=utf-8`. `None` if the value is not a media type.
///
/// After <https://mimesniff.spec.whatwg.org/#parse-a-mime-type>.
pub fn essence(value: &str) -> Option<String> {
    let http_space = |character| matches!(character, ' ' | '\t' | '\r' | '\n');
    let value = value.trim_matches(http_space);
    let (main, rest) = value.split_once('/')?;
    let sub = rest
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_end_matches(http_space);
    (is_token(main) && is_token(sub)).then(|| format!("{main}/{sub}").to_ascii_lowercase())
}

/// The parameters of a media type: their names in lower case, and their values, quotes removed.
pub fn parameters(value: &str) -> impl Iterator<Item = (String, String)> {
    value.split(';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        Some((name.trim().to_ascii_lowercase(), value.to_owned()))
    })
}

/// The members of a comma-separated list: their names in lower case, and what follows `=`, quotes removed.
pub fn members(value: &str) -> impl Iterator<Item = (String, Option<String>)> {
    let member = |member: &str| {
        let (name, value) = match member.split_once('=') {
            Some((name, value)) => (name, Some(value.trim().trim_matches('"').to_owned())),
            None => (member, None),
        };
        (name.trim().to_ascii_lowercase(), value)
    };
    value
        .split(',')
        .map(member)
        .filter(|(name, _)| !name.is_empty())
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_essence_is_what_a_client_compares() {
        for same in [
            "text/event-stream",
            "text/event-stream;",
            " TEXT/Event-Stream ; charset=utf-8",
            "text/event-stream;charset=windows-1252",
        ] {
            assert_eq!(essence(same).as_deref(), Some(EVENT_STREAM), "{same}");
        }
        for other in [
            "",
            "x bogus",
            "text/event-stream-x",
            "text/event-stream, text/html",
            "text",
            "text/",
        ] {
            assert_ne!(essence(other).as_deref(), Some(EVENT_STREAM), "{other}");
        }
    }

    #[test]
    fn a_parameter_is_found_in_any_case_and_in_quotes() {
        let all = |value| parameters(value).collect::<Vec<_>>();
        let utf8 = ("charset".to_owned(), "UTF-8".to_owned());
        assert_eq!(
            all("text/event-stream; Charset=\"UTF-8\";"),
            std::slice::from_ref(&utf8)
        );
        let other = ("boundary".to_owned(), "a".to_owned());
        assert_eq!(
            all("text/event-stream;boundary=a ; charset=UTF-8"),
            [other, utf8]
        );
        assert_eq!(all("text/event-stream"), []);
    }
}
