//! A line of which only the first part has come. What matters of it is kept as a state, not as bytes.

use core::mem;

use memchr::memchr;

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
    /// So far it could be the name of a field that matters.
    Name(Name),
    /// That name and the colon: if a space comes next, it is removed.
    Colon(FieldName),
    /// More than that.
    Value(FieldName),
    /// A comment, or a field that is ignored: its bytes are dropped.
    Ignored,
}

impl Unfinished {
    /// Takes what stands before the value; gives the field and what is there of its value, once that is known and matters.
    fn take_name<'c>(&mut self, piece: &'c [u8]) -> Option<(FieldName, &'c [u8])> {
        let mut name = match *self {
            Self::Nothing => match grammar::start_of_known_field(piece) {
                Ok((value, field)) => return Some((field, value)),
                Err(_) => Name::default(),
            },
            Self::Name(name) => name,
            Self::Colon(_) | Self::Value(_) | Self::Ignored => return None,
        };
        let taken = name.take(piece);
        *self = match taken {
            Some((field, _)) if field != FieldName::Unknown => return taken,
            Some(_) => Self::Ignored,
            None => Self::Name(name),
        };
        None
    }
}

/// The first bytes of a line, as many as the longest known name has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Name {
    bytes: [u8; 5],
    length: u8,
}

impl Name {
    /// Takes bytes up to the colon. `None` while there is none; a comment is a field without a name, hence unknown.
    fn take<'c>(&mut self, piece: &'c [u8]) -> Option<(FieldName, &'c [u8])> {
        for (at, &byte) in piece.iter().enumerate() {
            if byte == b':' {
                return Some((self.field(), &piece[at + 1..]));
            }
            let Some(free) = self.bytes.get_mut(usize::from(self.length)) else {
                return Some((FieldName::Unknown, &[]));
            };
            *free = byte;
            self.length += 1;
        }
        None
    }

    /// The field, if the line ends here.
    pub(crate) const fn field(&self) -> FieldName {
        FieldName::of(self.bytes.split_at(self.length as usize).0)
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
            b'\n' | b'\r' if !matches!(self.line, Unfinished::Nothing) => self.last_part_of_line(&[]),
            b'\n' | b'\r' if self.skipping || self.is_event_begun() => return None,
            b'\n' | b'\r' => Ok(()),
            _ => self.part_of_line(&[byte]),
        };
        self.after_cr = byte == b'\r';
        Some(taken)
    }

    /// Takes a part of a line, not the last one.
    #[inline]
    pub(crate) fn part_of_line(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        if piece.is_empty() {
            return Ok(());
        }
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
            Unfinished::Nothing | Unfinished::Name(_) => self.part_of_name(piece),
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

    fn part_of_name(&mut self, piece: &[u8]) -> Result<(), Limit> {
        let Some((field, value)) = self.line.take_name(piece) else {
            return Ok(());
        };
        self.line = Unfinished::Colon(field);
        self.begin_value(field)?;
        self.start_of_value(field, value)
    }

    #[inline]
    fn start_of_value(&mut self, field: FieldName, value: &[u8]) -> Result<(), Limit> {
        if value.is_empty() {
            return Ok(());
        }
        self.line = Unfinished::Value(field);
        self.part_of_value(field, value.strip_prefix(b" ").unwrap_or(value))
    }

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

    #[inline]
    fn part_of_value(&mut self, field: FieldName, value: &[u8]) -> Result<(), Limit> {
        match field {
            FieldName::Data => {
                self.count(value.len())?;
                self.data.bytes.extend_from_slice(value);
            }
            FieldName::Event => {
                self.count(value.len())?;
                self.event_type.bytes.extend_from_slice(value);
            }
            FieldName::Id => {
                if self.unfinished_id.len() + value.len() > self.limits.id {
                    return Err(Limit::Id);
                }
                self.unfinished_id.extend_from_slice(value);
            }
            FieldName::Retry => self.unfinished_retry.feed(value),
            FieldName::Unknown => {}
        }
        Ok(())
    }

    fn end_of_line(&mut self) -> Result<(), Limit> {
        let field = match self.line {
            Unfinished::Name(name) => {
                let field = name.field();
                self.begin_value(field)?;
                field
            }
            Unfinished::Colon(field) | Unfinished::Value(field) => field,
            Unfinished::Nothing | Unfinished::Ignored => return Ok(()),
        };
        match field {
            FieldName::Data => self.data.bytes.push(b'\n'),
            FieldName::Id if memchr(0, &self.unfinished_id).is_none() => {
                mem::swap(&mut self.id.bytes, &mut self.unfinished_id);
                self.id.set = true;
            }
            FieldName::Retry => self.set_reconnection_time(self.unfinished_retry.finish()),
            FieldName::Event | FieldName::Id | FieldName::Unknown => {}
        }
        Ok(())
    }
}
