/// How a line ended: one of the three
/// [`end-of-line`](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndOfLine {
    /// U+000D CARRIAGE RETURN, alone.
    Cr,
    /// U+000D CARRIAGE RETURN and U+000A LINE FEED, which end one line together.
    CrLf,
    /// U+000A LINE FEED, alone.
    Lf,
}

impl EndOfLine {
    /// How many bytes it takes: 1 or 2.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no end of a line is empty")]
    pub const fn len(self) -> usize {
        match self {
            Self::Cr | Self::Lf => 1,
            Self::CrLf => 2,
        }
    }
}

/// A line without its end, [as it is processed](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Line<'a> {
    /// Nothing: the event is dispatched.
    Blank,
    /// What stands behind a colon at the start of the line; it is ignored.
    Comment(&'a [u8]),
    /// A field, which is everything else.
    Field {
        /// What stands before the first colon, or the whole line if there is none. Compared literally; never empty.
        name: &'a [u8],
        /// What stands behind the first colon, without one space if there was one; empty if there is no colon.
        value: &'a [u8],
    },
}

/// What a field [is processed as](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField), by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldName {
    /// `data`: appended to the data buffer.
    Data,
    /// `event`: replaces the event type buffer.
    Event,
    /// `id`: replaces the last event ID buffer, unless the value has a NUL in it.
    Id,
    /// `retry`: sets the reconnection time, if the value is digits only.
    Retry,
    /// Any other name, `Data` and ` data` included: ignored.
    Unknown,
}

impl FieldName {
    /// The name; empty for `Unknown`.
    #[inline]
    pub(crate) const fn name(self) -> &'static [u8] {
        match self {
            Self::Data => b"data",
            Self::Event => b"event",
            Self::Id => b"id",
            Self::Retry => b"retry",
            Self::Unknown => b"",
        }
    }

    /// Compares literally, without case folding.
    #[must_use]
    #[inline]
    pub const fn of(name: &[u8]) -> Self {
        match name {
            b"data" => Self::Data,
            b"event" => Self::Event,
            b"id" => Self::Id,
            b"retry" => Self::Retry,
            _ => Self::Unknown,
        }
    }
}
