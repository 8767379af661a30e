use alloc::vec::Vec;
use core::mem;

use crate::bom::Bom;
use crate::grammar;
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::line::{EndOfLine, Line};
use crate::scan::LineEnds;

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
    after_cr: bool,
    /// Where the line begins that comes next, in the stream.
    offset: u64,
    /// What has come of an unfinished line.
    unfinished: Vec<u8>,
    /// The line that was given last, if it did not lie whole in a chunk.
    joined: Vec<u8>,
    /// The unfinished line was too long: so many bytes of it were dropped.
    dropped: Option<u64>,
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

    /// With lines of at most so many bytes, their ends not counted.
    #[must_use]
    pub const fn with_limit(line: usize) -> Self {
        Self {
            limit: line,
            bom: Bom::START,
            after_cr: false,
            offset: 0,
            unfinished: Vec::new(),
            joined: Vec::new(),
            dropped: None,
        }
    }

    /// Whether the stream began with a byte order mark.
    #[must_use]
    pub const fn had_bom(&self) -> bool {
        matches!(self.bom, Bom::Passed { present: true })
    }

    /// Takes the next bytes; the lines are pulled from what comes back. Dropping it early reads the rest too.
    pub fn feed<'s, 'c>(&'s mut self, chunk: &'c [u8]) -> LineFeed<'s, 'c> {
        let had_bom = self.had_bom();
        let (chunk, no_bom) = self.bom.strip(chunk);
        self.unfinished.extend_from_slice(no_bom);
        if self.had_bom() && !had_bom {
            self.offset += 3;
        }
        LineFeed {
            lines: self,
            chunk,
            start: 0,
            ends: LineEnds::new(chunk),
        }
    }

    /// Ends the stream; gives the last line if it had no end. After it everything begins anew.
    pub fn finish(&mut self) -> Option<Unterminated> {
        let ended = mem::replace(self, Self::with_limit(self.limit));
        let mut bytes = ended.bom.unfinished().to_vec();
        bytes.extend_from_slice(&ended.unfinished);
        (!bytes.is_empty() || ended.dropped.is_some()).then_some(Unterminated {
            offset: ended.offset,
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
    chunk: &'c [u8],
    start: usize,
    ends: LineEnds<'c>,
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
        loop {
            let Some(end) = self.next_end() else {
                return self.keep().err().map(Err);
            };
            let piece = &self.chunk[self.start..end];
            let end_of_line = grammar::end_of_line(&self.chunk[end..])
                .map_or(EndOfLine::Lf, |(_, end_of_line)| end_of_line);
            self.start = end + 1;
            let lines = &mut *self.lines;
            lines.after_cr = self.chunk[end] == b'\r';

            let reported = lines.dropped.take();
            let length = reported.unwrap_or(0) + (lines.unfinished.len() + piece.len()) as u64;
            let offset = lines.offset;
            lines.offset += length + end_of_line.len() as u64;
            if reported.is_some() {
                continue;
            }
            if length > lines.limit as u64 {
                lines.unfinished.clear();
                return Some(Err(lines.exceeded()));
            }
            if lines.unfinished.is_empty() {
                return Some(Ok(Place {
                    offset,
                    in_chunk: Some(piece),
                    end_of_line,
                }));
            }
            lines.unfinished.extend_from_slice(piece);
            mem::swap(&mut lines.unfinished, &mut lines.joined);
            lines.unfinished.clear();
            lines.unfinished.shrink_to(Limits::RETAINED);
            return Some(Ok(Place {
                offset,
                in_chunk: None,
                end_of_line,
            }));
        }
    }

    /// The next end of a line, where the LF of a CRLF is none.
    fn next_end(&mut self) -> Option<usize> {
        loop {
            let end = self.ends.next()?;
            let adjacent = end == self.start && self.lines.unfinished.is_empty();
            if self.lines.after_cr && adjacent && self.chunk[end] == b'\n' {
                self.lines.after_cr = false;
                self.start += 1;
                if end == 0 {
                    self.lines.offset += 1; // the CR was in the chunk before, and the line ended with it
                }
                continue;
            }
            return Some(end);
        }
    }

    fn keep(&mut self) -> Result<(), LimitExceeded> {
        let tail = &self.chunk[self.start..];
        self.start = self.chunk.len();
        let lines = &mut *self.lines;
        if tail.is_empty() {
            return Ok(());
        }
        lines.after_cr = false;
        if let Some(dropped) = &mut lines.dropped {
            *dropped += tail.len() as u64;
            return Ok(());
        }
        if lines.unfinished.len() + tail.len() > lines.limit {
            lines.dropped = Some((lines.unfinished.len() + tail.len()) as u64);
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
