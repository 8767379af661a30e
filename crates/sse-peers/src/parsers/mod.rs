//! Who is compared. Each parser gets the same chunks, and each event is handed to the same sink.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};

use crate::sink::{Count, Digest, Sink};

pub(crate) type Chunks<'a> = &'a [&'static [u8]];

pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What is timed.
    pub(crate) count: fn(Chunks<'_>) -> Count,
    /// What is compared before anything is timed.
    pub(crate) digest: fn(Chunks<'_>) -> Digest,
}

macro_rules! peers {
    ($($name:literal => $run:ident),* $(,)?) => {
        [$(Peer { name: $name, count: $run::<Count>, digest: $run::<Digest> }),*]
    };
}

/// Ours is the first.
pub(crate) const PEERS: [Peer; 6] = peers! {
    "sse-parser" => sse_parser,
    "sse-core 0.2" => sse_core,
    "sse-stream 0.3" => sse_stream,
    "sseer 0.3" => sseer,
    "sse-parse 0.1" => sse_parse,
    "eventsource-stream 0.2" => eventsource_stream,
};

fn sse_parser<S: Sink>(chunks: Chunks<'_>) -> S {
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

fn sse_core<S: Sink>(chunks: Chunks<'_>) -> S {
    let mut sink = S::default();
    let mut decoder = sse_core::SseDecoder::with_limit(std::num::NonZeroUsize::MAX);
    for chunk in chunks {
        let mut chunk = *chunk;
        while let Some(Ok(event)) = decoder.next(&mut chunk) {
            if let sse_core::SseEvent::Message(event) = event {
                sink.event(
                    &event.event,
                    &event.data,
                    event.last_event_id.as_deref().unwrap_or_default(),
                );
            }
        }
    }
    sink
}

/// Gives raw blocks: the id that persists is kept here.
fn sse_stream<S: Sink>(chunks: Chunks<'_>) -> S {
    let mut sink = S::default();
    let mut id = String::new();
    let mut events = sse_stream::SseByteStream::new(ready(chunks));
    while let Some(Ok(event)) = now(events.next()) {
        if let Some(new) = event.id {
            id = new;
        }
        if let Some(data) = event.data {
            sink.event(event.event.as_deref().unwrap_or("message"), &data, &id);
        }
    }
    sink
}

fn sseer<S: Sink>(chunks: Chunks<'_>) -> S {
    let mut sink = S::default();
    let chunks = chunks
        .iter()
        .map(|chunk| Ok::<_, Infallible>(Bytes::from_static(chunk)));
    let mut events = sseer::event_stream::EventStream::new(stream::iter(chunks));
    while let Some(Ok(event)) = now(events.next()) {
        sink.event(&event.event, &event.data, &event.id);
    }
    sink
}

fn sse_parse<S: Sink>(chunks: Chunks<'_>) -> S {
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

fn eventsource_stream<S: Sink>(chunks: Chunks<'_>) -> S {
    let mut sink = S::default();
    let mut events = eventsource_stream::EventStream::new(ready(chunks));
    while let Some(Ok(event)) = now(events.next()) {
        sink.event(&event.event, &event.data, &event.id);
    }
    sink
}

fn ready(
    chunks: Chunks<'_>,
) -> impl stream::Stream<Item = Result<&'static [u8], Infallible>> + Unpin {
    stream::iter(chunks.iter().map(|chunk| Ok(*chunk)))
}

/// The chunks are all there, so nothing is ever pending.
fn now<F: Future<Output = Option<T>>, T>(next: F) -> Option<T> {
    next.now_or_never().flatten()
}
