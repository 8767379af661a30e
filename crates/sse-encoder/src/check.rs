use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use crate::encode::write_event;
use crate::error::EncodeError;
use crate::event::Event;

/// An [`Event`] that can be expressed, so that writing it cannot be refused any more.
///
/// Its [`Display`](fmt::Display) is its encoding, for anything that is a [`core::fmt::Write`].
///
/// # Examples
///
/// ```
/// use sse_encoder::Event;
///
/// let event = Event::new().data("to be\nor not").check()?;
/// assert_eq!(event.to_string(), "data: to be\ndata: or not\n\n");
/// # Ok::<(), sse_encoder::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checked<'a>(Event<'a>);

impl<'a> Checked<'a> {
    pub(crate) fn new(event: Event<'a>) -> Result<Self, EncodeError> {
        event.verify()?;
        Ok(Self(event))
    }

    /// The event that was verified.
    pub const fn event(&self) -> Event<'a> {
        self.0
    }

    /// Appends the event to a buffer, as [`Event::encode_into`] does.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let Ok(()) = write_event::<_, Infallible>(&self.0, out);
    }
}

impl fmt::Display for Checked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_event(&self.0, f)
    }
}
