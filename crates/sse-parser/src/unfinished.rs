//! A line of which only the first part has come. What matters of it is kept as a state, not as bytes.

use alloc::vec::Vec;
use core::mem;

use crate::bom::Bom;
use crate::grammar;
use crate::limits::{Limit, LimitExceeded};
use crate::line::FieldName;
use crate::retry::RetryValue;
use crate::stream::EventStream;

/// What is known of the line.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unfinished {
    /// Nothing of it has come.
    Nothing,
    /// So many bytes of the name of a field that matters.
    Name(FieldName, usize),
    /// That name and the colon: if a space comes next, it is removed.
    Colon(FieldName),
    /// More than that.
    Value(FieldName),
    /// A comment, or a field that is ignored: its bytes are dropped.
    Ignored,
}

impl Unfinished {
    /// What is known with one more byte, as long as there is no value.
    #[inline]
    const fn and_name_byte(self, byte: u8) -> Self {
        match self {
            // no two of the names begin alike
            Self::Nothing => match byte {
                b'd' => Self::Name(FieldName::Data, 1),
                b'e' => Self::Name(FieldName::Event, 1),
                b'i' => Self::Name(FieldName::Id, 1),
                b'r' => Self::Name(FieldName::Retry, 1),
                _ => Self::Ignored,
            },
            Self::Name(field, length) => match field.name().split_at(length).1 {
                [next, ..] if *next == byte => Self::Name(field, length + 1),
                [] if byte == b':' => Self::Colon(field),
                _ => Self::Ignored,
            },
            other => other,
        }
    }
}

impl EventStream {
    /// Takes a chunk of one byte, unless it makes an event ready or comes before the first line: then it is read as any other.
    #[inline]
    pub(crate) fn take_byte(&mut self, byte: u8) -> Option<Result<(), LimitExceeded>> {
        let in_data = matches!(self.line, Unfinished::Value(FieldName::Data));
        let fits = self.line_bytes < self.limits.line && self.event_bytes < self.limits.event;
        if in_data && fits && !matches!(byte, b'\r' | b'\n') {
            self.line_bytes += 1;
            self.event_bytes += 1;
            self.data.bytes.push(byte);
            return Some(Ok(()));
        }
        self.take_other_byte(byte)
    }

    #[inline(never)]
    fn take_other_byte(&mut self, byte: u8) -> Option<Result<(), LimitExceeded>> {
        if !matches!(self.bom, Bom::Passed { .. }) {
            return None;
        }
        let after_cr = self.after_cr;
        let taken = match byte {
            b'\n' if after_cr => Ok(()), // it belongs to the CR
            b'\n' | b'\r' if !matches!(self.line, Unfinished::Nothing) => {
                self.last_part_of_line(&[])
            }
            b'\n' | b'\r' if self.skipping || self.is_event_begun() => return None,
            b'\n' | b'\r' => Ok(()),
            _ => self.take_part(&[byte]),
        };
        self.after_cr = byte == b'\r';
        Some(taken)
    }

    /// Takes a part of a line, not the last one.
    pub(crate) fn part_of_line(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        if piece.is_empty() {
            return Ok(());
        }
        self.take_part(piece)
    }

    #[inline(always)]
    fn take_part(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        self.line_bytes += piece.len();
        let taken = match self.line {
            _ if self.skipping => {
                self.line = Unfinished::Ignored;
                Ok(())
            }
            _ if self.line_bytes > self.limits.line => Err(Limit::Line),
            Unfinished::Ignored => Ok(()),
            Unfinished::Value(field) => self.part_of_value(field, piece),
            Unfinished::Colon(field) => self.start_of_value(field, piece),
            Unfinished::Nothing | Unfinished::Name(..) => self.part_of_name(piece),
        };
        taken.map_err(|limit| {
            self.line = Unfinished::Ignored;
            self.exceed(limit)
        })
    }

    /// Takes the last part of a line, which has its end.
    pub(crate) fn last_part_of_line(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        let mut taken = self.part_of_line(piece);
        if taken.is_ok() {
            taken = self.end_of_line().map_err(|limit| self.exceed(limit));
        }
        self.line = Unfinished::Nothing;
        self.line_bytes = 0;
        taken
    }

    #[inline(always)]
    fn part_of_name(&mut self, piece: &[u8]) -> Result<(), Limit> {
        if matches!(self.line, Unfinished::Nothing)
            && let Ok((value, field)) = grammar::start_of_known_field(piece)
        {
            self.line = Unfinished::Colon(field);
            self.begin_value(field)?;
            return self.start_of_value(field, value);
        }
        let mut rest = piece.iter();
        while let Some(byte) = rest.next() {
            self.line = self.line.and_name_byte(*byte);
            match self.line {
                Unfinished::Colon(field) => {
                    self.begin_value(field)?;
                    return self.start_of_value(field, rest.as_slice());
                }
                Unfinished::Ignored => break,
                _ => {}
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn start_of_value(&mut self, field: FieldName, value: &[u8]) -> Result<(), Limit> {
        if value.is_empty() {
            return Ok(());
        }
        self.line = Unfinished::Value(field);
        self.part_of_value(field, value.strip_prefix(b" ").unwrap_or(value))
    }

    #[inline(always)]
    fn begin_value(&mut self, field: FieldName) -> Result<(), Limit> {
        match field {
            FieldName::Data if self.data.set => return self.count(1), // for the LF between the lines
            FieldName::Data => self.data.begin(),
            FieldName::Event => {
                if self.event_type.set {
                    self.event_bytes -= self.event_type.bytes.len();
                }
                self.event_type.begin();
            }
            FieldName::Id => self.unfinished_id.clear(),
            FieldName::Retry => self.unfinished_retry = RetryValue::NEW,
            FieldName::Unknown => {}
        }
        Ok(())
    }

    #[inline(always)]
    fn part_of_value(&mut self, field: FieldName, value: &[u8]) -> Result<(), Limit> {
        match field {
            FieldName::Data => {
                self.count(value.len())?;
                append(&mut self.data.bytes, value);
            }
            FieldName::Event => {
                self.count(value.len())?;
                append(&mut self.event_type.bytes, value);
            }
            FieldName::Id => {
                if self.unfinished_id.len() + value.len() > self.limits.id {
                    return Err(Limit::Id);
                }
                append(&mut self.unfinished_id, value);
            }
            FieldName::Retry => self.unfinished_retry.feed(value),
            FieldName::Unknown => {}
        }
        Ok(())
    }

    fn end_of_line(&mut self) -> Result<(), Limit> {
        let field = match self.line {
            Unfinished::Name(field, length) if length == field.name().len() => {
                self.begin_value(field)?;
                field
            }
            Unfinished::Colon(field) | Unfinished::Value(field) => field,
            Unfinished::Nothing | Unfinished::Name(..) | Unfinished::Ignored => return Ok(()),
        };
        match field {
            FieldName::Data => self.data.bytes.push(b'\n'),
            FieldName::Id if self.unfinished_id.iter().all(|byte| *byte != 0) => {
                mem::swap(&mut self.id.bytes, &mut self.unfinished_id);
                self.id.set = true;
            }
            FieldName::Retry => self.set_reconnection_time(self.unfinished_retry.finish()),
            FieldName::Event | FieldName::Id | FieldName::Unknown => {}
        }
        Ok(())
    }
}

/// What `extend_from_slice` does; one byte sooner than that calls `memcpy`.
#[inline]
fn append(buffer: &mut Vec<u8>, bytes: &[u8]) {
    match bytes {
        [byte] => buffer.push(*byte),
        _ => buffer.extend_from_slice(bytes),
    }
}
