//! HTTP/1 by its bytes: what is against the grammar in a head, and where a message ends.

use crate::escape::excerpt;
use crate::observation::Response;

/// What is against the grammar in the bytes of a response head, if anything is: <https://www.rfc-editor.org/rfc/rfc9112#section-2.1>. Values are
/// not shown, which may be secret.
pub(crate) fn fault_of_head(head: &[u8]) -> Option<String> {
    let mut lines = head
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line));
    let first = lines.clone().find(|line| !line.trim_ascii().is_empty())?;
    if let Some(fault) = fault_of_status_line(first.trim_ascii_end()) {
        return Some(fault);
    }
    if lines.clone().any(|line| !line.ends_with(b"\r")) {
        return Some("a line of the response head ends in LF alone".to_owned());
    }
    let content = |line: &'_ [u8]| line[..line.len().saturating_sub(1)].to_vec();
    let status = content(lines.next()?);
    if status.is_empty() {
        return Some("an empty line stands in front of the status line".to_owned());
    }
    if status.contains(&b'\r') {
        return Some("CR stands within the status line".to_owned());
    }
    if status.iter().filter(|byte| **byte == b' ').count() < 2 {
        return Some("no space stands behind the status code".to_owned());
    }
    lines
        .map(content)
        .filter(|line| !line.is_empty())
        .find_map(|line| fault_of_field(&line))
}

/// What is wrong with the version or the status code, if anything is: <https://www.rfc-editor.org/rfc/rfc9112#section-4>.
fn fault_of_status_line(line: &[u8]) -> Option<String> {
    let (version, rest) = match line.iter().position(|byte| *byte == b' ') {
        Some(space) => (&line[..space], &line[space + 1..]),
        None => (line, &b""[..]),
    };
    let shown = |text: &[u8]| excerpt(text, 40);
    let is_version = matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit());
    if !is_version {
        return Some(match is_of_event_stream(line) {
            true => format!(
                "the response begins with the event stream, \"{}\", and has no head",
                shown(line)
            ),
            false => format!(
                "\"{}\" stands where a version of HTTP belongs",
                shown(version)
            ),
        });
    }
    let code = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_code = code.len() == 3 && code.iter().all(u8::is_ascii_digit);
    (!is_code).then(|| {
        format!(
            "the status code is \"{}\", and not three digits",
            shown(code)
        )
    })
}

/// Whether `head`, which no library reads, is meant as HTTP: another protocol has no fault that can be named.
pub(crate) fn is_meant_as_http(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let begins = |with: &[u8]| {
        let start = line.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    begins(b"HTTP/") || begins(b"ICY ") || is_of_event_stream(line)
}

/// Whether `line` is a comment or one of the fields that an event stream has.
fn is_of_event_stream(line: &[u8]) -> bool {
    let fields: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];
    fields.iter().any(|field| line.starts_with(field))
}

fn fault_of_field(line: &[u8]) -> Option<String> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Some("a field of the response head goes on in a second line".to_owned());
    }
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Some("a line of the response head has no colon".to_owned());
    };
    let (name, value) = line.split_at(colon);
    let shown = String::from_utf8_lossy(name);
    if reqwest::header::HeaderName::from_bytes(name).is_err() {
        return Some(match name.trim_ascii_end() == name {
            false => format!(
                "white space stands between the name {:?} and its colon",
                shown.trim_end()
            ),
            true => format!("{shown:?} is no name of a header field"),
        });
    }
    let control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    value
        .iter()
        .any(control)
        .then(|| format!("a control character stands in the value of {shown}"))
}

/// Where the content of `response` ends in its body, which holds the bytes as they came, transfer coding and all. `None` if it has not ended in them,
/// or by its framing does not end before the connection.
pub(crate) fn end_of_content(response: &Response) -> Option<usize> {
    let bytes = &response.body.bytes;
    if matches!(response.status, 204 | 304) {
        return Some(0);
    }
    if response.header("transfer-encoding").is_some() {
        return end_of_chunks(bytes).filter(|_| response.is_in_chunks());
    }
    let length = response.header("content-length")?.trim().parse().ok()?;
    (bytes.len() >= length).then_some(length)
}

/// Where content in chunks ends, its trailer section included.
fn end_of_chunks(bytes: &[u8]) -> Option<usize> {
    let mut chunks = Chunks::default();
    chunks.feed(bytes).ok()?;
    chunks.is_over().then_some(chunks.read)
}

/// Takes content in chunks apart as it comes: <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>.
#[derive(Default)]
pub(crate) struct Chunks {
    place: Place,
    line: Vec<u8>,
    /// How many bytes have been taken.
    read: usize,
}

/// What comes next in content in chunks.
#[derive(Default)]
enum Place {
    #[default]
    Size,
    /// So many bytes of a chunk.
    Content(usize),
    BehindContent,
    Trailer,
    Over,
}

/// The most bytes of a line between chunks (8 KiB).
const LONGEST_LINE: usize = 8 << 10;

