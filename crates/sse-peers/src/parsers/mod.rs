//! Parsers of event streams, each behind the same function.

mod clients;
mod readers;
mod sans_io;
mod sink;
mod streams;

use bytes::Bytes;
use sse_parser::OwnedEvent;

pub use self::sink::{Collect, Count, Digest, Sink};

/// A parser: ours or a peer.
///
/// Where a crate gives raw blocks and leaves it to its caller to remember the last event ID and to name the type, that is done
/// for it. A fault of a crate is never mended.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// The crate, with the version that was looked at.
    pub name: &'static str,
    /// Parses and counts: what is timed.
    pub count: fn(&[Bytes]) -> Count,
    /// Parses and digests.
    pub digest: fn(&[Bytes]) -> Digest,
    /// Parses and keeps everything.
    pub collect: fn(&[Bytes]) -> Collect,
}

impl Parser {
    /// The events of a stream that comes in these chunks and then ends; those before an error, if there is one.
    ///
    /// # Panics
    ///
    /// Where the parser itself does.
    #[must_use]
    pub fn events(&self, chunks: &[&[u8]]) -> Vec<OwnedEvent> {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|chunk| Bytes::copy_from_slice(chunk))
            .collect();
        (self.collect)(&chunks).events
    }
}

/// What the last steps of the standard make of a raw block.
#[derive(Debug, Default)]
struct Blocks {
    last_event_id: String,
}

impl Blocks {
    fn dispatch(
        &mut self,
        sink: &mut impl Sink,
        event_type: Option<&str>,
        data: Option<&str>,
        id: Option<&str>,
    ) {
        if let Some(id) = id {
            id.clone_into(&mut self.last_event_id);
        }
        if let Some(data) = data {
            let event_type = event_type.filter(|name| !name.is_empty());
            sink.event(event_type.unwrap_or("message"), data, &self.last_event_id);
        }
    }
}

macro_rules! parsers {
    ($($name:literal => $run:path),* $(,)?) => {
        &[$(Parser { name: $name, count: $run, digest: $run, collect: $run }),*]
    };
}

/// Ours.
pub const OURS: &Parser = &PARSERS[0];

/// All of them; ours is the first.
pub const PARSERS: &[Parser] = parsers! {
    "sse-parser" => sans_io::sse_parser,
    "sse-core 0.2" => sans_io::sse_core,
    "sse-stream 0.3" => streams::sse_stream,
    "sseer 0.3" => streams::sseer,
    "sse-parse 0.1" => sans_io::sse_parse,
    "eventsource-stream 0.2" => streams::eventsource_stream,
    "eventsource-stream2 0.4" => streams::eventsource_stream2,
    "eventsource-client 0.18" => clients::eventsource_client,
    "reqwest-sse 0.2" => clients::reqwest_sse,
    "russe 0.3" => sans_io::russe,
    "sse-codec 0.3" => readers::sse_codec,
    "async-sse 5" => readers::async_sse,
    "mousse 0.1" => sans_io::mousse,
};
