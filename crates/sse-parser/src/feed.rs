use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::ops::Range;
use core::time::Duration;

use crate::event::Event;
use crate::grammar;
use crate::limits::{Limit, LimitExceeded};
use crate::line::FieldName;
use crate::retry::retry_value;
use crate::scan::Spans;
use crate::stream::{Buffer, EventStream};
use crate::text::{Text, decode, decode_into};
use crate::unfinished::Unfinished;

/// A chunk that is being read, from [`EventStream::feed`].
#[derive(Debug)]
#[must_use = "a chunk is read by asking for its events"]
pub struct Feed<'s, 'c> {
    stream: &'s mut EventStream,
    spans: Spans<'c>,
    text: Text<'c>,
    data: Value,
    event_type: Value,
    id: Value,
    /// The last event ID, if it was committed in this chunk and is not in the stream yet.
    last_event_id: Option<&'c str>,
    /// A limit that was exceeded before the first event was asked for.
    exceeded: Option<LimitExceeded>,
    /// What is left of the chunk is in the stream.
    kept: bool,
}

/// One of the buffers of the standard, while a chunk is read: it stays in the chunk if it lies whole in it.
#[derive(Debug, Clone)]
enum Value {
    Unset,
    InChunk(Range<usize>),
    InBuffer,
}

impl<'s, 'c> Feed<'s, 'c> {
    #[inline]
    pub(crate) fn new(stream: &'s mut EventStream, chunk: &'c [u8]) -> Self {
        let chunk = stream.strip_bom(chunk);
        let mut spans = Spans::new(chunk, stream.after_cr);
        if let Some(last) = chunk.last() {
            stream.after_cr = *last == b'\r';
        }
        let mut kept = false;
        let mut taken = Ok(());
        if spans.is_done() {
            taken = stream.part_of_line(spans.rest());
            kept = true;
        } else if !matches!(stream.line, Unfinished::Nothing) {
            taken = spans
                .next()
                .map_or(Ok(()), |span| stream.last_part_of_line(&chunk[span]));
        }
        Self {
            data: Value::of(&stream.data),
            event_type: Value::of(&stream.event_type),
            id: Value::of(&stream.id),
            spans,
            text: Text::new(),
            last_event_id: None,
            exceeded: taken.err(),
            kept,
            stream,
        }
    }

