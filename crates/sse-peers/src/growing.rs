//! Streams that grow, to see what that costs.

use bytes::Bytes;

use crate::workload::WORKLOADS;

/// A stream of any length.
#[derive(Debug, Clone, Copy)]
pub struct Growing {
    /// As it stands in the tables.
    pub about: &'static str,
    /// How long the longest one is, in bytes.
    pub length: usize,
    /// How long its chunks are, in bytes.
    pub chunk: usize,
    make: fn(usize) -> Vec<u8>,
}

/// All of them.
pub const GROWING: [Growing; 3] = [
    Growing {
        about: "one event of one `data` line, in chunks of 1460 B",
        length: 16 << 20,
        chunk: 1460,
        make: one_line,
    },
    Growing {
        about: "newlines alone, in chunks of 1460 B",
        length: 1 << 20,
        chunk: 1460,
        make: |length| vec![b'\n'; length],
    },
    Growing {
        about: "events of 28 bytes, in one chunk",
        length: 8 << 20,
        chunk: usize::MAX,
        make: |length| WORKLOADS[2].make(length),
    },
];

impl Growing {
    /// A stream of that length, in bytes.
    #[must_use]
    pub fn chunks(&self, length: usize) -> Vec<Bytes> {
        cut(&(self.make)(length), self.chunk)
    }
}

fn one_line(length: usize) -> Vec<u8> {
    let mut stream = b"data: ".to_vec();
    stream.resize(length, b'x');
    stream.extend_from_slice(b"\n\n");
    stream
}

/// Chunks of that many bytes.
#[must_use]
pub fn cut(stream: &[u8], size: usize) -> Vec<Bytes> {
    stream
        .chunks(size.min(stream.len()))
        .map(Bytes::copy_from_slice)
        .collect()
}
