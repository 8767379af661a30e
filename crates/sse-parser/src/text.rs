//! [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode) with replacement, of values that were split off before.

use alloc::string::String;

use crate::limits::Limits;

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
