use core::mem;
use core::time::Duration;

use memchr::memchr;

use crate::event::Event;
use crate::grammar;
use crate::limits::{Limit, LimitExceeded};
use crate::line::{FieldName, Line};
use crate::retry::{RetryValue, retry_value};
use crate::scan::LineEnds;
use crate::stream::{Buffer, EventStream};
use crate::text::{decode, decode_into};
use crate::unfinished::Unfinished;

/// A chunk that is being read, from [`EventStream::feed`].
#[derive(Debug)]
#[must_use = "a chunk is read by asking for its events"]
pub struct Feed<'s, 'c> {
    stream: &'s mut EventStream,
    chunk: &'c [u8],
    /// Where the line begins that comes next.
    start: usize,
    ends: LineEnds<'c>,
    data: Value<'c>,
    event_type: Value<'c>,
    id: Value<'c>,
}

/// One of the buffers of the standard, while a chunk is read: it stays in the chunk if it lies whole in it.
#[derive(Debug, Clone, Copy)]
enum Value<'c> {
    Unset,
    InChunk(&'c [u8]),
    InBuffer,
}

impl<'s, 'c> Feed<'s, 'c> {
    #[inline]
    pub(crate) fn new(stream: &'s mut EventStream, chunk: &'c [u8]) -> Self {
        let (chunk, no_bom) = stream.bom.strip(chunk);
        if !no_bom.is_empty() {
            stream.line = Unfinished::Ignored; // no known name begins like that
            stream.line_bytes = no_bom.len();
        }
        Self {
            data: Value::of(&stream.data),
            event_type: Value::of(&stream.event_type),
            id: Value::of(&stream.id),
            stream,
            chunk,
            start: 0,
            ends: LineEnds::new(chunk),
        }
    }

