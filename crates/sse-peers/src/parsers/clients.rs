//! Parsers that are hidden in an HTTP client: the client is given a response that was never sent.

use std::convert::Infallible;

use bytes::Bytes;
use eventsource_client::{Client as _, ClientBuilder, ReconnectOptions, SSE};
use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, Request, ResponseFuture};
use reqwest_sse::EventSource as _;

use super::{Blocks, Sink};

pub(super) fn eventsource_client<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let mut blocks = Blocks::default();
    let client = ClientBuilder::for_url("http://localhost")
        .expect("it is a URL")
        .reconnect(ReconnectOptions::reconnect(false).build())
        .build_with_transport(Canned(chunks.to_vec()));
    let mut events = client.stream();
    while let Some(event) = now(events.next()).flatten() {
        match event {
            Ok(SSE::Event(event)) => {
                let (event_type, id) = (Some(&*event.event_type), event.id.as_deref());
                blocks.dispatch(&mut sink, event_type, Some(&event.data), id);
            }
            Ok(SSE::Connected(_) | SSE::Comment(_)) => {}
            Err(eventsource_client::Error::Eof) => break,
            Err(error) => {
                sink.failed(error);
                break;
            }
        }
    }
    sink
}

#[derive(Clone)]
struct Canned(Vec<Bytes>);

impl HttpTransport for Canned {
    fn request(&self, _request: Request<Option<Bytes>>) -> ResponseFuture {
        let body: ByteStream = Box::pin(stream::iter(self.0.clone().into_iter().map(Ok)));
        let response = http::Response::builder()
            .header("content-type", "text/event-stream")
            .body(body)
            .expect("it is a response");
        Box::pin(std::future::ready(Ok(response)))
    }
}

pub(super) fn reqwest_sse<S: Sink>(chunks: &[Bytes]) -> S {
    let mut sink = S::default();
    let body = stream::iter(Vec::from(chunks).into_iter().map(Ok::<_, Infallible>));
    let response = http::Response::builder()
        .header("content-type", "text/event-stream")
        .body(reqwest::Body::wrap_stream(body))
        .expect("it is a response");
    let mut events = now(reqwest::Response::from(response).events())
        .expect("nothing is waited for")
        .expect("it is an event stream");
    while let Some(event) = now(events.next()).flatten() {
        match event {
            Ok(event) => sink.event(
                &event.event_type,
                &event.data,
                event.last_event_id.as_deref().unwrap_or_default(),
            ),
            Err(error) => {
                sink.failed(error);
                break;
            }
        }
    }
    sink
}

/// The chunks are all there, so what is pending will never come.
pub(super) fn now<F: Future>(next: F) -> Option<F::Output> {
    next.now_or_never()
}
