//! The search for what cannot stand inside a line.
//!
//! Every byte that matters is ASCII, so bytes are looked at, never characters: none of them is part of a longer one.

use memchr::memchr2;
use wide::u8x16;

/// Whether any byte *may* be CR, LF or NUL, which nearly always has the answer no.
///
/// The smallest byte tells: a minimum is the cheapest thing to take of sixteen bytes at a time.
#[inline]
pub(crate) fn has_control(bytes: &[u8]) -> bool {
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return has_control_in_short(bytes);
    };
    let mut least = u8x16::new(*first).min(u8x16::new(*last));
    let (chunks, _covered_by_last) = bytes.as_chunks();
    for chunk in chunks.iter().skip(1) {
        least = least.min(u8x16::new(*chunk));
    }
    least
        .saturating_sub(u8x16::splat(HIGHEST))
        .simd_eq(u8x16::ZERO)
        .any()
}

/// Below 16 bytes: two words that overlap.
#[inline]
fn has_control_in_short(bytes: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return has_control_in_word(u64::from_ne_bytes(*first))
            || has_control_in_word(u64::from_ne_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
        return has_control_in_word(u64::from(first) << 32 | u64::from(last));
    }
    bytes.iter().any(|&byte| byte <= HIGHEST)
}

/// Subtracting sets the highest bit of a byte that is too low, unless it was set before, as it is beyond ASCII.
#[inline]
const fn has_control_in_word(word: u64) -> bool {
    const EACH: u64 = u64::MAX / 0xFF;
    word.wrapping_sub(EACH * (HIGHEST as u64 + 1)) & !word & (EACH * 0x80) != 0
}

/// Of CR, LF and NUL.
const HIGHEST: u8 = b'\r';

/// Where the first CR or LF is.
#[inline]
pub(crate) fn first_line_end(bytes: &[u8]) -> Option<usize> {
    if bytes.len() <= SHORT && !has_control(bytes) {
        return None;
    }
    memchr2(b'\r', b'\n', bytes)
}

/// In bytes; what is longer pays for the call of the widest search that the processor has.
const SHORT: usize = 512;

/// Where each CR and LF is, for text that is known to have some.
///
/// A block is compared once and its line ends are read off a mask, because lines are mostly shorter than a search that
/// starts anew for each is worth. Where a block has none the lines are long, and a search is worth it.
pub(crate) struct LineEnds<'a> {
    bytes: &'a [u8],
    block: usize,
    /// One bit for each line end of the block that was not given yet.
    mask: u64,
}

impl<'a> LineEnds<'a> {
    /// `first` is where the first one is.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], first: usize) -> Self {
        Self {
            bytes,
            block: first,
            mask: line_ends_of_block(bytes, first),
        }
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.mask == 0 {
            self.block += BLOCK;
            if self.block >= self.bytes.len() {
                return None;
            }
            self.mask = line_ends_of_block(self.bytes, self.block);
            if self.mask == 0 {
                self.block += memchr2(b'\r', b'\n', &self.bytes[self.block..])?;
                self.mask = line_ends_of_block(self.bytes, self.block);
            }
        }
        let line_end = self.block + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(line_end)
    }
}

/// In bytes: as many as a mask has bits.
const BLOCK: usize = 64;

#[inline]
fn line_ends_of_block(bytes: &[u8], start: usize) -> u64 {
    let rest = &bytes[start..];
    if let Some(block) = rest.first_chunk() {
        line_ends(block)
    } else if let Some(block) = bytes.last_chunk() {
        line_ends(block) >> (BLOCK - rest.len())
    } else {
        let mut block = [0; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        line_ends(&block)
    }
}

#[inline]
fn line_ends(block: &[u8; BLOCK]) -> u64 {
    let (chunks, _none) = block.as_chunks();
    chunks.iter().rev().fold(0, |mask, &chunk| {
        let bytes = u8x16::new(chunk);
        let ends = bytes.simd_eq(u8x16::splat(b'\r')) | bytes.simd_eq(u8x16::splat(b'\n'));
        mask << 16 | u64::from(ends.to_bitmask())
    })
}
