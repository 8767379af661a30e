//! A captured body read as an event stream: its lines, its blocks, and the events that a client dispatches from it.

use sse_parser::{EndOfLine, EventStream, FieldName, Line};

use crate::check::NotObserved;
use crate::observation::{Body, Response};

/// How many blocks of a body are kept. A stream with more than that is judged by its first ones.
const MOST_BLOCKS: usize = 100_000;

/// A captured body read as an event stream.
pub struct Transcript<'a> {
    body: &'a Body,
    /// Blocks with at least one field, in order. Comments alone and blank lines alone are in none.
    pub blocks: Vec<Block>,
    /// The events that a client dispatches, in order.
    pub events: Vec<Dispatched>,
}

/// A line of the body.
#[derive(Clone, Copy, Debug)]
pub struct BodyLine<'a> {
    /// Offset of its first byte.
    pub offset: usize,
    /// Offset after its end-of-line.
    pub next: usize,
    /// What it is.
    pub line: Line<'a>,
    /// How it ends; `None` for an unterminated last line, which a client does not process.
    pub end_of_line: Option<EndOfLine>,
}

/// Consecutive lines up to a blank one.
#[derive(Clone, Debug)]
pub struct Block {
    /// Offset of its first line.
    pub start: usize,
    /// Offset after its blank line, or the end of the body.
    pub end: usize,
    /// Whether the blank line came.
    pub closed: bool,
    /// Which event it dispatched: an index of [`Transcript::events`].
    pub event: Option<usize>,
}

/// An event as a client dispatches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatched {
    /// Its type.
    pub event_type: String,
    /// Its data.
    pub data: String,
    /// The last event ID string when it was dispatched.
    pub last_event_id: String,
    /// Whether its own block has an `id` field that counts.
    pub own_id: bool,
    /// Offset of the block that it comes from.
    pub offset: usize,
    /// When its blank line came, in microseconds after the request was begun.
    pub at: u64,
}

impl Dispatched {
    /// Whether `other` has the same type and the same data.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.event_type, &self.data) == (&other.event_type, &other.data)
    }
}

/// The only one of those that `fit`; `None` if there are more.
pub(crate) fn only<T>(mut fit: impl Iterator<Item = T>) -> Option<T> {
    let first = fit.next()?;
    fit.next().is_none().then_some(first)
}

impl<'a> Transcript<'a> {
    /// Reads the body of `response`.
    pub fn of(response: &'a Response) -> Self {
        Self::read(&response.body)
    }

    /// Reads `body`.
    pub fn read(body: &'a Body) -> Self {
        let mut transcript = Self {
            body,
            blocks: Vec::new(),
            events: Vec::new(),
        };
        transcript.interpret();
        transcript
    }

    /// The bytes of the body.
    pub fn bytes(&self) -> &'a [u8] {
        &self.body.bytes
    }

    /// All lines of the body.
    pub fn lines(&self) -> BodyLines<'a> {
        BodyLines::new(&self.body.bytes)
    }

    /// Whether there is anything to judge.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if not one line came.
    pub fn require_lines(&self) -> Result<(), NotObserved> {
        match self.lines().next() {
            Some(_) => Ok(()),
            None => NotObserved::because("not one line came"),
        }
    }

    /// Whether there are events to judge.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if there are fewer than `least`.
    pub fn require_events(&self, least: usize) -> Result<(), NotObserved> {
        if self.events.len() >= least {
            return Ok(());
        }
        NotObserved::because(format!(
            "{} events came, {least} are needed",
            self.events.len()
        ))
    }

    /// The lines of `block`, without its blank line.
    pub fn lines_of(&self, block: &Block) -> impl Iterator<Item = BodyLine<'a>> {
        let start = block.start;
        let bytes = &self.body.bytes[..block.end];
        BodyLines { bytes, at: start }.filter(|line| !matches!(line.line, Line::Blank))
    }

    /// The numbers in the ids of those of its events that have one of their own: their digits, in a row. `None` if an id has none, or too many.
    pub(crate) fn numbers(&self) -> Option<Vec<u64>> {
        let digits = |id: &str| id.chars().filter(char::is_ascii_digit).collect::<String>();
        let ids = self.ids().into_iter();
        ids.map(|event| digits(&event.last_event_id).parse().ok())
            .collect()
    }

    /// When the byte at `offset` came, in microseconds after the request was begun.
    pub fn arrived_at(&self, offset: usize) -> u64 {
        self.body.arrived_at(offset).unwrap_or_default()
    }

    /// The block at the end of the body that no blank line closes, if it has a field.
    pub fn pending(&self) -> Option<&Block> {
        self.blocks.last().filter(|block| !block.closed)
    }

    /// The event ids of the stream in order: of each event whose own block sets one.
    pub fn ids(&self) -> Vec<&Dispatched> {
        self.events
            .iter()
            .filter(|event| event.own_id && !event.last_event_id.is_empty())
            .collect()
    }

    fn interpret(&mut self) {
        let mut stream = EventStream::new();
        if self.bytes().starts_with(BOM) {
            // The lines begin behind it, and the stream would take a second one for the first.
            drop(stream.feed(BOM));
        }
        let mut open: Option<Block> = None;
        let mut own_id = false;
        for line in self.lines() {
            if self.blocks.len() >= MOST_BLOCKS {
                return;
            }
            match line.line {
                Line::Blank if line.end_of_line.is_some() => {}
                Line::Field { name, value } => {
                    own_id |= FieldName::of(name) == FieldName::Id && !value.contains(&0);
                    let block = open.get_or_insert(Block {
                        start: line.offset,
                        end: line.next,
                        closed: false,
                        event: None,
                    });
                    block.end = line.next;
                }
                _ => {
                    if let Some(block) = &mut open {
                        block.end = line.next;
                    }
                }
            }
            let mut feed = stream.feed(&self.body.bytes[line.offset..line.next]);
            let mut event = None;
            while let Some(Ok(dispatched)) = feed.next_event() {
                event = Some(dispatched.to_owned());
            }
            drop(feed);
            if !matches!(line.line, Line::Blank) || line.end_of_line.is_none() {
                continue;
            }
            let Some(mut block) = open.take() else {
                continue;
            };
            block.end = line.next;
            block.closed = true;
            if let Some(event) = event {
                block.event = Some(self.events.len());
                self.events.push(Dispatched {
                    event_type: event.event_type,
                    data: event.data,
                    last_event_id: event.last_event_id,
                    own_id,
                    offset: block.start,
                    at: self.arrived_at(line.next - 1),
                });
            }
            own_id = false;
            self.blocks.push(block);
        }
        self.blocks.extend(open);
    }
}

/// The lines of a complete body. A byte order mark at its start belongs to no line.
#[derive(Clone, Debug)]
pub struct BodyLines<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A byte order mark in UTF-8.
pub const BOM: &[u8] = b"\xEF\xBB\xBF";

impl<'a> BodyLines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        Self { bytes, at }
    }
}

impl<'a> Iterator for BodyLines<'a> {
    type Item = BodyLine<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return None;
        }
        let offset = self.at;
        let (line, end_of_line, left) = match sse_parser::grammar::line(rest) {
            Ok((left, (line, end_of_line))) => (line, Some(end_of_line), left),
            Err(_) => (
                sse_parser::grammar::content(rest),
                None,
                &rest[rest.len()..],
            ),
        };
        self.at = self.bytes.len() - left.len();
        Some(BodyLine {
            offset,
            next: self.at,
            line,
            end_of_line,
        })
    }
}
