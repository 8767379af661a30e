//! Other people's encoders. Each gets borrowed text and hands over the bytes of one event at a time, as a server does.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body::Body;
use tokio_util::codec::Encoder as _;

use crate::workload::Workload;

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The type, if it is not `message`.
    pub event: Option<String>,
    /// The ID, if it is a new one.
    pub id: Option<String>,
    /// The data.
    pub data: String,
}

/// Encodes events one by one and hands over the bytes of each.
pub type Encode = fn(&'static [Source], &mut dyn FnMut(&[u8]));

/// An encoder.
#[derive(Clone, Copy)]
pub struct Encoder {
    /// As it stands in the tables.
    pub name: &'static str,
    /// Encodes the events one by one and hands over the bytes of each.
    pub encode: Encode,
}

/// All of them, ours first.
pub const ENCODERS: &[Encoder] = &[
    Encoder {
        name: "sse-encoder",
        encode: ours,
    },
    Encoder {
        name: "sse-encoder, Bytes",
        encode: ours_bytes,
    },
    Encoder {
        name: "axum 0.8",
        encode: axum,
    },
    Encoder {
        name: "actix-web-lab 0.29",
        encode: actix_web_lab,
    },
    Encoder {
        name: "sse-stream 0.3",
        encode: sse_stream,
    },
    Encoder {
        name: "russe 0.3",
        encode: russe,
    },
    Encoder {
        name: "warp 0.4",
        encode: warp,
    },
];

/// How many of [`ENCODERS`] are ours.
pub const OURS: usize = 2;

/// The events of a workload of about `size` bytes. They stay, because bodies of responses want what stays.
///
/// # Panics
///
/// If a workload has a limit of the parser in it, which none has.
pub fn events(workload: &Workload, size: usize) -> &'static [Source] {
    let bytes = workload.make(size);
    let mut id = String::new();
    let events: Vec<_> = decoded(&bytes)
        .into_iter()
        .map(|[event_type, data, last_event_id]| {
            let own = (last_event_id != id).then(|| last_event_id.clone());
            id = last_event_id;
            Source {
                event: (event_type != "message").then_some(event_type),
                id: own,
                data,
            }
        })
        .collect();
    events.leak()
}

/// What a client makes of the bytes: type, data and last event ID of each event.
///
/// # Panics
///
/// If the bytes exceed a limit of the parser.
pub fn decoded(bytes: &[u8]) -> Vec<[String; 3]> {
    let mut stream = sse_parser::EventStream::new();
    let mut feed = stream.feed(bytes);
    let mut events = Vec::new();
    while let Some(event) = feed.next_event() {
        let event = event.expect("no limit is reached").to_owned();
        events.push([event.event_type, event.data, event.last_event_id]);
    }
    events
}

fn ours(events: &'static [Source], sent: &mut dyn FnMut(&[u8])) {
    let mut out = Vec::new();
    for source in events {
        out.clear();
        borrowed(source)
            .encode_into(&mut out)
            .expect("it can be expressed");
        sent(&out);
    }
}

fn ours_bytes(events: &'static [Source], sent: &mut dyn FnMut(&[u8])) {
    for source in events {
        sent(&borrowed(source).to_bytes().expect("it can be expressed"));
    }
}

fn borrowed(source: &Source) -> sse_encoder::Event<'_> {
    let mut event = sse_encoder::Event::new().data(&source.data);
    if let Some(id) = &source.id {
        event = event.id(id);
    }
    if let Some(name) = &source.event {
        event = event.event(name);
    }
    event
}

/// Its encoder is private: through the body of a response.
fn axum(events: &'static [Source], sent: &mut dyn FnMut(&[u8])) {
    use axum::response::{IntoResponse as _, Sse, sse::Event};
    let events = events.iter().map(|source| {
        let mut event = Event::default();
        if let Some(name) = &source.event {
            event = event.event(name);
        }
        if let Some(id) = &source.id {
            event = event.id(id);
        }
        Ok::<_, Infallible>(event.data(&source.data))
    });
    let body = Sse::new(stream::iter(events)).into_response().into_body();
    frames(body, sent);
}

/// Its encoder is private: through the body of a response.
fn actix_web_lab(events: &'static [Source], sent: &mut dyn FnMut(&[u8])) {
    use actix_web::body::MessageBody as _;
    use actix_web_lab::sse::{Data, Event, Sse};
    let events = events.iter().map(|source| {
        let mut data = Data::new(source.data.as_str());
        if let Some(name) = &source.event {
            data.set_event(name.as_str());
        }
        if let Some(id) = &source.id {
            data.set_id(id.as_str());
        }
        Event::from(data)
    });
    let mut body = Box::pin(Sse::from_infallible_stream(stream::iter(events)));
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(bytes))) = body.as_mut().poll_next(&mut cx) {
        sent(&bytes);
    }
}

fn sse_stream(events: &'static [Source], sent: &mut dyn FnMut(&[u8])) {
    use sse_stream::{Sse, SseBody};
    let events = events.iter().map(|source| {
        let mut event = Sse::default().data(source.data.as_str());
        if let Some(name) = &source.event {
            event = event.event(name.as_str());
        }
        if let Some(id) = &source.id {
            event = event.id(id.as_str());
        }
        Ok::<_, Infallible>(event)
    });
    frames(SseBody::new(stream::iter(events)), sent);
}

fn russe(events: &'static [Source], sent: &mut dyn FnMut(&[u8])) {
    let mut out = BytesMut::new();
    let mut encoder = russe::Encoder::default();
    for source in events {
        let message = russe::Message {
            data: source.data.as_str().into(),
            event: source.event.as_deref().map(Into::into),
            id: source.id.as_deref().map(Into::into),
            retry: None,
        };
        out.clear();
        encoder
            .encode(russe::Event::Message(message), &mut out)
            .expect("it can be expressed");
        sent(&out);
    }
}

fn warp(events: &'static [Source], sent: &mut dyn FnMut(&[u8])) {
    let mut out = String::new();
    for source in events {
        let mut event = warp::sse::Event::default().data(source.data.as_str());
        if let Some(name) = &source.event {
            event = event.event(name.as_str());
        }
        if let Some(id) = &source.id {
            event = event.id(id.as_str());
        }
        out.clear();
        write!(out, "{event}").expect("a string takes everything");
        sent(out.as_bytes());
    }
}

fn frames<B: Body<Data = Bytes>>(body: B, sent: &mut dyn FnMut(&[u8])) {
    let mut body: Pin<Box<B>> = Box::pin(body);
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) {
        if let Some(bytes) = frame.data_ref() {
            sent(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_of_every_workload_come_back_from_ours() {
        for workload in crate::workload::WORKLOADS {
            let events = events(&workload, 256 << 10);
            let mut bytes = Vec::new();
            ours(events, &mut |event| bytes.extend_from_slice(event));
            let again = decoded(&bytes);
            assert_eq!(again.len(), events.len(), "{}", workload.name);
            for (source, [_, data, _]) in events.iter().zip(&again) {
                assert_eq!(&source.data, data, "{}", workload.name);
            }
        }
    }
}
