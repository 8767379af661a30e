//! One [gzip](https://www.rfc-editor.org/rfc/rfc1952) stream for each reader, made of deflated events that all of them share.
//!
//! An event is compressed for itself: its blocks refer to nothing before them and end at a byte, as after a flush. So they fit behind any
//! others, a reader may join at any time, and each event can be read as soon as it is there. The price is that what events have in
//! common is not saved. Only the header and the check sum at the end belong to one reader.

use flate2::{Compress, Compression, Crc, FlushCompress};
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

use crate::piece::{Encoded, Piece};

/// No name, no time, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A last block that is empty.
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];

/// Blocks for these bytes, none of them the last one.
pub(crate) fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(plain.len() / 2 + 64);
    loop {
        let read = usize::try_from(compress.total_in()).expect("it is within the slice");
        compress
            .compress_vec(&plain[read..], &mut out, FlushCompress::Sync)
            .expect("memory to memory cannot fail");
        // A flush is complete when there is room left behind it.
        if compress.total_in() == plain.len() as u64 && out.len() < out.capacity() {
            return out;
        }
        out.reserve(out.capacity().max(64));
    }
}

/// The stream of one reader.
#[derive(Debug, Default)]
pub(crate) struct Gzip {
    sum: Crc,
    begun: bool,
}

impl Gzip {
    /// What is to be sent for it; the header comes before the first.
    pub(crate) fn next(&mut self, encoded: &Encoded) -> Piece {
        self.sum.update(&encoded.plain().plain());
        if self.begun {
            return encoded.deflated().clone();
        }
        self.begun = true;
        Piece::new(&[&HEADER[..], &encoded.deflated().plain()].concat())
    }

    /// What makes the stream whole.
    pub(crate) fn end(&self) -> Piece {
        let header = if self.begun { &[][..] } else { &HEADER };
        let (sum, length) = (
            self.sum.sum().to_le_bytes(),
            self.sum.amount().to_le_bytes(),
        );
        Piece::new(&[header, &LAST_BLOCK, &sum, &length].concat())
    }
}

/// Whether a request [prefers](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3) gzip to no coding.
pub(crate) fn wanted(request: &HeaderMap) -> bool {
    let weight = |coding: &str| {
        let lists = request.get_all(ACCEPT_ENCODING).into_iter();
        let items = lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','));
        items
            .filter_map(|item| {
                let (name, rest) = item.split_once(';').unwrap_or((item, ""));
                let weight = rest.trim().strip_prefix("q=");
                let weight =
                    weight.map_or(1.0, |weight| weight.trim().parse::<f32>().unwrap_or(0.0));
                name.trim().eq_ignore_ascii_case(coding).then_some(weight)
            })
            .next()
    };
    let gzip = weight("gzip")
        .or_else(|| weight("x-gzip"))
        .or_else(|| weight("*"));
    let gzip = gzip.unwrap_or(0.0);
    gzip > 0.0 && gzip >= weight("identity").unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use http::HeaderValue;

    use super::*;

    #[test]
    fn deflated_pieces_make_one_member_in_any_order() {
        let large = "x<y>".repeat(50_000);
        let texts = ["data: a\n\n", "", &large, ":\n\n", "data: a\n\n"];
        let encoded = texts.map(|text| Encoded::new(text.as_bytes()));
        for skip in 0..=texts.len() {
            let mut gzip = Gzip::default();
            let mut bytes = Vec::new();
            for piece in &encoded[skip..] {
                bytes.extend(gzip.next(piece).plain());
            }
            bytes.extend(gzip.end().plain());
            let mut decoder = GzDecoder::new(&bytes[..]);
            let mut text = String::new();
            decoder.read_to_string(&mut text).expect("it is gzip");
            assert_eq!(text, texts[skip..].concat());
            assert!(decoder.into_inner().is_empty(), "one member and no more");
        }
    }

    #[test]
    fn each_piece_can_be_read_as_soon_as_it_is_there() {
        let mut gzip = Gzip::default();
        let mut inflate = flate2::Decompress::new(false);
        for (nth, text) in ["data: 1\n\n", "data: 2\n\n"].into_iter().enumerate() {
            let piece = gzip.next(&Encoded::new(text.as_bytes())).plain();
            let raw = if nth == 0 {
                &piece[HEADER.len()..]
            } else {
                &piece
            };
            let mut out = Vec::with_capacity(64);
            inflate
                .decompress_vec(raw, &mut out, flate2::FlushDecompress::Sync)
                .expect("it is deflate");
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn gzip_is_used_only_if_it_is_asked_for() {
        for (list, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("deflate, x-gzip", true),
            ("*", true),
            ("gzip;q=0.2, identity;q=0.5", false),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("gzip;q=x", false),
            ("br", false),
            ("gzipped", false),
            ("", false),
        ] {
            let mut request = HeaderMap::new();
            request.insert(ACCEPT_ENCODING, HeaderValue::from_static(list));
            assert_eq!(wanted(&request), expected, "{list}");
        }
        assert!(!wanted(&HeaderMap::new()));
    }
}