impl Chunks {
    /// The content in `bytes`, which come next; what comes behind the last chunk is left alone.
    ///
    /// # Errors
    ///
    /// What is wrong with them, if they are no chunks.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        while !bytes.is_empty() && !self.is_over() {
            let count = match self.place {
                Place::Content(left) => {
                    let count = left.min(bytes.len());
                    content.extend_from_slice(&bytes[..count]);
                    self.place = match left - count {
                        0 => Place::BehindContent,
                        left => Place::Content(left),
                    };
                    count
                }
                _ => {
                    let end = memchr::memchr(b'\n', bytes).map(|end| end + 1);
                    let count = end.unwrap_or(bytes.len());
                    self.line.extend_from_slice(&bytes[..count]);
                    if self.line.len() > LONGEST_LINE {
                        return Err("a line between chunks is longer than 8 KiB".to_owned());
                    }
                    if end.is_some() {
                        self.end_line()?;
                    }
                    count
                }
            };
            self.read += count;
            bytes = &bytes[count..];
        }
        Ok(content)
    }

    /// Whether the last chunk and its trailer section have come.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.place, Place::Over)
    }

    fn end_line(&mut self) -> Result<(), String> {
        let line = std::mem::take(&mut self.line);
        let wrong = || format!("{} between chunks", excerpt(&line, 40));
        let text = line.strip_suffix(b"\r\n").ok_or_else(wrong)?;
        self.place = match self.place {
            Place::Size => match size(text).ok_or_else(wrong)? {
                0 => Place::Trailer,
                size => Place::Content(size),
            },
            Place::BehindContent if text.is_empty() => Place::Size,
            Place::Trailer if text.is_empty() => Place::Over,
            Place::Trailer => Place::Trailer,
            _ => return Err(wrong()),
        };
        Ok(())
    }
}

/// The size of a chunk, without its extensions.
fn size(line: &[u8]) -> Option<usize> {
    let size = line.split(|byte| *byte == b';').next()?;
    usize::from_str_radix(std::str::from_utf8(size).ok()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_held_to_its_grammar() {
        let fault = |head: &str| fault_of_head(head.as_bytes());
        for right in [
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
            "HTTP/1.0 200 \r\nx:y\r\nempty:\r\ntext: caf\u{e9}\ta\r\n\r\n",
        ] {
            assert_eq!(fault(right), None, "{right:?}");
        }
        for (wrong, part) in [
            ("HTTP/1.1 200 OK\nx: y\n\n", "LF alone"),
            ("HTTP/1.1 200 OK\r\nx: y\n\r\n", "LF alone"),
            ("HTTP/1.1 200\r\nx: y\r\n\r\n", "status code"),
            ("HTTP/1.1 2000 OK\r\nx: y\r\n\r\n", "\"2000\""),
            ("HTTP/1.1 OK\r\nx: y\r\n\r\n", "\"OK\""),
            ("HTTP/2 200 OK\r\nx: y\r\n\r\n", "\"HTTP/2\""),
            ("ICY 200 OK\r\nx: y\r\n\r\n", "\"ICY\""),
            ("id: 1\ndata: a\n\n", "no head"),
            ("HTTP/1.1 200 OK\r\nx : y\r\n\r\n", "white space"),
            ("HTTP/1.1 200 OK\r\nx\u{f6}y: z\r\n\r\n", "no name"),
            ("HTTP/1.1 200 OK\r\nx: y\r\n z\r\n\r\n", "second line"),
            ("HTTP/1.1 200 OK\r\nWarning\r\n\r\n", "no colon"),
            ("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n", "control character"),
            ("HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n", "control character"),
        ] {
            let fault = fault(wrong).unwrap_or_default();
            assert!(fault.contains(part), "{wrong:?}: {fault}");
        }
    }

    #[test]
    fn another_protocol_is_not_held_to_this_grammar() {
        for head in ["HTTP/2 200 OK\r\n", "http/1.1 200 OK\r\n", ": hi\n\n"] {
            assert!(is_meant_as_http(head.as_bytes()), "{head:?}");
        }
        for head in ["SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", ""] {
            assert!(!is_meant_as_http(head.as_bytes()), "{head:?}");
        }
    }

    #[test]
    fn chunks_end_behind_their_trailers() {
        for (bytes, end) in [
            (&b"5\r\nhello\r\n0\r\n\r\nmore"[..], Some(15)),
            (b"5;a=b\r\nhello\r\n000\r\nX: y\r\n\r\n", Some(27)),
            (b"5\r\nhello\r\n0\r\n", None),
            (b"5\r\nhello\r\n", None),
            (b"4\r\nhello\r\n0\r\n\r\n", None),
            (b"ffffffffffffffff\r\nhello\r\n", None),
            (b"", None),
        ] {
            assert_eq!(end_of_chunks(bytes), end, "{bytes:?}");
        }
    }

    #[test]
    fn chunks_are_taken_apart_wherever_they_are_cut() {
        let bytes = b"5;a=b\r\nhel\r\n\r\n3\r\nlo\n\r\n0\r\nX: y\r\n\r\nmore";
        for size in 1..=bytes.len() {
            let mut chunks = Chunks::default();
            let content: Result<Vec<_>, _> =
                bytes.chunks(size).map(|part| chunks.feed(part)).collect();
            assert_eq!(content.expect("chunks").concat(), b"hel\r\nlo\n");
            assert!(chunks.is_over());
        }
        assert!(Chunks::default().feed(b"data: no chunk\n").is_err());
        assert!(Chunks::default().feed(b"2\r\nabc\r\n").is_err());
        assert!(Chunks::default().feed(&[b'1'; 9_000]).is_err());
    }
}
