//! A line of which only the first part has come. What matters of it is kept as a state, not as bytes.

use core::mem;

use memchr::memchr;

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
    /// The value of a field that matters; `at_start` as long as a space would be removed.
    Value { field: FieldName, at_start: bool },
    /// A comment, or a field that is ignored: its bytes are dropped.
    Ignored,
}

impl Unfinished {
    /// Takes what can be told without the value, and gives the part of the line that belongs to the value.
    ///
    /// The flag tells that the value begins here.
    pub(crate) fn take<'c>(&mut self, piece: &'c [u8]) -> (&'c [u8], bool) {
        let mut piece = piece;
        let mut begins = false;
        if matches!(self, Self::Nothing) && !piece.is_empty() {
            *self = Self::Name(Name::default());
        }
        if let Self::Name(name) = self {
            match name.take(piece) {
                None => return (&[], false),
                Some((FieldName::Unknown, _)) => *self = Self::Ignored,
                Some((field, value)) => {
                    *self = Self::Value {
                        field,
                        at_start: true,
                    };
                    (piece, begins) = (value, true);
                }
            }
        }
        match self {
            Self::Value { at_start, .. } => {
                if *at_start && !piece.is_empty() {
                    *at_start = false;
                    piece = piece.strip_prefix(b" ").unwrap_or(piece);
                }
                (piece, begins)
            }
            _ => (&[], false),
        }
    }
}

/// The first bytes of a line, as many as the longest known name has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Name {
    bytes: [u8; 5],
    length: usize,
}

impl Name {
    /// Takes bytes up to the colon. `None` while there is none; a comment is a field without a name, hence unknown.
    fn take<'c>(&mut self, piece: &'c [u8]) -> Option<(FieldName, &'c [u8])> {
        for (at, &byte) in piece.iter().enumerate() {
            if byte == b':' {
                return Some((self.field(), &piece[at + 1..]));
            }
            let Some(free) = self.bytes.get_mut(self.length) else {
                return Some((FieldName::Unknown, &[]));
            };
            *free = byte;
            self.length += 1;
        }
        None
    }

    /// The field, if the line ends here.
    pub(crate) const fn field(&self) -> FieldName {
        FieldName::of(self.bytes.split_at(self.length).0)
    }
}

impl EventStream {
    /// Takes a part of a line, not the last one.
    #[inline]
    pub(crate) fn part_of_line(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        if piece.is_empty() {
            return Ok(());
        }
        self.line_bytes += piece.len();
        if self.skipping {
            self.line = Unfinished::Ignored;
            return Ok(());
        }
        let taken = match self.line {
            _ if self.line_bytes > self.limits.line => Err(Limit::Line),
            Unfinished::Ignored => Ok(()),
            Unfinished::Value {
                field,
                at_start: false,
            } => self.part_of_value(field, piece),
            _ => self.interpret_part(piece),
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

    fn interpret_part(&mut self, piece: &[u8]) -> Result<(), Limit> {
        let (value, begins) = self.line.take(piece);
        let Unfinished::Value { field, .. } = self.line else {
            return Ok(());
        };
        if begins {
            self.begin_value(field)?;
        }
        self.part_of_value(field, value)
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
                match value {
                    [byte] => self.data.bytes.push(*byte), // sooner than a call
                    _ => self.data.bytes.extend_from_slice(value),
                }
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
            Unfinished::Value { field, .. } => field,
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
