use alloc::borrow::ToOwned as _;

use crate::event::Event;
use crate::grammar;
use crate::limits::{Limit, LimitExceeded};
use crate::line::FieldName;
use crate::retry::retry_value;
use crate::scan::Spans;
use crate::stream::EventStream;
use crate::text::{Text, decode, decode_into};
use crate::value::Value;

/// The lines of a chunk, and what has come of them for the next event.
#[derive(Debug)]
pub(crate) struct Reading<'c> {
    spans: Spans<'c>,
    text: Text<'c>,
    data: Value,
    event_type: Value,
    id: Value,
    /// The last event ID, if it was committed in this chunk and is not in the stream yet.
    last_event_id: Option<&'c str>,
}

impl<'c> Reading<'c> {
    #[inline]
    pub(crate) const fn new(stream: &EventStream, spans: Spans<'c>) -> Self {
        Self {
            spans,
            text: Text::new(),
            data: Value::of(&stream.data),
            event_type: Value::of(&stream.event_type),
            id: Value::of(&stream.id),
            last_event_id: None,
        }
    }

    #[inline]
    pub(crate) const fn last_event_id(&self) -> Option<&'c str> {
        self.last_event_id
    }

    /// Reads lines until an event is ready; `false` if there are no more lines.
    #[inline]
    pub(crate) fn find_event(&mut self, stream: &mut EventStream) -> Result<bool, Limit> {
        if stream.skipping {
            self.skip(stream);
        }
        let mut spans = self.spans; // a copy, which the loop has in registers
        let found = loop {
            let Some(span) = spans.next() else {
                break Ok(false);
            };
            let line = &self.spans.chunk()[span.clone()];
            if line.is_empty() {
                if self.blank_line(stream) {
                    break Ok(true);
                }
            } else if line.len() > stream.limits.line {
                break Err(Limit::Line);
            } else if grammar::comment(line).is_ok() {
                // ignored
            } else if let Err(limit) = self.process(stream, line, span.end) {
                break Err(limit);
            }
        };
        self.spans = spans;
        found
    }

    /// Passes over lines up to a blank one.
    #[cold]
    fn skip(&mut self, stream: &mut EventStream) {
        while stream.skipping {
            let Some(span) = self.spans.next() else {
                break;
            };
            stream.skipping = !span.is_empty();
        }
    }

    /// [Processes a field](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField), if it is one, that ends there in the chunk.
    #[inline(always)]
    fn process(&mut self, stream: &mut EventStream, line: &[u8], end: usize) -> Result<(), Limit> {
        if let Ok((_, value)) = grammar::data_field(line) {
            return self.data_field(stream, value.len(), end);
        }
        let Ok((_, (name, value))) = grammar::known_field(line) else {
            return Ok(());
        };
        let place = end - value.len()..end;
        match name {
            FieldName::Data => return self.data_field(stream, value.len(), end),
            FieldName::Event => {
                stream.event_bytes -= self.event_type.len(&stream.event_type);
                self.event_type = Value::InChunk(place);
                return stream.count(value.len());
            }
            FieldName::Id if value.len() > stream.limits.id => return Err(Limit::Id),
            FieldName::Id if value.iter().all(|byte| *byte != 0) => self.id = Value::InChunk(place),
            FieldName::Retry => stream.set_reconnection_time(retry_value(value)),
            FieldName::Id | FieldName::Unknown => {}
        }
        Ok(())
    }

    /// Appends a value of that length, which ends there in the chunk, to the data buffer.
    #[inline(always)]
    fn data_field(
        &mut self,
        stream: &mut EventStream,
        length: usize,
        end: usize,
    ) -> Result<(), Limit> {
        let place = end - length..end;
        if matches!(self.data, Value::Unset) {
            self.data = Value::InChunk(place);
            return stream.count(length);
        }
        stream.count(length + 1)?;
        self.data_to_buffer(stream);
        stream.data.push_line(self.spans.chunk(), place);
        Ok(())
    }

    /// Moves the data buffer out of the chunk, so that a line can be appended.
    #[inline]
    fn data_to_buffer(&mut self, stream: &mut EventStream) {
        if let Value::InChunk(first) = &self.data {
            stream.data.clear();
            stream.data.push_line(self.spans.chunk(), first.clone());
            self.data = Value::InBuffer;
        }
    }

    /// The first steps of [dispatching](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage): commits the last event ID, and tells whether there is data.
    #[inline]
    fn blank_line(&mut self, stream: &mut EventStream) -> bool {
        if !matches!(self.id, Value::Unset) {
            self.commit_id(stream);
        }
        if matches!(self.data, Value::Unset) {
            self.event_type = Value::Unset;
            stream.event_bytes = 0;
            return false;
        }
        true
    }

    #[inline]
    fn commit_id(&mut self, stream: &mut EventStream) {
        let chunk = self.spans.chunk();
        self.last_event_id = self.id.in_chunk(&mut self.text, chunk);
        if self.last_event_id.is_none() {
            let id = self.id.bytes(chunk, &stream.id.bytes);
            decode_into(id, &mut stream.last_event_id);
        }
        self.id = Value::Unset;
    }

    /// The other steps: takes the data and the type, and leaves their buffers empty.
    #[inline(always)]
    pub(crate) fn dispatch<'a>(&'a mut self, stream: &'a mut EventStream) -> Event<'a> {
        let chunk = self.spans.chunk();
        let mut event_type = "message";
        if !matches!(self.event_type, Value::Unset) {
            let given = match self.event_type.in_chunk(&mut self.text, chunk) {
                Some(given) => given,
                None => {
                    let bytes = self.event_type.bytes(chunk, &stream.event_type.bytes);
                    decode(bytes, &mut stream.replaced_type)
                }
            };
            if !given.is_empty() {
                event_type = given;
            }
            self.event_type = Value::Unset;
        }
        let (data, data_bytes) = match self.data.in_chunk(&mut self.text, chunk) {
            Some(data) => (data, data.as_bytes()),
            None => {
                let bytes = self.data.bytes(chunk, stream.data.without_last_lf());
                (decode(bytes, &mut stream.replaced_data), bytes)
            }
        };
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
    pub(crate) fn keep(&mut self, stream: &mut EventStream) -> Result<(), LimitExceeded> {
        let rest = self.keep_values(stream);
        stream.part_of_line(rest)
    }

    /// Keeps the values, and gives what was not read.
    pub(crate) fn keep_values(&mut self, stream: &mut EventStream) -> &'c [u8] {
        let chunk = self.spans.chunk();
        self.data_to_buffer(stream);
        stream.data.set = !matches!(self.data, Value::Unset);
        self.event_type.keep(chunk, &mut stream.event_type);
        self.id.keep(chunk, &mut stream.id);
        if let Some(id) = self.last_event_id.take() {
            id.clone_into(&mut stream.last_event_id);
        }
        self.spans.rest()
    }

    #[cold]
    pub(crate) fn exceed(&mut self, stream: &mut EventStream, limit: Limit) -> LimitExceeded {
        (self.data, self.event_type, self.id) = (Value::Unset, Value::Unset, Value::Unset);
        stream.exceed(limit)
    }
}
