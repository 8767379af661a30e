//! What the standard does with a stream, line by line, so that it can be read.
//!
//! A plain transcription of its steps that shares nothing with the parser: lines are found, decoded one by one and interpreted, and every step
//! says in words what was done and why.

mod buffers;
mod text;
mod words;

pub use buffers::{Buffers, Dispatched};
pub use text::{quoted, step_lines, write};

/// One line of a stream, or the place where it ends, and what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where its first byte is in the stream, in bytes.
    pub offset: usize,
    /// Its bytes with the end of the line; a byte order mark stands before the first line.
    pub bytes: Vec<u8>,
    /// What the standard does with it.
    pub does: Vec<String>,
    /// The event that it dispatches.
    pub dispatched: Option<Dispatched>,
    /// Everything that is remembered after it.
    pub after: Buffers,
}

/// All steps of a stream; the last one is its end.
pub fn steps(bytes: &[u8]) -> Vec<Step> {
    let mut buffers = Buffers::default();
    let mut steps = Vec::new();
    let mut offset = 0;
    let mut bom = usize::from(bytes.starts_with(words::BOM)) * words::BOM.len();
    while offset < bytes.len() {
        let rest = &bytes[offset..];
        let Some((content, length)) = line(&rest[bom..]) else {
            break;
        };
        let text = String::from_utf8_lossy(content);
        let mut does = Vec::new();
        if bom > 0 {
            does.push("the byte order mark at the start is removed".to_owned());
        }
        let dispatched = buffers.line(&text, &mut does);
        words::remarks(content, &text, &mut does);
        steps.push(Step {
            offset,
            bytes: rest[..bom + length].to_vec(),
            does,
            dispatched,
            after: buffers.clone(),
        });
        offset += bom + length;
        bom = 0;
    }
    let rest = &bytes[offset..];
    steps.push(Step {
        offset,
        bytes: rest.to_vec(),
        does: buffers.end(&rest[bom.min(rest.len())..]),
        dispatched: None,
        after: buffers,
    });
    steps
}

/// The first line of `bytes` without its end, and its length with it.
fn line(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let both = bytes[end..].starts_with(b"\r\n");
    Some((&bytes[..end], end + 1 + usize::from(both)))
}
