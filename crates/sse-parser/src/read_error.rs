use core::error::Error;
use core::fmt;

use crate::limits::LimitExceeded;

/// What may come instead of an event from where the bytes are read: `E` is the error of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadError<E> {
    /// No bytes could be read.
    Source(E),
    /// The event is too long; the next one may be asked for.
    LimitExceeded(LimitExceeded),
}

impl<E> From<LimitExceeded> for ReadError<E> {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::LimitExceeded(exceeded)
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for ReadError<std::io::Error> {
    fn from(error: std::io::Error) -> Self {
        Self::Source(error)
    }
}

impl<E: fmt::Display> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => write!(f, "cannot read the event stream: {error}"),
            Self::LimitExceeded(exceeded) => exceeded.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for ReadError<E> {}
