//! Ways to cut a stream into chunks; [what comes of a stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) never depends on them.

use core::fmt;

use crate::section::Stream;

/// One way to cut a stream.
///
/// # Examples
///
/// ```
/// use sse_fixtures::cuts;
///
/// let plan = cuts::at([2, 2, 4]);
/// let chunks: Vec<&[u8]> = plan.chunks(b"abcde").collect();
/// assert_eq!(chunks, [&b"ab"[..], b"", b"cd", b"e"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutPlan {
    kind: Kind,
    edges: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AsWritten,
    Whole,
    Bytewise,
    At,
    Random(u64),
}

impl CutPlan {
    /// The offsets of the edges between chunks, in order.
    #[must_use]
    pub fn edges(&self) -> &[usize] {
        &self.edges
    }

    /// The chunks of a stream; together they are the stream. An edge beyond its end is taken for its end.
    pub fn chunks<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let clamped = |edge: usize| edge.min(bytes.len());
        let starts = core::iter::once(0).chain(self.edges.iter().copied().map(clamped));
        let ends = self.edges.iter().copied().map(clamped).chain([bytes.len()]);
        starts.zip(ends).map(|(start, end)| &bytes[start..end])
    }
}

impl fmt::Display for CutPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::AsWritten => f.write_str("as written"),
            Kind::Whole => f.write_str("whole"),
            Kind::Bytewise => f.write_str("byte by byte"),
            Kind::At => write!(f, "cut at {:?}", self.edges),
            Kind::Random(seed) => write!(f, "cut at random (seed {seed}) at {:?}", self.edges),
        }
    }
}

/// Cuts where the author wrote `\|`.
#[must_use]
pub fn as_written(stream: &Stream) -> CutPlan {
    CutPlan {
        kind: Kind::AsWritten,
        edges: stream.cuts.clone(),
    }
}

/// One chunk.
#[must_use]
pub fn whole() -> CutPlan {
    CutPlan {
        kind: Kind::Whole,
        edges: Vec::new(),
    }
}

/// Chunks of one byte, for a stream of so many bytes.
#[must_use]
pub fn bytewise(len: usize) -> CutPlan {
    CutPlan {
        kind: Kind::Bytewise,
        edges: (1..len).collect(),
    }
}

/// Cuts at these offsets, which are put in order.
#[must_use]
pub fn at(edges: impl IntoIterator<Item = usize>) -> CutPlan {
    let mut edges: Vec<usize> = edges.into_iter().collect();
    edges.sort_unstable();
    CutPlan {
        kind: Kind::At,
        edges,
    }
}

/// Two chunks, neither of them empty, in every way that a stream of so many bytes has.
pub fn two_way(len: usize) -> impl Iterator<Item = CutPlan> {
    (1..len).map(|edge| at([edge]))
}

/// Cuts at offsets that depend on nothing but the seed and the number of bytes.
///
/// Chunks are short for one seed and long for another; some are empty.
#[must_use]
pub fn random(len: usize, seed: u64) -> CutPlan {
    let mut numbers = SplitMix64(seed);
    let longest = 1 << (numbers.next() % 8);
    let mut edges = Vec::new();
    let mut edge = 0;
    loop {
        let step = numbers.next() % (longest + 1);
        edge += usize::try_from(step).unwrap_or(usize::MAX);
        if edge >= len {
            break;
        }
        edges.push(edge);
    }
    CutPlan {
        kind: Kind::Random(seed),
        edges,
    }
}

/// Every plan that a stream is played with: as written if it has cuts, whole, byte by byte, cut in two at every offset,
/// and at random for each of the seeds.
pub fn every(
    stream: &Stream,
    seeds: impl IntoIterator<Item = u64>,
) -> impl Iterator<Item = CutPlan> {
    let len = stream.bytes.len();
    let written = (!stream.cuts.is_empty()).then(|| as_written(stream));
    let random = seeds.into_iter().map(move |seed| random(len, seed));
    written
        .into_iter()
        .chain([whole(), bytewise(len)])
        .chain(two_way(len))
        .chain(random)
}

/// Vigna's `SplitMix64`: numbers that are the same on every machine and in every version.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
