use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use crate::bom::Bom;
#[cfg(any(feature = "std", feature = "futures"))]
use crate::event::OwnedEvent;
use crate::feed::Feed;
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::retry::RetryValue;
use crate::unfinished::Unfinished;

/// An [event stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) that is parsed as its bytes come, in chunks of any size.
///
/// The events are a function of the bytes, never of the chunks. A line that ends with CR acts at once. No byte is an error; the
/// only one is [`LimitExceeded`](crate::LimitExceeded), if limits were set.
///
/// # Examples
///
/// ```
/// use sse_parser::EventStream;
///
/// let mut stream = EventStream::new();
/// let mut seen = Vec::new();
/// for chunk in [b"id: 1\nda".as_slice(), b"ta: a\n\ndata: b\n\nda"] {
///     let mut feed = stream.feed(chunk);
///     while let Some(event) = feed.next_event() {
///         let event = event?;
///         seen.push((event.data().to_owned(), event.last_event_id().to_owned()));
///     }
/// }
/// assert_eq!(seen, [("a".into(), "1".into()), ("b".into(), "1".into())]);
/// assert_eq!(stream.finish().line, 2);
/// # Ok::<(), sse_parser::LimitExceeded>(())
/// ```
#[derive(Debug)]
pub struct EventStream {
    pub(crate) limits: Limits,
    pub(crate) bom: Bom,
    /// The last byte was a CR, so an LF that follows belongs to it.
    pub(crate) after_cr: bool,
    pub(crate) line: Unfinished,
    /// Length of the unfinished line, in bytes.
    pub(crate) line_bytes: usize,
    /// Length of the data and the type that have come for the next event, in bytes.
    pub(crate) event_bytes: usize,
    pub(crate) data: Buffer,
    pub(crate) event_type: Buffer,
    pub(crate) id: Buffer,
    pub(crate) unfinished_id: Vec<u8>,
    pub(crate) unfinished_retry: RetryValue,
    /// A limit was exceeded: nothing counts until the next blank line.
    pub(crate) skipping: bool,
    pub(crate) replaced_data: String,
    pub(crate) replaced_type: String,
    pub(crate) last_event_id: String,
    pub(crate) reconnection_time: Option<Duration>,
}

/// One of the buffers of the standard, as it is between two chunks.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// A field has set it in the block that is being read; if not, `bytes` are old.
    pub(crate) set: bool,
    pub(crate) bytes: Vec<u8>,
}

/// What was thrown away [at the end of the file](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Discarded {
    /// Length of a last line that had no end, in bytes.
    pub line: usize,
    /// Length of the data buffer, in bytes, if the blank line that would have dispatched the event is missing.
    pub data: Option<usize>,
    /// Whether an `id` was lost, for want of that blank line.
    pub id: bool,
}

impl EventStream {
    /// A stream without limits, for what is trusted.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(Limits::NONE)
    }

    /// A stream of which only so much is taken.
    #[must_use]
    pub const fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            bom: Bom::START,
            after_cr: false,
            line: Unfinished::Nothing,
            line_bytes: 0,
            event_bytes: 0,
            data: Buffer::new(),
            event_type: Buffer::new(),
            id: Buffer::new(),
            unfinished_id: Vec::new(),
            unfinished_retry: RetryValue::NEW,
            skipping: false,
            replaced_data: String::new(),
            replaced_type: String::new(),
            last_event_id: String::new(),
            reconnection_time: None,
        }
    }

    /// Starts with the last event ID of an earlier connection, which holds until the stream sets another.
    #[must_use]
    pub fn with_last_event_id(mut self, last_event_id: &str) -> Self {
        last_event_id.clone_into(&mut self.last_event_id);
        self
    }

    /// Takes the next bytes; the events are pulled from what comes back.
    ///
    /// The chunk counts as a whole: dropping the [`Feed`] before its end reads the rest too, and loses the events in it.
    #[inline]
    pub fn feed<'s, 'c>(&'s mut self, chunk: &'c [u8]) -> Feed<'s, 'c> {
        Feed::new(self, chunk)
    }

    /// Ends the stream: what is not dispatched by now [is discarded](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
    ///
    /// After it the parser is ready for the response of the next connection; the last event ID and the reconnection time stay.
    pub fn finish(&mut self) -> Discarded {
        let discarded = Discarded {
            line: self.line_bytes + self.bom.unfinished().len(),
            data: self.data.set.then_some(self.data.without_last_lf().len()),
            id: self.id.set,
        };
        self.bom = Bom::START;
        self.after_cr = false;
        self.line = Unfinished::Nothing;
        self.line_bytes = 0;
        self.event_bytes = 0;
        self.data.set = false;
        self.event_type.set = false;
        self.id.set = false;
        self.skipping = false;
        discarded
    }

    /// The [last event ID](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage) as committed by the last blank line; empty while there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The [reconnection time](https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time) that the stream has set, if it has.
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }
}

