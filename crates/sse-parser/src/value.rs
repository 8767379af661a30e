use core::ops::Range;

use crate::stream::Buffer;
use crate::text::Text;

/// One of the buffers of the standard, while a chunk is read: it stays in the chunk if it lies whole in it.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Unset,
    InChunk(Range<usize>),
    InBuffer,
}

impl Value {
    #[inline]
    pub(crate) const fn of(buffer: &Buffer) -> Self {
        if buffer.set {
            Self::InBuffer
        } else {
            Self::Unset
        }
    }

    #[inline]
    pub(crate) fn bytes<'a>(&self, chunk: &'a [u8], buffer: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Unset => &[],
            Self::InChunk(place) => &chunk[place.clone()],
            Self::InBuffer => buffer,
        }
    }

    #[inline]
    pub(crate) fn len(&self, buffer: &Buffer) -> usize {
        match self {
            Self::Unset => 0,
            Self::InChunk(place) => place.len(),
            Self::InBuffer => buffer.bytes.len(),
        }
    }

    /// As text, if it lies in the chunk and is well-formed.
    #[inline]
    pub(crate) fn in_chunk<'c>(&self, text: &mut Text<'c>, chunk: &'c [u8]) -> Option<&'c str> {
        match self {
            Self::InChunk(place) => text.get(chunk, place),
            Self::Unset | Self::InBuffer => None,
        }
    }

    pub(crate) fn keep(&self, chunk: &[u8], buffer: &mut Buffer) {
        if let Self::InChunk(place) = self {
            buffer.clear();
            buffer.bytes.extend_from_slice(&chunk[place.clone()]);
        }
        buffer.set = !matches!(self, Self::Unset);
    }
}