    /// The next event that is complete, or `None` at the end of the chunk.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`], once for each event that is too long. The next call goes on behind that event.
    #[inline]
    pub fn next_event(&mut self) -> Option<Result<Event<'_>, LimitExceeded>> {
        match self.advance()? {
            Ok(()) => Some(Ok(self.dispatch())),
            Err(exceeded) => Some(Err(exceeded)),
        }
    }

    /// The last event ID, as [`EventStream::last_event_id`].
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.stream.last_event_id()
    }

    /// The reconnection time, as [`EventStream::reconnection_time`].
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.stream.reconnection_time()
    }

    /// Reads lines until an event is ready.
    #[inline]
    fn advance(&mut self) -> Option<Result<(), LimitExceeded>> {
        while let Some(end) = self.ends.next() {
            let line = &self.chunk[self.start..end];
            self.start = end + 1;
            let is_lf = self.chunk[end] == b'\n';
            let second_of_crlf = self.stream.after_cr && is_lf && line.is_empty();
            self.stream.after_cr = !is_lf;
            if second_of_crlf {
                continue;
            }
            let ready = if matches!(self.stream.line, Unfinished::Nothing) {
                self.whole_line(line)
            } else {
                self.end_of_unfinished_line(line).map(|()| false)
            };
            match ready {
                Ok(false) => {}
                Ok(true) => return Some(Ok(())),
                Err(exceeded) => return Some(Err(exceeded)),
            }
        }
        self.keep().err().map(Err)
    }

    /// [Processes a line](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation); `true` if an event is ready.
    #[inline]
    fn whole_line(&mut self, line: &'c [u8]) -> Result<bool, LimitExceeded> {
        if self.stream.skipping {
            self.stream.skipping = !line.is_empty();
            return Ok(false);
        }
        if line.len() > self.stream.limits.line {
            return Err(self.exceed(Limit::Line));
        }
        if let Some(value) = line.strip_prefix(b"data:") {
            return self
                .data_field(value.strip_prefix(b" ").unwrap_or(value))
                .map(|()| false);
        }
        match grammar::content(line) {
            Line::Blank => Ok(self.blank_line()),
            Line::Comment(_) => Ok(false),
            Line::Field { name, value } => self.field(name, value).map(|()| false),
        }
    }

    /// [Processes a field](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField).
    #[inline]
    fn field(&mut self, name: &[u8], value: &'c [u8]) -> Result<(), LimitExceeded> {
        match FieldName::of(name) {
            FieldName::Data => return self.data_field(value),
            FieldName::Event => {
                self.event_type = Value::InChunk(value);
                return self.check_event();
            }
            FieldName::Id if value.len() > self.stream.limits.id => {
                return Err(self.exceed(Limit::Id));
            }
            FieldName::Id if memchr(0, value).is_none() => self.id = Value::InChunk(value),
            FieldName::Retry => self.set_reconnection_time(retry_value(value)),
            FieldName::Id | FieldName::Unknown => {}
        }
        Ok(())
    }

    /// Appends to the data buffer. The LF that the standard puts behind each value, and takes away from the last one, is put
    /// before each value but the first, which is the same.
    #[inline]
    fn data_field(&mut self, value: &'c [u8]) -> Result<(), LimitExceeded> {
        if matches!(self.data, Value::Unset) {
            self.data = Value::InChunk(value);
        } else {
            self.begin_data_line();
            self.stream.data.bytes.extend_from_slice(value);
        }
        self.check_event()
    }

    /// Moves the data buffer out of the chunk, ready for one more line.
    fn begin_data_line(&mut self) {
        match self.data {
            Value::Unset => self.stream.data.clear(),
            Value::InChunk(first) => {
                self.stream.data.clear();
                self.stream.data.bytes.extend_from_slice(first);
                self.stream.data.bytes.push(b'\n');
            }
            Value::InBuffer => self.stream.data.bytes.push(b'\n'),
        }
        self.data = Value::InBuffer;
    }

    fn set_reconnection_time(&mut self, time: Option<Duration>) {
        if time.is_some() {
            self.stream.reconnection_time = time;
        }
    }

    /// The first steps of [dispatching](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage): commits the last event ID, and tells whether there is data.
    #[inline]
    fn blank_line(&mut self) -> bool {
        match mem::replace(&mut self.id, Value::Unset) {
            Value::Unset => {}
            Value::InChunk(id) => decode_into(id, &mut self.stream.last_event_id),
            Value::InBuffer => {
                decode_into(&self.stream.id.bytes, &mut self.stream.last_event_id);
            }
        }
        let has_data = !matches!(self.data, Value::Unset);
        if !has_data {
            self.event_type = Value::Unset;
        }
        has_data
    }

    /// The other steps: takes the data and the type, and leaves their buffers empty.
    #[inline]
    fn dispatch(&mut self) -> Event<'_> {
        let data = mem::replace(&mut self.data, Value::Unset);
        let event_type = mem::replace(&mut self.event_type, Value::Unset);
        let stream = &mut *self.stream;
        let data_bytes = data.bytes(&stream.data);
        let event_type = event_type.bytes(&stream.event_type);
        Event {
            event_type: if event_type.is_empty() {
                "message"
            } else {
                decode(event_type, &mut stream.replaced_type)
            },
            data: decode(data_bytes, &mut stream.replaced_data),
            data_bytes,
            last_event_id: &stream.last_event_id,
        }
    }

    /// At the end of the chunk: keeps what has come of a line, and what values lie in the chunk.
    fn keep(&mut self) -> Result<(), LimitExceeded> {
        let tail = &self.chunk[self.start..];
        self.start = self.chunk.len();
        let kept = if tail.is_empty() {
            Ok(())
        } else {
            self.stream.after_cr = false;
            self.part_of_line(tail)
        };
        self.data.keep(&mut self.stream.data);
        self.event_type.keep(&mut self.stream.event_type);
        self.id.keep(&mut self.stream.id);
        kept
    }

    /// Takes a part of a line that is not the last one, or the last one without its end.
    fn part_of_line(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        self.stream.line_bytes += piece.len();
        if self.stream.skipping {
            self.stream.line = Unfinished::Ignored;
            return Ok(());
        }
        let taken = if self.stream.line_bytes > self.stream.limits.line {
            Err(self.exceed(Limit::Line))
        } else {
            self.interpret_part(piece)
        };
        if taken.is_err() {
            self.stream.line = Unfinished::Ignored;
        }
        taken
    }

    fn interpret_part(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        let (value, begins) = self.stream.line.take(piece);
        let Unfinished::Value { field, .. } = self.stream.line else {
            return Ok(());
        };
        if begins {
            self.begin_value(field);
        }
        self.part_of_value(field, value)
    }

    fn begin_value(&mut self, field: FieldName) {
        match field {
            FieldName::Data => self.begin_data_line(),
            FieldName::Event => {
                self.stream.event_type.clear();
                self.event_type = Value::InBuffer;
            }
            FieldName::Id => self.stream.unfinished_id.clear(),
            FieldName::Retry => self.stream.unfinished_retry = RetryValue::NEW,
            FieldName::Unknown => {}
        }
    }

    fn part_of_value(&mut self, field: FieldName, value: &[u8]) -> Result<(), LimitExceeded> {
        match field {
            FieldName::Data => self.stream.data.bytes.extend_from_slice(value),
            FieldName::Event => self.stream.event_type.bytes.extend_from_slice(value),
            FieldName::Id => {
                self.stream.unfinished_id.extend_from_slice(value);
                if self.stream.unfinished_id.len() > self.stream.limits.id {
                    return Err(self.exceed(Limit::Id));
                }
            }
            FieldName::Retry => self.stream.unfinished_retry.feed(value),
            FieldName::Unknown => {}
        }
        self.check_event()
    }

    fn end_of_unfinished_line(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        let taken = self.part_of_line(piece);
        if taken.is_ok() {
            match self.stream.line {
                Unfinished::Name(name) => {
                    let field = name.field();
                    self.begin_value(field);
                    self.end_value(field);
                }
                Unfinished::Value { field, .. } => self.end_value(field),
                Unfinished::Nothing | Unfinished::Ignored => {}
            }
        }
        self.stream.line = Unfinished::Nothing;
        self.stream.line_bytes = 0;
        taken.and_then(|()| self.check_event())
    }

    fn end_value(&mut self, field: FieldName) {
        match field {
            FieldName::Id if memchr(0, &self.stream.unfinished_id).is_none() => {
                mem::swap(&mut self.stream.id.bytes, &mut self.stream.unfinished_id);
                self.id = Value::InBuffer;
            }
            FieldName::Retry => self.set_reconnection_time(self.stream.unfinished_retry.finish()),
            _ => {}
        }
    }

    #[inline]
    fn check_event(&mut self) -> Result<(), LimitExceeded> {
        let length =
            self.data.len(&self.stream.data) + self.event_type.len(&self.stream.event_type);
        if length > self.stream.limits.event {
            return Err(self.exceed(Limit::Event));
        }
        Ok(())
    }

    #[cold]
    fn exceed(&mut self, limit: Limit) -> LimitExceeded {
        let limits = &self.stream.limits;
        let allowed = match limit {
            Limit::Line => limits.line,
            Limit::Event => limits.event,
            Limit::Id => limits.id,
        };
        self.stream.skipping = true;
        (self.data, self.event_type, self.id) = (Value::Unset, Value::Unset, Value::Unset);
        LimitExceeded { limit, allowed }
    }
}

/// The rest of the chunk is part of the stream, whether its events are wanted or not.
impl Drop for Feed<'_, '_> {
    fn drop(&mut self) {
        while let Some(ready) = self.advance() {
            if ready.is_ok() {
                let _unwanted = self.dispatch();
            }
        }
    }
}

impl<'c> Value<'c> {
    #[inline]
    fn of(buffer: &Buffer) -> Self {
        if buffer.set {
            Self::InBuffer
        } else {
            Self::Unset
        }
    }

    #[inline]
    fn bytes<'a>(self, buffer: &'a Buffer) -> &'a [u8]
    where
        'c: 'a,
    {
        match self {
            Self::Unset => &[],
            Self::InChunk(value) => value,
            Self::InBuffer => &buffer.bytes,
        }
    }

    #[inline]
    fn len(self, buffer: &Buffer) -> usize {
        self.bytes(buffer).len()
    }

    fn keep(&mut self, buffer: &mut Buffer) {
        if let Self::InChunk(value) = *self {
            buffer.clear();
            buffer.bytes.extend_from_slice(value);
            *self = Self::InBuffer;
        }
        buffer.set = matches!(self, Self::InBuffer);
    }
}
