//! A line of which only the first part has come. What matters of it is kept as a state, not as bytes.

use crate::line::FieldName;

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
