use std::error::Error;
use std::fmt;

use sse_encoder::EncodeError;

/// Why an event was not published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishError {
    /// It cannot be expressed.
    Refused(EncodeError),
    /// The store could not take it. What the store said.
    #[cfg(feature = "durable")]
    Store(String),
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(_) => f.write_str("an event cannot be sent as it is"),
            #[cfg(feature = "durable")]
            Self::Store(reason) => write!(f, "an event was not stored: {reason}"),
        }
    }
}

impl Error for PublishError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(refused) => Some(refused),
            #[cfg(feature = "durable")]
            Self::Store(_) => None,
        }
    }
}

impl From<EncodeError> for PublishError {
    fn from(refused: EncodeError) -> Self {
        Self::Refused(refused)
    }
}
