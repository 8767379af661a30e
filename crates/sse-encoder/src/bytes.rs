use core::convert::Infallible;

use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use crate::check::Checked;
use crate::encode::write_event;
use crate::error::EncodeError;
use crate::event::Event;
use crate::sink::Sink;

impl Event<'_> {
    /// Encodes the event once, for any number of receivers: a clone of [`Bytes`] shares the memory.
    ///
    /// # Errors
    ///
    /// CR or LF in the event type or the id, or NUL in the id: see [`EncodeError`].
    ///
    /// # Examples
    ///
    /// ```
    /// let bytes = sse_encoder::Event::new().id("7").data("x").to_bytes()?;
    /// assert_eq!(bytes, "id: 7\ndata: x\n\n");
    /// # Ok::<(), sse_encoder::EncodeError>(())
    /// ```
    pub fn to_bytes(&self) -> Result<Bytes, EncodeError> {
        let mut out = Vec::new();
        self.encode_into(&mut out)?;
        Ok(out.into())
    }

    /// Appends the event to a [`BytesMut`], from which [`BytesMut::split`] can take it without a copy.
    ///
    /// # Errors
    ///
    /// CR or LF in the event type or the id, or NUL in the id: see [`EncodeError`]. Then `out` is as it was before.
    pub fn encode_into_bytes(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.verify()?;
        let Ok(()) = write_event::<_, Infallible>(self, out);
        Ok(())
    }
}

impl Checked<'_> {
    /// Encodes the event once, as [`Event::to_bytes`] does.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out.into()
    }

    /// Appends the event to a [`BytesMut`], as [`Event::encode_into_bytes`] does.
    pub fn encode_into_bytes(&self, out: &mut BytesMut) {
        let Ok(()) = write_event::<_, Infallible>(&self.event(), out);
    }
}

impl Sink<Infallible> for BytesMut {
    #[inline]
    fn expect(&mut self, bytes: usize) {
        self.reserve(bytes);
    }

    #[inline]
    fn put(&mut self, text: &str) -> Result<(), Infallible> {
        self.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
