//! Where encoded text goes: one trait, so that the format is written down once.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

pub(crate) trait Sink<E> {
    /// Room for this many bytes will be needed.
    #[inline]
    fn expect(&mut self, _bytes: usize) {}

    fn put(&mut self, text: &str) -> Result<(), E>;
}

impl Sink<Infallible> for Vec<u8> {
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

impl Sink<fmt::Error> for fmt::Formatter<'_> {
    fn put(&mut self, text: &str) -> fmt::Result {
        self.write_str(text)
    }
}
