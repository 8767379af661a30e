use alloc::vec::Vec;
use core::mem;

use crate::bom::Bom;
use crate::grammar;
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::line::{EndOfLine, Line};
use crate::scan::Spans;

/// The [lines](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) of a stream with their places, for who wants to see more than events: comments, unknown fields, bytes.
///
/// # Examples
///
/// ```
/// use sse_parser::{Line, Lines};
///
/// let mut lines = Lines::new();
/// let mut feed = lines.feed(b"data: a\n: hi\n\n");
/// let mut comments = Vec::new();
/// while let Some(line) = feed.next_line() {
///     let line = line?;
///     if let Line::Comment(text) = line.line {
///         comments.push((line.offset, text.to_vec()));
///     }
/// }
/// assert_eq!(comments, [(8, b" hi".to_vec())]);
/// # Ok::<(), sse_parser::LimitExceeded>(())
/// ```
#[derive(Debug)]
pub struct Lines {
    limit: usize,
    bom: Bom,
    /// The last byte was a CR, so an LF that follows belongs to it.
    after_cr: bool,
    /// How much of the stream has come.
    offset: u64,
    /// What has come of an unfinished line.
    unfinished: Vec<u8>,
    /// Where that line begins in the stream.
    unfinished_offset: u64,
    /// The unfinished line was too long, and what comes of it is dropped.
    dropped: bool,
    /// The line that was given last, if it did not lie whole in a chunk.
    joined: Vec<u8>,
}

/// A line with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocatedLine<'a> {
    /// Where its first byte is in the stream, in bytes; those of a byte order mark count.
    pub offset: u64,
    /// Its bytes, without its end.
    pub raw: &'a [u8],
    /// What it is.
    pub line: Line<'a>,
    /// How it ended. A CR that is the last byte of a chunk is [`EndOfLine::Cr`] even if an LF follows in the next one, because a line
    /// ended by CR acts at once.
    pub end_of_line: EndOfLine,
}

/// A last line without its end, from [`Lines::finish`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unterminated {
    /// Where its first byte is in the stream, in bytes.
    pub offset: u64,
    /// Its bytes, as many as were kept.
    pub bytes: Vec<u8>,
}

impl Lines {
    /// Without a limit, for what is trusted.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limit(usize::MAX)
    }

    /// With lines of at most so many bytes, their ends not counted. At most six times as much is held in memory.
    #[must_use]
    pub const fn with_limit(line: usize) -> Self {
        Self {
            limit: line,
            bom: Bom::START,
            after_cr: false,
            offset: 0,
            unfinished: Vec::new(),
            unfinished_offset: 0,
            dropped: false,
            joined: Vec::new(),
        }
    }

    /// Whether the stream began with a byte order mark.
    #[must_use]
    pub const fn had_bom(&self) -> bool {
        matches!(self.bom, Bom::Passed { present: true })
    }

    /// Takes the next bytes; the lines are pulled from what comes back. Dropping it early reads the rest too.
    pub fn feed<'s, 'c>(&'s mut self, chunk: &'c [u8]) -> LineFeed<'s, 'c> {
        let length = chunk.len();
        let (chunk, no_bom) = self.bom.strip(chunk);
        self.unfinished.extend_from_slice(no_bom); // at offset 0, as the field says from the start
        let offset = self.offset + (length - chunk.len()) as u64;
        self.offset += length as u64;
        LineFeed {
            spans: Spans::new(chunk, self.after_cr),
            offset,
            done: false,
            lines: self,
        }
    }

    /// Ends the stream; gives the last line if it had no end. After it everything begins anew.
    pub fn finish(&mut self) -> Option<Unterminated> {
        let ended = mem::replace(self, Self::with_limit(self.limit));
        let mut bytes = ended.bom.unfinished().to_vec();
        bytes.extend_from_slice(&ended.unfinished);
        (!bytes.is_empty() || ended.dropped).then_some(Unterminated {
            offset: ended.unfinished_offset,
            bytes,
        })
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

/// A chunk whose lines are read, from [`Lines::feed`].
#[derive(Debug)]
#[must_use = "a chunk is read by asking for its lines"]
pub struct LineFeed<'s, 'c> {
    lines: &'s mut Lines,
    spans: Spans<'c>,
    /// Where the chunk begins in the stream.
    offset: u64,
    done: bool,
}

impl<'c> LineFeed<'_, 'c> {
    /// The next line that has its end, or `None` at the end of the chunk.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`], once for each line that is too long. The next call goes on behind its end.
    pub fn next_line(&mut self) -> Option<Result<LocatedLine<'_>, LimitExceeded>> {
        match self.advance()? {
            Ok(Place {
                offset,
                in_chunk,
                end_of_line,
            }) => {
                let raw = in_chunk.unwrap_or(&self.lines.joined);
                Some(Ok(LocatedLine {
                    offset,
                    raw,
                    line: grammar::content(raw),
                    end_of_line,
                }))
            }
            Err(exceeded) => Some(Err(exceeded)),
        }
    }

    fn advance(&mut self) -> Option<Result<Place<'c>, LimitExceeded>> {
        while let Some(span) = self.spans.next() {
            let lines = &mut *self.lines;
            if mem::take(&mut lines.dropped) {
                continue;
            }
            let piece = &self.spans.chunk()[span.clone()];
            let end_of_line = grammar::end_of_line(&self.spans.chunk()[span.end..])
                .map_or(EndOfLine::Lf, |(_, end_of_line)| end_of_line);
            if lines.unfinished.len() + piece.len() > lines.limit {
                lines.unfinished.clear();
                return Some(Err(lines.exceeded()));
            }
            if lines.unfinished.is_empty() {
                return Some(Ok(Place {
                    offset: self.offset + span.start as u64,
                    in_chunk: Some(piece),
                    end_of_line,
                }));
            }
            lines.unfinished.extend_from_slice(piece);
            mem::swap(&mut lines.unfinished, &mut lines.joined);
            lines.unfinished.clear();
            lines.unfinished.shrink_to(Limits::RETAINED);
            return Some(Ok(Place {
                offset: lines.unfinished_offset,
                in_chunk: None,
                end_of_line,
            }));
        }
        if mem::replace(&mut self.done, true) {
            return None;
        }
        self.keep().err().map(Err)
    }

    fn keep(&mut self) -> Result<(), LimitExceeded> {
        let lines = &mut *self.lines;
        if let Some(last) = self.spans.chunk().last() {
            lines.after_cr = *last == b'\r';
        }
        let tail = self.spans.rest();
        if tail.is_empty() || lines.dropped {
            return Ok(());
        }
        if lines.unfinished.is_empty() {
            lines.unfinished_offset = self.offset + (self.spans.chunk().len() - tail.len()) as u64;
        }
        if lines.unfinished.len() + tail.len() > lines.limit {
            lines.dropped = true;
            lines.unfinished.clear();
            return Err(lines.exceeded());
        }
        lines.unfinished.extend_from_slice(tail);
        Ok(())
    }
}

impl Lines {
    fn exceeded(&self) -> LimitExceeded {
        LimitExceeded {
            limit: Limit::Line,
            allowed: self.limit,
        }
    }
}

/// What is known of a line before it is borrowed.
struct Place<'c> {
    offset: u64,
    /// Its bytes; without them they are in `joined`, because they did not lie whole in the chunk.
    in_chunk: Option<&'c [u8]>,
    end_of_line: EndOfLine,
}

/// The rest of the chunk is part of the stream, whether its lines are wanted or not.
impl Drop for LineFeed<'_, '_> {
    fn drop(&mut self) {
        while self.advance().is_some() {}
    }
}
