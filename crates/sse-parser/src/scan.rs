//! Where lines begin and end.

use core::ops::Range;

use memchr::memchr2;
use wide::u8x16;

/// The lines of a chunk that have their end in it, in order, as places.
///
/// A block is compared once and its line ends are read off a mask, because most lines are shorter than what it takes to start a
/// search for each. Where some blocks have none the lines are long, and then a search is the faster one. That CR and LF end one line
/// together is settled in the masks too: a branch for each line would be guessed wrong where both kinds of ends are mixed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spans<'c> {
    chunk: &'c [u8],
    /// Where the block begins that the masks are about.
    block: usize,
    /// One bit for each line end of the block that was not given yet: its first byte.
    ends: u64,
    /// One bit for each CR of the block that an LF follows.
    crlf: u64,
    /// Where the line begins that comes next.
    start: usize,
}

/// In bytes: as many as a mask has bits.
const BLOCK: usize = 64;

/// After so many blocks without a line end, a search is the faster way.
const BLOCKS_BEFORE_SEARCH: usize = 6;

impl<'c> Spans<'c> {
    /// After a CR, an LF at the start of the chunk ends nothing.
    #[inline]
    pub(crate) fn new(chunk: &'c [u8], after_cr: bool) -> Self {
        let mut spans = Self {
            chunk,
            block: 0,
            ends: 0,
            crlf: 0,
            start: usize::from(after_cr && chunk.first() == Some(&b'\n')),
        };
        spans.look(after_cr);
        spans.find();
        spans
    }

    #[inline]
    pub(crate) const fn chunk(&self) -> &'c [u8] {
        self.chunk
    }

    /// Whether every line was given.
    #[inline]
    pub(crate) const fn is_done(&self) -> bool {
        self.ends == 0 && self.is_last_block()
    }

    #[inline]
    const fn is_last_block(&self) -> bool {
        self.block + BLOCK >= self.chunk.len()
    }

    /// What follows the last line end.
    #[inline]
    pub(crate) fn rest(&self) -> &'c [u8] {
        self.chunk.get(self.start..).unwrap_or_default()
    }

    /// Sets the masks for the block.
    #[inline]
    fn look(&mut self, after_cr: bool) {
        let rest = &self.chunk[self.block..];
        let ends = match rest.first_chunk() {
            Some(block) if may_have_end(block) => ends_of_block(block),
            Some(_) => (0, 0),
            None => ends_of_last(rest),
        };
        self.set(ends, after_cr);
    }

    #[inline]
    fn set(&mut self, (cr, lf): (u64, u64), after_cr: bool) {
        self.ends = lf & !u64::from(after_cr);
        self.crlf = 0;
        if cr != 0 {
            let lf_follows = self.chunk.get(self.block + BLOCK) == Some(&b'\n');
            self.ends = cr | (self.ends & !(cr << 1));
            self.crlf = cr & (lf >> 1 | u64::from(lf_follows) << (BLOCK - 1));
        }
    }

    /// Goes to the next line end, unless there is one in this block, or none at all.
    #[inline(always)]
    fn find(&mut self) {
        if self.ends != 0 || self.is_last_block() {
            return;
        }
        let (blocks, _shorter) = self.chunk[self.block + BLOCK..].as_chunks::<BLOCK>();
        for block in blocks.iter().take(BLOCKS_BEFORE_SEARCH) {
            self.block += BLOCK;
            if may_have_end(block) {
                self.set(ends_of_block(block), self.chunk[self.block - 1] == b'\r');
                if self.ends != 0 {
                    return;
                }
            }
        }
        *self = self.search(); // not by reference, which would keep all of it out of registers
    }

    #[inline(never)]
    fn search(mut self) -> Self {
        while self.ends == 0 {
            self.block += BLOCK;
            let rest = self.chunk.get(self.block..).unwrap_or_default();
            let Some(skipped) = memchr2(b'\r', b'\n', rest) else {
                self.block = self.chunk.len();
                break;
            };
            self.block += skipped;
            self.look(self.chunk[self.block - 1] == b'\r');
        }
        self
    }
}

impl Iterator for Spans<'_> {
    type Item = Range<usize>;

    #[inline(always)]
    fn next(&mut self) -> Option<Range<usize>> {
        self.find();
        if self.ends == 0 {
            return None;
        }
        let bit = self.ends.trailing_zeros();
        self.ends &= self.ends - 1;
        let line = self.start..self.block + bit as usize;
        self.start = line.end + 1 + (self.crlf >> bit & 1) as usize;
        Some(line)
    }
}

/// Whether there may be one: no byte of text is as small as a CR but an LF, and rarely a tab.
#[inline]
fn may_have_end(block: &[u8; BLOCK]) -> bool {
    let (lanes, _none) = block.as_chunks();
    let smallest = lanes
        .iter()
        .fold(u8x16::MAX, |smallest, &lane| smallest.min(u8x16::new(lane)));
    let cr = u8x16::splat(b'\r');
    smallest.max(cr).simd_eq(cr).any()
}

/// Where CR and LF are, a bit for each byte.
#[inline]
fn ends_of_block(block: &[u8; BLOCK]) -> (u64, u64) {
    let (lanes, _none) = block.as_chunks();
    let of = |byte| {
        let byte = u8x16::splat(byte);
        move |&lane| u8x16::new(lane).simd_eq(byte)
    };
    let bits = |mask, lane: u8x16| mask << 16 | u64::from(lane.to_bitmask());
    let lf = lanes.iter().rev().map(of(b'\n')).fold(0, bits);
    let any_cr = lanes
        .iter()
        .map(of(b'\r'))
        .fold(u8x16::ZERO, |any, lane| any | lane);
    if any_cr.any() {
        (lanes.iter().rev().map(of(b'\r')).fold(0, bits), lf)
    } else {
        (0, lf) // as in most streams, and half the work
    }
}

/// The same for the last bytes of a chunk, fewer than a block.
#[inline]
fn ends_of_last(bytes: &[u8]) -> (u64, u64) {
    if bytes.len() <= SHORT {
        return bytes.iter().rev().fold((0, 0), |(cr, lf), byte| {
            (
                cr << 1 | u64::from(*byte == b'\r'),
                lf << 1 | u64::from(*byte == b'\n'),
            )
        });
    }
    let mut block = [0; BLOCK];
    block[..bytes.len()].copy_from_slice(bytes);
    ends_of_block(&block)
}

/// In bytes; so few are looked at one by one sooner than a block is filled.
const SHORT: usize = 8;
