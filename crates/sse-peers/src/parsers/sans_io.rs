//! Parsers that are given bytes.

use std::num::NonZeroUsize;

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder as _;

use super::{Blocks, Sink};

pub(super) fn sse_parser<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut stream = sse_parser::EventStream::new();
    for chunk in chunks {
        let mut feed = stream.feed(chunk);
        while let Some(Ok(event)) = feed.next_event() {
            sink.event(event.event_type(), event.data(), event.last_event_id());
        }
    }
    sink
}

pub(super) fn sse_core<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut decoder = sse_core::SseDecoder::with_limit(NonZeroUsize::MAX);
    for chunk in chunks {
        let mut chunk = &**chunk;
        while let Some(event) = decoder.next(&mut chunk) {
            match event {
                Ok(sse_core::SseEvent::Message(event)) => sink.event(
                    &event.event,
                    &event.data,
                    event.last_event_id.as_deref().unwrap_or_default(),
                ),
                Ok(sse_core::SseEvent::Retry(_)) => {}
                Err(error) => sink.failed(error),
            }
        }
    }
    sink
}

pub(super) fn sse_parse<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut parser = sse_parse::SseParser::new();
    for chunk in chunks {
        parser.feed(chunk);
        while let Some(event) = parser.next_event() {
            sink.event(&event.event, &event.data, &event.id);
        }
    }
    sink
}

/// A tokio-util decoder, fed as `FramedRead` feeds one.
pub(super) fn russe<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut blocks = Blocks::default();
    let mut decoder = russe::Decoder::default();
    let mut buffer = BytesMut::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(russe::Event::Message(block))) => {
                    let (event_type, id) = (block.event.as_deref(), block.id.as_deref());
                    blocks.dispatch(&mut sink, event_type, Some(&block.data), id);
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    sink.failed(error);
                    return sink;
                }
            }
        }
    }
    sink
}

/// Takes a whole stream, as text.
pub(super) fn mousse<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut blocks = Blocks::default();
    let bytes = chunks.concat();
    let text = String::from_utf8_lossy(&bytes);
    let mut parser = mousse::Parser::new(&text);
    while let Some(block) = parser.next_event() {
        let (event_type, id) = (block.event.as_deref(), block.id.as_deref());
        blocks.dispatch(&mut sink, event_type, block.data.as_deref(), id);
    }
    sink
}
