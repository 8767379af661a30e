//! The bytes of a body with the time at which each came.

use serde::{Deserialize, Serialize};

use crate::escape;

/// The most bytes of a body that are kept, in bytes (4 MiB). A stream that sends more is left.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// The most arrival times that are kept of one body. Later chunks count to the last one.
const MOST_ARRIVALS: usize = 1 << 16;

/// Chunks closer together than this many microseconds count as one arrival.
const SAME_ARRIVAL: u64 = 1_000;

/// The bytes of a body with the time at which each came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The bytes, in the escapes of the fixture format.
    #[serde(with = "escape::serde_bytes")]
    pub bytes: Vec<u8>,
    /// When they came, in order.
    pub arrivals: Vec<Arrival>,
}

/// A piece of a body: the bytes since the arrival before, up to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// How many bytes of the body were there after it.
    pub end: usize,
    /// Microseconds after the request was begun.
    pub at: u64,
}

impl Body {
    /// Adds a chunk that came at `at` microseconds. What would exceed `most` bytes is dropped; returns whether all of it was kept.
    pub fn push(&mut self, chunk: &[u8], at: u64, most: usize) -> bool {
        let room = most.saturating_sub(self.bytes.len());
        let kept = &chunk[..chunk.len().min(room)];
        if !kept.is_empty() {
            self.bytes.extend_from_slice(kept);
            let end = self.bytes.len();
            let full = self.arrivals.len() >= MOST_ARRIVALS;
            match self.arrivals.last_mut() {
                Some(last) if full || at.saturating_sub(last.at) < SAME_ARRIVAL => last.end = end,
                _ => self.arrivals.push(Arrival { end, at }),
            }
        }
        kept.len() == chunk.len()
    }

    /// When the byte at `offset` came, in microseconds after the request was begun.
    pub fn arrived_at(&self, offset: usize) -> Option<u64> {
        let index = self
            .arrivals
            .partition_point(|arrival| arrival.end <= offset);
        self.arrivals.get(index).map(|arrival| arrival.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_has_the_time_of_its_chunk() {
        let mut body = Body::default();
        body.push(b"ab", 5_000, 10);
        body.push(b"c", 9_000, 10);
        assert_eq!(
            [0, 1, 2, 3].map(|offset| body.arrived_at(offset)),
            [Some(5_000), Some(5_000), Some(9_000), None]
        );
    }

    #[test]
    fn a_body_is_bounded() {
        let mut body = Body::default();
        assert!(body.push(b"abc", 0, 4));
        assert!(!body.push(b"de", 1, 4));
        assert_eq!(body.bytes, b"abcd");
        assert!(!body.push(b"f", 2, 4));
    }
}