    /// The next event that is complete, or `None` at the end of the chunk.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`], once for each event that is too long. The next call goes on behind that event.
    #[inline]
    pub fn next_event(&mut self) -> Option<Result<Event<'_>, LimitExceeded>> {
        if self.kept && self.spans.is_done() && self.exceeded.is_none() {
            return None;
        }
        match self.advance()? {
            Ok(()) => Some(Ok(self.dispatch())),
            Err(exceeded) => Some(Err(exceeded)),
        }
    }

    /// Leaves what comes after the last event, or the last error, unread and gives it back; it is the start of the next chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut stream = sse_parser::EventStream::new();
    /// let mut feed = stream.feed(b"data: a\n\ndata: b\n\n");
    /// assert_eq!(feed.next_event().unwrap()?.data(), "a");
    /// let rest = feed.stop();
    /// assert_eq!(rest, b"data: b\n\n");
    /// assert_eq!(stream.feed(rest).next_event().unwrap()?.data(), "b");
    /// # Ok::<(), sse_parser::LimitExceeded>(())
    /// ```
    pub fn stop(mut self) -> &'c [u8] {
        if self.kept {
            return &[];
        }
        self.kept = true; // so that dropping it reads nothing
        self.keep_values();
        let rest = self.spans.rest();
        self.stream.after_cr &= rest.is_empty();
        rest
    }

    /// The last event ID, as [`EventStream::last_event_id`].
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.last_event_id.unwrap_or(&self.stream.last_event_id)
    }

    /// The reconnection time, as [`EventStream::reconnection_time`].
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.stream.reconnection_time()
    }

    /// Reads lines until an event is ready.
    fn advance(&mut self) -> Option<Result<(), LimitExceeded>> {
        if self.stream.skipping {
            if let Some(exceeded) = self.exceeded.take() {
                return Some(Err(exceeded));
            }
            self.skip();
        }
        let mut spans = self.spans; // a copy, which the loop has in registers
        while let Some(span) = spans.next() {
            match self.whole_line(span) {
                Ok(false) => {}
                Ok(true) => {
                    self.spans = spans;
                    return Some(Ok(()));
                }
                Err(limit) => {
                    self.spans = spans;
                    return Some(Err(self.exceed(limit)));
                }
            }
        }
        self.spans = spans;
        if self.kept {
            return None;
        }
        self.keep().err().map(Err)
    }

    /// Passes over lines up to a blank one.
    #[cold]
    fn skip(&mut self) {
        while self.stream.skipping {
            let Some(span) = self.spans.next() else {
                break;
            };
            self.stream.skipping = !span.is_empty();
        }
    }

    /// [Processes a line](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation); `true` if an event is ready.
    #[inline]
    fn whole_line(&mut self, span: Range<usize>) -> Result<bool, Limit> {
        let line = &self.spans.chunk()[span.clone()];
        if line.is_empty() {
            return Ok(self.blank_line());
        }
        if line.len() > self.stream.limits.line {
            return Err(Limit::Line);
        }
        if grammar::comment(line).is_ok() {
            return Ok(false);
        }
        match grammar::known_field(line) {
            Ok((_, (name, value))) => self.field(name, value, span.end).map(|()| false),
            Err(_) => Ok(false),
        }
    }

    /// [Processes a field](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField), of which the value ends there in the chunk.
    #[inline]
    fn field(&mut self, name: FieldName, value: &[u8], end: usize) -> Result<(), Limit> {
        let place = end - value.len()..end;
        match name {
            FieldName::Data => return self.data_field(place),
            FieldName::Event => {
                self.stream.event_bytes -= self.event_type.len(&self.stream.event_type);
                self.event_type = Value::InChunk(place);
                return self.stream.count(value.len());
            }
            FieldName::Id if value.len() > self.stream.limits.id => return Err(Limit::Id),
            FieldName::Id if value.iter().all(|byte| *byte != 0) => self.id = Value::InChunk(place),
            FieldName::Retry => self.stream.set_reconnection_time(retry_value(value)),
            FieldName::Id | FieldName::Unknown => {}
        }
        Ok(())
    }

    /// Appends to the data buffer.
    #[inline]
    fn data_field(&mut self, place: Range<usize>) -> Result<(), Limit> {
        let length = place.len();
        if matches!(self.data, Value::Unset) {
            self.data = Value::InChunk(place);
            return self.stream.count(length);
        }
        self.stream.count(length + 1)?;
        self.data_to_buffer();
        self.stream.data.push_line(self.spans.chunk(), place);
        Ok(())
    }

    /// Moves the data buffer out of the chunk, so that a line can be appended.
    #[inline]
    fn data_to_buffer(&mut self) {
        if let Value::InChunk(first) = &self.data {
            self.stream.data.clear();
            self.stream
                .data
                .push_line(self.spans.chunk(), first.clone());
            self.data = Value::InBuffer;
        }
    }

    /// The first steps of [dispatching](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage): commits the last event ID, and tells whether there is data.
    #[inline]
    fn blank_line(&mut self) -> bool {
        if !matches!(self.id, Value::Unset) {
            self.commit_id();
        }
        if matches!(self.data, Value::Unset) {
            self.event_type = Value::Unset;
            self.stream.event_bytes = 0;
            return false;
        }
        true
    }

    #[inline]
    fn commit_id(&mut self) {
        let chunk = self.spans.chunk();
        self.last_event_id = match &self.id {
            Value::InChunk(place) => self.text.get(chunk, place),
            Value::Unset | Value::InBuffer => None,
        };
        if self.last_event_id.is_none() {
            let id = self.id.bytes(chunk, &self.stream.id.bytes);
            decode_into(id, &mut self.stream.last_event_id);
        }
        self.id = Value::Unset;
    }

    /// The other steps: takes the data and the type, and leaves their buffers empty.
    #[inline]
    fn dispatch(&mut self) -> Event<'_> {
        let chunk = self.spans.chunk();
        let stream = &mut *self.stream;
        let mut event_type = "message";
        if !matches!(self.event_type, Value::Unset) {
            let buffer = &stream.event_type.bytes;
            let replaced = &mut stream.replaced_type;
            let (given, _) = self
                .event_type
                .decode(&mut self.text, chunk, buffer, replaced);
            if !given.is_empty() {
                event_type = given;
            }
            self.event_type = Value::Unset;
        }
        let buffer = stream.data.without_last_lf();
        let replaced = &mut stream.replaced_data;
        let (data, data_bytes) = self.data.decode(&mut self.text, chunk, buffer, replaced);
        self.data = Value::Unset;
        stream.event_bytes = 0;
        Event {
            event_type,
            data,
            data_bytes,
            last_event_id: self.last_event_id.unwrap_or(&stream.last_event_id),
        }
    }

    /// At the end of the chunk: keeps what values lie in it, and what has come of a line.
    fn keep(&mut self) -> Result<(), LimitExceeded> {
        self.kept = true;
        self.keep_values();
        self.stream.part_of_line(self.spans.rest())
    }

    fn keep_values(&mut self) {
        let chunk = self.spans.chunk();
        self.data_to_buffer();
        self.stream.data.set = !matches!(self.data, Value::Unset);
        self.event_type.keep(chunk, &mut self.stream.event_type);
        self.id.keep(chunk, &mut self.stream.id);
        if let Some(id) = self.last_event_id.take() {
            id.clone_into(&mut self.stream.last_event_id);
        }
    }

    #[cold]
    fn exceed(&mut self, limit: Limit) -> LimitExceeded {
        (self.data, self.event_type, self.id) = (Value::Unset, Value::Unset, Value::Unset);
        self.stream.exceed(limit)
    }
}

