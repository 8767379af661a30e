use alloc::vec::Vec;
use core::convert::Infallible;
use core::time::Duration;

use crate::check::Checked;
use crate::encode::write_event;
use crate::error::{EncodeError, Field};

/// One event of an [event stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
/// borrowed from whoever sends it.
///
/// A field that was not given is not written; one that was given empty is written empty, which is not the same:
///
/// | field | not given | given as `""` |
/// |---|---|---|
/// | [`event`](Self::event) | the type is `message` | the type is `message` |
/// | [`id`](Self::id) | the last event ID stays | the last event ID is reset |
/// | [`data`](Self::data) | clients dispatch nothing | clients dispatch an event with empty data |
///
/// # Examples
///
/// ```
/// use sse_encoder::Event;
///
/// let mut out = Vec::new();
/// Event::new().event("greeting").id("7").data("hello\nworld").encode_into(&mut out)?;
/// assert_eq!(out, b"event: greeting\nid: 7\ndata: hello\ndata: world\n\n");
/// # Ok::<(), sse_encoder::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[must_use = "an event is sent by one of its encoding methods"]
pub struct Event<'a> {
    pub(crate) event: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    pub(crate) retry: Option<Duration>,
    pub(crate) data: Option<&'a str>,
}

impl<'a> Event<'a> {
    /// An event without any field; encoded, it is a blank line, which clients read as nothing.
    pub const fn new() -> Self {
        Self {
            event: None,
            id: None,
            retry: None,
            data: None,
        }
    }

    /// Sets the [event type](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField): any text
    /// of one line.
    ///
    /// `open` and `error` are legal, but an `EventSource` in a browser uses the same names for events of its own.
    pub const fn event(mut self, event: &'a str) -> Self {
        self.event = Some(event);
        self
    }

    /// Sets the [last event ID](https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header)
    /// that clients send when they reconnect: any text of one line without U+0000 NULL.
    pub const fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the [reconnection time](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField), in
    /// whole milliseconds.
    ///
    /// A fraction of a millisecond is rounded up, so that no client comes back sooner than was asked. More than
    /// [`u64::MAX`] milliseconds are written as [`u64::MAX`].
    pub const fn retry(mut self, retry: Duration) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the [data](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage): any text at all.
    ///
    /// LF, CR and CRLF each end a line, and each line is sent in a `data` field of its own. The receiver joins them with
    /// LF, because the format has no way to say which of the three it was: `"a\r\nb"` arrives as `"a\nb"`. Everything
    /// else arrives as it was given: spaces at the start, newlines at the end, NUL, empty text.
    pub const fn data(mut self, data: &'a str) -> Self {
        self.data = Some(data);
        self
    }

    /// Verifies that every field can be expressed, and gives what can be written any number of times without looking again.
    ///
    /// # Errors
    ///
    /// CR or LF in the event type or the id, or NUL in the id: see [`EncodeError`].
    pub fn check(self) -> Result<Checked<'a>, EncodeError> {
        Checked::new(self)
    }

    /// Appends the event to a buffer, which can be reused: apart from growing it, nothing is allocated.
    ///
    /// # Errors
    ///
    /// CR or LF in the event type or the id, or NUL in the id: see [`EncodeError`]. Then `out` is as it was before.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_encoder::{Event, Field};
    ///
    /// let mut out = Vec::new();
    /// let refused = Event::new().event("x\ndata: forged").encode_into(&mut out).unwrap_err();
    /// assert_eq!((refused.field, refused.character, refused.position), (Field::Event, '\n', 1));
    /// assert!(out.is_empty());
    /// ```
    #[inline]
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.verify()?;
        let Ok(()) = write_event::<_, Infallible>(self, out);
        Ok(())
    }

    #[inline]
    pub(crate) fn verify(&self) -> Result<(), EncodeError> {
        if let Some(event) = self.event {
            Field::Event.verify(event)?;
        }
        if let Some(id) = self.id {
            Field::Id.verify(id)?;
        }
        Ok(())
    }
}
