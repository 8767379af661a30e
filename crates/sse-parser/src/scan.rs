//! Where lines end.

use memchr::memchr2;
use wide::u8x16;

/// The places of CR and LF in a chunk, in order.
///
/// A block is compared once and its line ends are read off a mask, because most lines are shorter than what it takes to start a
/// search for each. Where a block has none the lines are long, and then a search is the faster one.
#[derive(Debug)]
pub(crate) struct LineEnds<'c> {
    chunk: &'c [u8],
    /// Where the block begins that `mask` is about.
    block: usize,
    /// One bit for each line end of the block that was not given yet.
    mask: u64,
}

/// In bytes: as many as a mask has bits.
const BLOCK: usize = 64;

impl<'c> LineEnds<'c> {
    #[inline]
    pub(crate) fn new(chunk: &'c [u8]) -> Self {
        Self {
            chunk,
            block: 0,
            mask: mask_from(chunk, 0),
        }
    }

    #[inline]
    fn next_block(&mut self) -> Option<()> {
        self.block += BLOCK;
        if self.block >= self.chunk.len() {
            self.block = self.chunk.len();
            return None;
        }
        self.mask = mask_from(self.chunk, self.block);
        if self.mask == 0 {
            self.block += memchr2(b'\r', b'\n', &self.chunk[self.block..])?;
            self.mask = mask_from(self.chunk, self.block);
        }
        Some(())
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.mask == 0 {
            self.next_block()?;
        }
        let end = self.block + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(end)
    }
}

/// The line ends of the 64 bytes from `start`, or of as many as there are.
#[inline]
fn mask_from(chunk: &[u8], start: usize) -> u64 {
    let rest = &chunk[start..];
    if let Some(block) = rest.first_chunk() {
        return mask(block);
    }
    if rest.len() <= SHORT {
        return rest
            .iter()
            .rev()
            .fold(0, |mask, byte| mask << 1 | u64::from(is_end(*byte)));
    }
    match chunk.last_chunk() {
        Some(last) => mask(last) >> (BLOCK - rest.len()),
        None => {
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            mask(&block)
        }
    }
}

/// In bytes; so few are looked at one by one sooner than a block is filled.
const SHORT: usize = 8;

const fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[inline]
fn mask(block: &[u8; BLOCK]) -> u64 {
    let (lanes, _none) = block.as_chunks();
    lanes.iter().rev().fold(0, |mask, &lane| {
        let bytes = u8x16::new(lane);
        let ends = bytes.simd_eq(u8x16::splat(b'\r')) | bytes.simd_eq(u8x16::splat(b'\n'));
        mask << 16 | u64::from(ends.to_bitmask())
    })
}
