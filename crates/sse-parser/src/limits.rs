use core::fmt;

/// How much of one stream is taken before a [`LimitExceeded`], in bytes.
///
/// The format itself [has no limits](https://html.spec.whatwg.org/multipage/iana.html#text/event-stream); who reads from strangers
/// needs some. An [`EventStream`](crate::EventStream) holds at most ten times what an event and an id may have (buffers double as they grow, and an ill-formed
/// byte becomes three), and usually about as much as the event that is coming; a line is never held as such. Between events each of
/// its buffers keeps at most [`Limits::RETAINED`] bytes.
///
/// # Examples
///
/// ```
/// use sse_parser::{EventStream, Limits};
///
/// let mut stream = EventStream::with_limits(Limits::default().event(64 * 1024));
/// let huge = [b"data:".as_slice(), &[b'x'; 100_000], b"\n\ndata: next\n\n"].concat();
/// let mut feed = stream.feed(&huge);
/// let exceeded = feed.next_event().unwrap().unwrap_err();
/// assert_eq!(exceeded.to_string(), "an event is longer than 65536 bytes");
/// assert_eq!(feed.next_event().unwrap()?.data(), "next");
/// # Ok::<(), sse_parser::LimitExceeded>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    pub(crate) line: usize,
    pub(crate) event: usize,
    pub(crate) id: usize,
}

impl Limits {
    /// No limit at all, for streams that are trusted.
    pub const NONE: Self = Self {
        line: usize::MAX,
        event: usize::MAX,
        id: usize::MAX,
    };

    /// How much of a buffer is kept from one event to the next, in bytes: 256 KiB.
    pub const RETAINED: usize = 256 * 1024;

    /// Sets the longest line, without its end; 8 MiB by default. Comments and unknown fields count, although they are not kept.
    #[must_use]
    pub const fn line(mut self, bytes: usize) -> Self {
        self.line = bytes;
        self
    }

    /// Sets the most that the data and the type of one event take together; 8 MiB by default.
    #[must_use]
    pub const fn event(mut self, bytes: usize) -> Self {
        self.event = bytes;
        self
    }

    /// Sets the longest last event ID; 64 KiB by default. Few servers take a header that long.
    #[must_use]
    pub const fn id(mut self, bytes: usize) -> Self {
        self.id = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 8 << 20,
            event: 8 << 20,
            id: 64 << 10,
        }
    }
}

/// What of a stream is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// A line without its end.
    Line,
    /// The data and the type of an event.
    Event,
    /// The value of an `id` field.
    Id,
}

/// A part of the stream that is longer than [`Limits`] allow.
///
/// The event that it belongs to is lost, with its id. The parser goes on behind the next blank line, so the error can be
/// ignored; it comes once for each such event. Of two limits that one line breaks, which one is told depends on the chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LimitExceeded {
    /// What is too long.
    pub limit: Limit,
    /// How long it may be, in bytes.
    pub allowed: usize,
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.limit {
            Limit::Line => "a line",
            Limit::Event => "an event",
            Limit::Id => "a last event ID",
        };
        write!(f, "{what} is longer than {} bytes", self.allowed)
    }
}

impl core::error::Error for LimitExceeded {}
