//! Parsers that wrap a `Stream` of chunks.

use std::convert::Infallible;
use std::fmt::Display;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};

use super::clients::now;
use super::{Blocks, Sink};

pub(super) fn sse_stream<S: Sink>(chunks: &[Bytes]) -> S {
    let mut blocks = Blocks::default();
    each(
        sse_stream::SseByteStream::new(ready(chunks)),
        |sink: &mut S, block| {
            let (event_type, id) = (block.event.as_deref(), block.id.as_deref());
            blocks.dispatch(sink, event_type, block.data.as_deref(), id);
        },
    )
}

pub(super) fn sseer<S: Sink>(chunks: &[Bytes]) -> S {
    each(
        sseer::event_stream::EventStream::new(ready(chunks)),
        |sink: &mut S, event| sink.event(&event.event, &event.data, &event.id),
    )
}

pub(super) fn eventsource_stream<S: Sink>(chunks: &[Bytes]) -> S {
    each(
        eventsource_stream::EventStream::new(ready(chunks)),
        |sink: &mut S, event| sink.event(&event.event, &event.data, &event.id),
    )
}

pub(super) fn eventsource_stream2<S: Sink>(chunks: &[Bytes]) -> S {
    each(
        eventsource_stream2::EventStream::new(ready(chunks)),
        |sink: &mut S, event| sink.event(&event.event, &event.data, &event.id),
    )
}

fn ready(chunks: &[Bytes]) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
    stream::iter(chunks.iter().map(|chunk| Ok(chunk.clone())))
}

/// Hands each event to the sink; an error is the end.
fn each<S: Sink, E, X: Display>(
    mut events: impl Stream<Item = Result<E, X>> + Unpin,
    mut take: impl FnMut(&mut S, E),
) -> S {
    let mut sink = S::default();
    while let Some(event) = now(events.next()).flatten() {
        match event {
            Ok(event) => take(&mut sink, event),
            Err(error) => {
                sink.failed(error);
                break;
            }
        }
    }
    sink
}
