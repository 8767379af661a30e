//! Bodies in a content coding, and the ways in which servers get them wrong.

use crate::reply::{End, Reply, Step};

/// What a server does with a coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Each piece is flushed through it.
    Flushed,
    /// Nothing is flushed, and the stream stays open.
    HeldBack,
    /// The body is only said to be coded.
    InName,
    /// Each piece is flushed when the next one is there.
    OneBehind,
    /// Every third piece is flushed.
    NowAndThen,
    /// The stream ends in the middle of the coded data.
    CutOff,
    /// The stream ends with the coded data, but for the last bytes, which say what they should have been.
    WithoutTrailer,
    /// The stream ends with the coded data, and its last bytes say that they should have been others.
    OtherTrailer,
}

/// So many steps of a body that would go on are fewer than what a probe reads.
const SHORT: usize = 4;

/// How long the checksum and the length behind data in gzip are, in bytes.
const TRAILER: usize = 8;

/// An encoder of any coding that writes into memory.
enum Encoder {
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    Br(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    fn new(coding: &str) -> Self {
        match coding {
            "gzip" => Self::Gzip(flate2::write::GzEncoder::new(
                Vec::new(),
                flate2::Compression::new(6),
            )),
            "br" => Self::Br(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                4096,
                5,
                22,
            ))),
            "zstd" => {
                Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 3).expect("a level"))
            }
            other => panic!("no encoder for {other}"),
        }
    }

    /// What comes out when `bytes` go in.
    fn write(&mut self, bytes: &[u8], flush: bool) -> Vec<u8> {
        let (writer, memory): (_, fn(&mut Self) -> &mut Vec<u8>) = match self {
            Self::Gzip(encoder) => (encoder as &mut dyn std::io::Write, Self::memory),
            Self::Br(encoder) => (encoder as &mut dyn std::io::Write, Self::memory),
            Self::Zstd(encoder) => (encoder as &mut dyn std::io::Write, Self::memory),
        };
        writer.write_all(bytes).expect("memory takes all");
        if flush {
            writer.flush().expect("memory takes all");
        }
        std::mem::take(memory(self))
    }

    fn memory(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Br(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        }
    }

    /// The end of the coded data.
    fn finish(self) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.finish().expect("memory takes all"),
            Self::Br(encoder) => encoder.into_inner(),
            Self::Zstd(encoder) => encoder.finish().expect("memory takes all"),
        }
    }
}

impl Reply {
    /// Its body in `coding`, as a server does that gets it wrong in this way.
    pub(crate) fn coded(&mut self, coding: &str, how: How) {
        if !self.has_body() {
            return;
        }
        self.set("content-encoding", coding);
        if how == How::InName {
            return;
        }
        let is_cut = matches!(how, How::CutOff | How::WithoutTrailer | How::OtherTrailer);
        if is_cut && self.end != End::Complete {
            self.body.truncate(SHORT);
        }
        let mut encoder = Encoder::new(coding);
        let mut behind = Vec::new();
        let mut number = 0;
        for step in &mut self.body {
            let Step::Send(bytes) = step else { continue };
            number += 1;
            let flushed = match how {
                How::HeldBack => false,
                How::NowAndThen => number % 3 == 0,
                _ => true,
            };
            *bytes = encoder.write(bytes, flushed);
            if how == How::OneBehind {
                std::mem::swap(bytes, &mut behind);
            }
        }
        self.body
            .retain(|step| !matches!(step, Step::Send(bytes) if bytes.is_empty()));
        match how {
            How::Flushed if self.end == End::Complete => {
                self.body.push(Step::Send(encoder.finish()))
            }
            How::CutOff => self.end = End::Complete,
            How::WithoutTrailer | How::OtherTrailer => {
                let mut last = encoder.finish();
                let trailer = last.split_off(last.len() - TRAILER);
                if how == How::OtherTrailer {
                    last.extend(trailer.iter().map(|byte| !byte));
                }
                self.body.push(Step::Send(last));
                self.end = End::Complete;
            }
            _ => self.end = End::Silent,
        }
    }
}