impl EventStream {
    /// Takes what there is of a byte order mark off the chunk.
    #[inline]
    pub(crate) fn strip_bom<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        let (chunk, no_bom) = self.bom.strip(chunk);
        if !no_bom.is_empty() {
            self.line = Unfinished::Ignored; // no known name begins like that
            self.line_bytes = no_bom.len();
        }
        chunk
    }

    /// The first event of a chunk, and what follows it.
    #[cfg(any(feature = "std", feature = "futures"))]
    pub(crate) fn first_event<'c>(
        &mut self,
        chunk: &'c [u8],
    ) -> (Option<Result<OwnedEvent, LimitExceeded>>, &'c [u8]) {
        let mut feed = self.feed(chunk);
        let event = feed.next_event();
        let event = event.map(|event| event.map(OwnedEvent::from));
        (event, feed.stop())
    }

    /// Whether a blank line has something to dispatch, to commit or to reset.
    #[inline]
    pub(crate) const fn is_event_begun(&self) -> bool {
        self.data.set || self.event_type.set || self.id.set
    }

    /// Counts what has come for the next event.
    #[inline]
    pub(crate) const fn count(&mut self, bytes: usize) -> Result<(), Limit> {
        self.event_bytes += bytes;
        if self.event_bytes > self.limits.event {
            return Err(Limit::Event);
        }
        Ok(())
    }

    pub(crate) const fn set_reconnection_time(&mut self, time: Option<Duration>) {
        if time.is_some() {
            self.reconnection_time = time;
        }
    }

    /// Drops what has come for the next event.
    #[cold]
    pub(crate) const fn exceed(&mut self, limit: Limit) -> LimitExceeded {
        let allowed = match limit {
            Limit::Line => self.limits.line,
            Limit::Event => self.limits.event,
            Limit::Id => self.limits.id,
        };
        self.skipping = true;
        self.event_bytes = 0;
        (self.data.set, self.event_type.set, self.id.set) = (false, false, false);
        LimitExceeded { limit, allowed }
    }
}

impl Default for EventStream {
    fn default() -> Self {
        Self::new()
    }
}

impl Buffer {
    const fn new() -> Self {
        Self {
            set: false,
            bytes: Vec::new(),
        }
    }

    /// Without the LF that the standard puts behind each value, and takes away from the last one.
    #[inline]
    pub(crate) fn without_last_lf(&self) -> &[u8] {
        self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes)
    }

    /// Appends a value that lies there in the chunk, and an LF.
    #[inline]
    pub(crate) fn push_line(&mut self, chunk: &[u8], place: Range<usize>) {
        // The byte behind it is copied along, because that is one call less: it ended the line, and becomes an LF if it was none.
        let with_end = place.start..place.end + 1;
        self.bytes.extend_from_slice(&chunk[with_end]);
        if let Some(last) = self.bytes.last_mut() {
            *last = b'\n';
        }
    }

    /// Sets it to nothing.
    pub(crate) fn begin(&mut self) {
        self.clear();
        self.set = true;
    }

    /// Starts anew, and gives back what an unusually long value has taken.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > Limits::RETAINED {
            self.bytes.shrink_to(Limits::RETAINED);
        }
    }
}
