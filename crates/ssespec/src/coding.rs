//! Content codings: taking them off piece by piece, so that it can be told when each event was readable.

use std::io::{self, Write};

use crate::body::{Body, MOST_BYTES};
use crate::observation::Response;

/// The codings that are offered and understood, as they are named in `Accept-Encoding`.
pub(crate) const KNOWN: [&str; 3] = ["gzip", "br", "zstd"];

/// What servers write into `Content-Encoding` although nothing is coded: the word of `Accept-Encoding` for that, one that is to keep proxies from
/// compressing, a character encoding, a transfer coding.
pub(crate) const NO_CODING: [&str; 6] = ["", "identity", "none", "utf-8", "utf8", "chunked"];

/// The name that a coding goes by today: <https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3>.
pub(crate) fn modern(coding: &str) -> &str {
    match coding {
        "x-gzip" => "gzip",
        other => other,
    }
}

/// A coded body, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The content; each byte has the time at which the coded bytes were there that it follows from.
    pub(crate) body: Body,
    /// What is wrong with the coding, if so.
    pub(crate) fault: Option<String>,
    /// What is missing of the end of the coded data, if they do not end.
    pub(crate) unfinished: Option<String>,
}

/// Takes one coding off.
pub(crate) enum Decoder {
    Gzip(flate2::write::MultiGzDecoder<Bounded>),
    Br(Box<brotli_decompressor::DecompressorWriter<Bounded>>),
    Zstd(zstd::stream::write::Decoder<'static, Bounded>),
}

impl Decoder {
    /// A decoder for `codings`, the value of `Content-Encoding` in parts.
    ///
    /// # Errors
    ///
    /// A coding that is not known, or more than one.
    pub(crate) fn new(codings: &[String]) -> Result<Self, String> {
        let names: Vec<_> = codings.iter().map(|coding| modern(coding)).collect();
        let out = Bounded(Vec::new());
        match names.as_slice() {
            ["gzip"] => Ok(Self::Gzip(flate2::write::MultiGzDecoder::new(out))),
            ["br"] => Ok(Self::Br(Box::new(
                brotli_decompressor::DecompressorWriter::new(out, 4096),
            ))),
            ["zstd"] => zstd::stream::write::Decoder::new(out)
                .map(Self::Zstd)
                .map_err(|error| error.to_string()),
            other => Err(format!("the coding {:?} is not known", other.join(", "))),
        }
    }

    /// Feeds `bytes`; returns what can be read now.
    ///
    /// # Errors
    ///
    /// The bytes are not of this coding, or too much comes of them.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let writer: &mut dyn Write = match self {
            Self::Gzip(writer) => writer,
            Self::Br(writer) => writer,
            Self::Zstd(writer) => writer,
        };
        let written = writer.write_all(bytes).and_then(|()| writer.flush());
        let out = match self {
            Self::Gzip(writer) => writer.get_mut(),
            Self::Br(writer) => writer.get_mut(),
            Self::Zstd(writer) => writer.get_mut(),
        };
        let readable = std::mem::take(&mut out.0);
        match written {
            Ok(()) => Ok(readable),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What is missing where the coded data have to be complete, if so.
    fn finish(mut self) -> Option<String> {
        let finished = match &mut self {
            Self::Gzip(writer) => writer.try_finish(),
            Self::Br(writer) => writer.close(),
            // A frame that is complete asks for nothing more; an incomplete one is an error on the next frame's magic number.
            Self::Zstd(writer) => writer.write_all(b"\x50\x2A\x4D\x18\0\0\0\0"),
        };
        let why = finished.err()?;
        Some(match (&self, why.kind()) {
            // All of it is there, and does not agree with itself.
            (Self::Gzip(_), io::ErrorKind::InvalidInput) => {
                format!("the coded data end in vain: {why}")
            }
            _ => "the stream ends in the middle of the coded data".to_owned(),
        })
    }
}

/// Takes the codings of `response` off its body. `None` if it has none.
///
/// # Errors
///
/// The coding is not known.
pub(crate) fn decode(response: &Response) -> Option<Result<Decoded, String>> {
    let codings = response.content_codings();
    if codings.is_empty() {
        return None;
    }
    Some(Decoder::new(&codings).map(|decoder| taken_off(decoder, &response.body)))
}

fn taken_off(mut decoder: Decoder, coded: &Body) -> Decoded {
    let mut body = Body::default();
    let mut from = 0;
    for arrival in &coded.arrivals {
        match decoder.push(&coded.bytes[from..arrival.end]) {
            Ok(bytes) => {
                if !body.push(&bytes, arrival.at, MOST_BYTES) {
                    break;
                }
            }
            Err(fault) => {
                return Decoded {
                    body,
                    fault: Some(fault),
                    unfinished: None,
                };
            }
        }
        from = arrival.end;
    }
    Decoded {
        body,
        fault: None,
        unfinished: decoder.finish(),
    }
}

/// What was decoded and not yet taken: a bomb ends at the limit.
pub(crate) struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::other("more than is kept of a body"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `events` in `coding`, flushed after each; the last member is the end of the coded data.
    fn coded(coding: &str, events: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        match coding {
            "gzip" => {
                let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
                for event in events {
                    to.write_all(event).unwrap();
                    to.flush().unwrap();
                    pieces.push(std::mem::take(to.get_mut()));
                }
                pieces.push(to.finish().unwrap());
            }
            "br" => {
                let mut to = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 18);
                for event in events {
                    to.write_all(event).unwrap();
                    to.flush().unwrap();
                    pieces.push(std::mem::take(to.get_mut()));
                }
                pieces.push(to.into_inner());
            }
            _ => {
                let mut to = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
                for event in events {
                    to.write_all(event).unwrap();
                    to.flush().unwrap();
                    pieces.push(std::mem::take(to.get_mut()));
                }
                pieces.push(to.finish().unwrap());
            }
        }
        pieces
    }

    #[test]
    fn each_flushed_event_is_readable_when_its_bytes_are_there() {
        let events: [&[u8]; 2] = [b"data: a\n\n", b"data: b\n\n"];
        for coding in KNOWN {
            let mut decoder = Decoder::new(&[coding.to_owned()]).unwrap();
            let pieces = coded(coding, &events);
            for (piece, event) in pieces.iter().zip(events) {
                assert_eq!(decoder.push(piece).as_deref(), Ok(event), "{coding}");
            }
            decoder.push(&pieces[2]).unwrap();
            assert_eq!(decoder.finish(), None, "{coding}");
        }
    }

    #[test]
    fn what_is_cut_off_is_not_finished() {
        for coding in KNOWN {
            let mut decoder = Decoder::new(&[coding.to_owned()]).unwrap();
            decoder.push(&coded(coding, &[b"data: a\n\n"])[0]).unwrap();
            assert!(decoder.finish().is_some(), "{coding}");
        }
    }

    #[test]
    fn plain_text_is_not_coded() {
        for coding in KNOWN {
            let mut decoder = Decoder::new(&[coding.to_owned()]).unwrap();
            let text = b"data: a\n\ndata: a longer text than any header\n\n";
            assert!(
                decoder.push(text).is_err() || decoder.finish().is_some(),
                "{coding}"
            );
        }
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let bomb = coded("gzip", &[&vec![0; 2 * MOST_BYTES]]);
        let mut decoder = Decoder::new(&["gzip".to_owned()]).unwrap();
        assert!(decoder.push(&bomb[0]).is_err());
    }
}
