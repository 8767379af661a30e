use core::time::Duration;

use crate::event::Event;
use crate::limits::LimitExceeded;
use crate::reading::Reading;
use crate::scan::Spans;
use crate::stream::EventStream;
use crate::unfinished::Unfinished;

/// A chunk that is being read, from [`EventStream::feed`].
#[derive(Debug)]
#[must_use = "a chunk is read by asking for its events"]
pub struct Feed<'s, 'c> {
    stream: &'s mut EventStream,
    /// What is not in the stream yet. Small chunks rarely have such lines, so nothing is made ready for them.
    reading: Option<Reading<'c>>,
    /// A limit that was exceeded before the first event was asked for.
    exceeded: Option<LimitExceeded>,
}

impl<'s, 'c> Feed<'s, 'c> {
    #[inline]
    pub(crate) fn new(stream: &'s mut EventStream, chunk: &'c [u8]) -> Self {
        if let [byte] = *chunk
            && let Some(taken) = stream.take_byte(byte)
        {
            return Self::taken(stream, taken);
        }
        Self::begin(stream, chunk)
    }

    fn begin(stream: &'s mut EventStream, chunk: &'c [u8]) -> Self {
        let chunk = stream.strip_bom(chunk);
        let mut spans = Spans::new(chunk, stream.after_cr);
        if let Some(last) = chunk.last() {
            stream.after_cr = *last == b'\r';
        }
        let mut taken = Ok(());
        if !matches!(stream.line, Unfinished::Nothing)
            && let Some(span) = spans.next()
        {
            taken = stream.last_part_of_line(&chunk[span]);
        }
        if taken.is_ok() && spans.is_done() {
            taken = stream.part_of_line(spans.rest());
            return Self::taken(stream, taken);
        }
        Self {
            reading: Some(Reading::new(stream, spans)),
            exceeded: taken.err(),
            stream,
        }
    }

    /// All of the chunk is in the stream.
    #[inline]
    fn taken(stream: &'s mut EventStream, taken: Result<(), LimitExceeded>) -> Self {
        Self {
            stream,
            reading: None,
            exceeded: taken.err(),
        }
    }

    /// The next event that is complete, or `None` at the end of the chunk.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`], once for each event that is too long. The next call goes on behind that event.
    #[inline(always)] // what is done for each event: as a call it takes a tenth more
    pub fn next_event(&mut self) -> Option<Result<Event<'_>, LimitExceeded>> {
        if self.reading.is_none() && self.exceeded.is_none() {
            return None;
        }
        match self.advance()? {
            Ok(()) => Some(Ok(self.reading.as_mut()?.dispatch(self.stream))),
            Err(exceeded) => Some(Err(exceeded)),
        }
    }

    /// Reads lines until an event is ready.
    fn advance(&mut self) -> Option<Result<(), LimitExceeded>> {
        if let Some(exceeded) = self.exceeded.take() {
            return Some(Err(exceeded));
        }
        let reading = self.reading.as_mut()?;
        match reading.find_event(self.stream) {
            Ok(true) => return Some(Ok(())),
            Err(limit) => return Some(Err(reading.exceed(self.stream, limit))),
            Ok(false) => {}
        }
        let kept = reading.keep(self.stream);
        self.reading = None;
        kept.err().map(Err)
    }

    #[cold]
    fn read_on(&mut self) {
        while self.reading.is_some() {
            let _unwanted = self.next_event();
        }
    }

    /// Leaves what comes after the last event, or the last error, unread and gives it back; it is the start of the next chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut stream = sse_parser::EventStream::new();
    /// let mut feed = stream.feed(b"data: a\n\ndata: b\n\n");
    /// assert_eq!(feed.next_event().unwrap()?.data(), "a");
    /// let rest = feed.stop();
    /// assert_eq!(rest, b"data: b\n\n");
    /// assert_eq!(stream.feed(rest).next_event().unwrap()?.data(), "b");
    /// # Ok::<(), sse_parser::LimitExceeded>(())
    /// ```
    pub fn stop(mut self) -> &'c [u8] {
        // taken out, so that dropping it reads nothing
        let Some(mut reading) = self.reading.take() else {
            return &[];
        };
        let rest = reading.keep_values(self.stream);
        self.stream.after_cr &= rest.is_empty();
        rest
    }

    /// The last event ID, as [`EventStream::last_event_id`].
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        let committed = self.reading.as_ref().and_then(Reading::last_event_id);
        committed.unwrap_or(&self.stream.last_event_id)
    }

    /// The reconnection time, as [`EventStream::reconnection_time`].
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.stream.reconnection_time()
    }
}

/// The rest of the chunk is part of the stream, whether its events are wanted or not.
impl Drop for Feed<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        if self.reading.is_some() {
            self.read_on();
        }
    }
}
