use core::fmt;

use crate::scan::has_control;

/// A field whose value has to be one line.
///
/// `data` is not here: every text can be sent as data. Neither is `retry`, which is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Field {
    /// The event type.
    Event,
    /// The last event ID.
    Id,
    /// The text of a comment, which the standard does not call a field, but which breaks in the same way.
    Comment,
}

/// A value that [the format](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
/// cannot express: sent as it is, it would forge other fields or events, or be ignored by the receiver.
///
/// # Examples
///
/// ```
/// use sse_encoder::Event;
///
/// let refused = Event::new().id("a\0b").check().unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "id contains NULL (U+0000) at byte 1: clients ignore such an id; send one without it"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct EncodeError {
    /// The field that was refused.
    pub field: Field,
    /// The first character that cannot be sent there: CR, LF or NUL.
    pub character: char,
    /// Where that character begins in the value, in bytes.
    pub position: usize,
}

impl Field {
    /// The name of the field as it stands on the wire; `comment` for a comment, which has none.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Id => "id",
            Self::Comment => "comment",
        }
    }

    /// Whether a value of this field must not contain this byte. All such bytes are ASCII, hence characters of their own.
    #[inline]
    pub(crate) const fn forbids(self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n') || (byte == 0 && matches!(self, Self::Id))
    }

    #[inline]
    pub(crate) fn verify(self, value: &str) -> Result<(), EncodeError> {
        if !has_control(value.as_bytes()) {
            return Ok(());
        }
        self.verify_each(value)
    }

    #[cold]
    fn verify_each(self, value: &str) -> Result<(), EncodeError> {
        match value.bytes().position(|byte| self.forbids(byte)) {
            None => Ok(()),
            Some(position) => Err(self.refuse(value, position)),
        }
    }

    #[cold]
    fn refuse(self, value: &str, position: usize) -> EncodeError {
        EncodeError {
            field: self,
            character: char::from(value.as_bytes()[position]),
            position,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let character = match self.character {
            '\0' => "NULL",
            '\r' => "CARRIAGE RETURN",
            _ => "LINE FEED",
        };
        let instead = match (self.field, self.character) {
            (_, '\0') => "clients ignore such an id; send one without it",
            (Field::Comment, _) => "a comment is one line; send one comment for each line",
            _ => "it is one line; send text of several lines as data",
        };
        write!(
            f,
            "{} contains {character} (U+{:04X}) at byte {}: {instead}",
            self.field, self.character as u32, self.position
        )
    }
}

impl core::error::Error for EncodeError {}
