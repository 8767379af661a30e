//! Parsers that wrap an `AsyncRead` or `AsyncBufRead`.

use std::io;

use bytes::Bytes;
use futures_util::AsyncBufRead;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::clients::now;
use super::{Blocks, Sink};

/// Reads into a buffer of 8 KiB of its own.
pub(super) fn sse_codec<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut events = sse_codec::decode_stream(reader(chunks));
    let mut blocks = Blocks::default();
    while let Some(event) = now(events.next()).flatten() {
        match event {
            Ok(sse_codec::Event::Message { id, event, data }) => {
                blocks.dispatch(&mut sink, Some(&event), Some(&data), id.as_deref());
            }
            Ok(sse_codec::Event::Retry { .. }) => {}
            Err(error) => {
                sink.failed(error);
                break;
            }
        }
    }
    sink
}

pub(super) fn async_sse<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut events = async_sse::decode(reader(chunks));
    let mut blocks = Blocks::default();
    while let Some(event) = now(events.next()).flatten() {
        match event {
            Ok(async_sse::Event::Message(block)) => {
                let data = String::from_utf8_lossy(block.data());
                let (event_type, id) = (Some(&**block.name()), block.id().as_deref());
                blocks.dispatch(&mut sink, event_type, Some(&data), id);
            }
            Ok(async_sse::Event::Retry(_)) => {}
            Err(error) => {
                sink.failed(error);
                break;
            }
        }
    }
    sink
}

fn reader(chunks: &[Bytes]) -> impl AsyncBufRead + Unpin {
    stream::iter(chunks.iter().map(|chunk| io::Result::Ok(chunk.clone()))).into_async_read()
}
