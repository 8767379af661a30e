//! [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode) with replacement, of values that were split off before.

use alloc::string::String;
use core::ops::Range;

use crate::limits::Limits;

/// A part of a chunk that is known to be well-formed, so that a value in it costs no search of its own.
#[derive(Debug)]
pub(crate) struct Text<'c> {
    /// Where it begins in the chunk.
    start: usize,
    valid: &'c str,
    /// So far it was looked at; less is `valid` if a part is ill-formed.
    looked: usize,
}

/// In bytes: the first window of a chunk, of which perhaps no more is read. Each is twice as long as the one before, up to `WINDOW`.
const FIRST_WINDOW: usize = 512;

/// In bytes. A longer value is looked at on its own.
const WINDOW: usize = 8 * 1024;

impl<'c> Text<'c> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            start: 0,
            valid: "",
            looked: 0,
        }
    }

    /// The value at that place, if it is well-formed and not too long.
    #[inline]
    pub(crate) fn get(&mut self, chunk: &'c [u8], place: &Range<usize>) -> Option<&'c str> {
        if place.start < self.start || place.end > self.start + self.valid.len() {
            self.look(chunk, place)?;
        }
        self.valid
            .get(place.start - self.start..place.end - self.start)
    }

    #[inline(never)]
    fn look(&mut self, chunk: &'c [u8], place: &Range<usize>) -> Option<()> {
        let looked_at = place.start >= self.start && place.end <= self.looked;
        if looked_at || place.len() > WINDOW {
            return None;
        }
        let twice = 2 * (self.looked - self.start);
        let length = twice.max(place.len()).clamp(FIRST_WINDOW, WINDOW);
        let end = chunk.len().min(place.start + length);
        let end = end - cut_character(&chunk[place.start..end]);
        self.valid = valid_part(&chunk[place.start..end]);
        self.start = place.start;
        self.looked = end;
        (place.len() <= self.valid.len()).then_some(())
    }
}

/// How many bytes at the end begin a character that does not end there, if that is all that is wrong with it.
fn cut_character(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().take(3).enumerate();
    for (after, byte) in last {
        let length = match byte {
            0x80..0xC0 => continue,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0.. => 4,
            _ => 1,
        };
        return if length > after + 1 { after + 1 } else { 0 };
    }
    0
}

fn valid_part(bytes: &[u8]) -> &str {
    simdutf8::basic::from_utf8(bytes).unwrap_or_else(|_| well_formed_start(bytes))
}

#[cold]
fn well_formed_start(bytes: &[u8]) -> &str {
    let well_formed = bytes.utf8_chunks().next();
    well_formed.map_or("", |chunk| chunk.valid())
}

/// Borrows what is well-formed; what is not gets U+FFFD for each maximal part that is ill-formed, in `replaced`.
#[inline]
pub(crate) fn decode<'a>(bytes: &'a [u8], replaced: &'a mut String) -> &'a str {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => {
            replaced.clear();
            replaced.shrink_to(Limits::RETAINED);
            push_replacing(bytes, replaced);
            replaced
        }
    }
}

/// Replaces what `text` holds.
#[inline]
pub(crate) fn decode_into(bytes: &[u8], text: &mut String) {
    text.clear();
    match simdutf8::basic::from_utf8(bytes) {
        Ok(valid) => text.push_str(valid),
        Err(_) => push_replacing(bytes, text),
    }
}

#[cold]
fn push_replacing(bytes: &[u8], text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}
