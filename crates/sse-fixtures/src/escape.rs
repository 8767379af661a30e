//! Bytes as printable ASCII, and back.

use crate::error::Complaint;

const KNOWN: &str = r"write one of `\n`, `\r`, `\\`, `\xHH`, `\|`";

/// What one source line adds to a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Byte(u8),
    Cut,
}

/// Reads one source line; its characters are printable ASCII already.
pub(crate) fn read(line: &str) -> Result<Vec<Piece>, Complaint> {
    let mut pieces = Vec::with_capacity(line.len());
    let mut bytes = line.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            pieces.push(Piece::Byte(byte));
            continue;
        }
        pieces.push(match bytes.next() {
            Some(b'n') => Piece::Byte(b'\n'),
            Some(b'r') => Piece::Byte(b'\r'),
            Some(b'\\') => Piece::Byte(b'\\'),
            Some(b'|') => Piece::Cut,
            Some(b'x') => Piece::Byte(hex(&mut bytes)?),
            Some(other) => {
                let found = format!(r"unknown escape `\{}`", char::from(other));
                return Err(Complaint::new(found, KNOWN));
            }
            None => {
                let found = "a backslash at the end of the line";
                return Err(Complaint::new(found, KNOWN));
            }
        });
    }
    Ok(pieces)
}

/// Reads a value that cannot be cut, such as that of a header.
pub(crate) fn read_value(text: &str) -> Result<Vec<u8>, Complaint> {
    read(text)?
        .into_iter()
        .map(|piece| match piece {
            Piece::Byte(byte) => Ok(byte),
            Piece::Cut => Err(Complaint::new(
                r"a chunk edge `\|` outside of a stream",
                r"write `\|` in `--- stream` only",
            )),
        })
        .collect()
}

fn hex(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, Complaint> {
    let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
    let byte = digit().zip(digit()).map(|(high, low)| high * 16 + low);
    byte.and_then(|byte| u8::try_from(byte).ok())
        .ok_or_else(|| {
            Complaint::new(
                r"`\x` without two hexadecimal digits",
                r"write two, as in `\x00`",
            )
        })
}

/// Appends one byte as it is written in a fixture.
pub(crate) fn push(out: &mut String, byte: u8) {
    match byte {
        b'\n' => out.push_str(r"\n"),
        b'\r' => out.push_str(r"\r"),
        b'\\' => out.push_str(r"\\"),
        b' '..=b'~' => out.push(char::from(byte)),
        _ => push_hex(out, byte),
    }
}

/// Appends one byte as `\xHH`, whatever it is.
pub(crate) fn push_hex(out: &mut String, byte: u8) {
    out.push_str(&format!(r"\x{byte:02x}"));
}

/// Writes a value that stands at the end of a line and starts after a space.
pub(crate) fn value(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for (index, &byte) in bytes.iter().enumerate() {
        // what is white space at an edge could not be seen, and the loader refuses it at the end
        let at_an_edge = index == 0 || index + 1 == bytes.len();
        if byte == b' ' && at_an_edge {
            push_hex(&mut out, byte);
        } else {
            push(&mut out, byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives() {
        for byte in 0..=u8::MAX {
            let mut written = String::new();
            push(&mut written, byte);
            assert!(written.bytes().all(|b| (b' '..=b'~').contains(&b)));
            assert_eq!(read(&written), Ok(vec![Piece::Byte(byte)]), "{written}");
            assert_eq!(read_value(&value(&[byte])), Ok(vec![byte]));
        }
    }

    #[test]
    fn hexadecimal_digits_may_be_of_either_case() {
        assert_eq!(read_value(r"\xeF\xBb\xbf"), Ok(vec![0xef, 0xbb, 0xbf]));
    }

    #[test]
    fn half_an_escape_is_refused() {
        for text in [r"\", r"\x", r"\x1", r"\x1g", r"\u0041", r"\t", r"\0"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_has_no_chunk_edge() {
        assert!(read_value(r"a\|b").is_err());
    }
}
