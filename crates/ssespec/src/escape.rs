//! Bytes as text that is safe to print anywhere.
//!
//! The escapes are those of the fixture format: printable ASCII stands for itself, `\n` `\r` `\\` and `\xHH` for the rest. What a target sends
//! passes through here before it reaches a terminal, a log or a report.

use std::fmt::Write as _;

/// All of `bytes` as printable ASCII.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        push(&mut text, byte);
    }
    text
}

/// The first `most` bytes as printable ASCII, with `…` where something was cut.
pub fn excerpt(bytes: &[u8], most: usize) -> String {
    if bytes.len() <= most {
        escape(bytes)
    } else {
        escape(&bytes[..most]) + "…"
    }
}

/// Text for a report: control characters and what changes the direction or the place of text are escaped, other characters stay.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let hidden = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if hidden {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The bytes that `text` stands for, the inverse of [`escape`].
///
/// # Errors
///
/// Says which escape is unknown.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'\\' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let (byte, taken) = match tail {
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', high, low, ..] => {
                let digits = [*high, *low];
                let byte = std::str::from_utf8(&digits)
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                    .ok_or_else(|| {
                        format!(
                            "\\x takes two hexadecimal digits, not {:?}",
                            escape(&digits)
                        )
                    })?;
                (byte, 3)
            }
            other => {
                return Err(format!(
                    "unknown escape \\{}",
                    escape(&other[..other.len().min(1)])
                ));
            }
        };
        bytes.push(byte);
        rest = &tail[taken..];
    }
    Ok(bytes)
}

fn push(text: &mut String, byte: u8) {
    match byte {
        b'\n' => text.push_str("\\n"),
        b'\r' => text.push_str("\\r"),
        b'\\' => text.push_str("\\\\"),
        b' '..=b'~' => text.push(char::from(byte)),
        _ => {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
}

/// Bytes as an escaped string in serde formats.
pub mod serde_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes `bytes` escaped.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::escape(bytes))
    }

    /// Reads escaped bytes.
    ///
    /// # Errors
    ///
    /// Those of the deserializer, or an unknown escape.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::unescape(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_terminal_gets_through() {
        assert_eq!(
            escape(b"\x1b[2Jhi\x07\r\n\\\xff"),
            r"\x1b[2Jhi\x07\r\n\\\xff"
        );
        assert_eq!(
            printable("a\u{1b}[31m\u{202e}b\u{9b}é"),
            r"a\u{1b}[31m\u{202e}b\u{9b}é"
        );
    }

    #[test]
    fn unescape_is_the_inverse_of_escape() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(&escape(&all)), Ok(all));
    }
}