/// The rest of the chunk is part of the stream, whether its events are wanted or not.
impl Drop for Feed<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        while !self.kept {
            if let Some(Ok(())) = self.advance() {
                let _unwanted = self.dispatch();
            }
        }
    }
}

impl Value {
    #[inline]
    const fn of(buffer: &Buffer) -> Self {
        if buffer.set {
            Self::InBuffer
        } else {
            Self::Unset
        }
    }

    #[inline]
    fn bytes<'a>(&self, chunk: &'a [u8], buffer: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Unset => &[],
            Self::InChunk(place) => &chunk[place.clone()],
            Self::InBuffer => buffer,
        }
    }

    #[inline]
    fn len(&self, buffer: &Buffer) -> usize {
        match self {
            Self::Unset => 0,
            Self::InChunk(place) => place.len(),
            Self::InBuffer => buffer.bytes.len(),
        }
    }

    /// As text, and as it came.
    #[inline]
    fn decode<'a, 'c: 'a>(
        &self,
        text: &mut Text<'c>,
        chunk: &'c [u8],
        buffer: &'a [u8],
        replaced: &'a mut String,
    ) -> (&'a str, &'a [u8]) {
        if let Self::InChunk(place) = self
            && let Some(text) = text.get(chunk, place)
        {
            return (text, text.as_bytes());
        }
        let bytes = self.bytes(chunk, buffer);
        (decode(bytes, replaced), bytes)
    }

    fn keep(&self, chunk: &[u8], buffer: &mut Buffer) {
        if let Self::InChunk(place) = self {
            buffer.clear();
            buffer.bytes.extend_from_slice(&chunk[place.clone()]);
        }
        buffer.set = !matches!(self, Self::Unset);
    }
}
