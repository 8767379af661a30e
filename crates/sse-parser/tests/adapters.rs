//! Every adapter gives the same events, however the bytes come.

use std::io::{self, Read};

use futures_util::{StreamExt as _, stream};
use sse_parser::{EventStream, Events, Limits, OwnedEvent, ReadError, StreamOfEvents};
use tokio_util::codec::FramedRead;

const BYTES: &[u8] =
    b"\xEF\xBB\xBFid: 1\r\ndata: a\r\n\r\nevent: x\rdata: b\r\r: c\n\nretry: 7\ndata: \xFFc\ndata: d\n\ndata: lost";

fn expected() -> Vec<OwnedEvent> {
    [("message", "a"), ("x", "b"), ("message", "\u{FFFD}c\nd")]
        .map(|(event_type, data)| OwnedEvent {
            event_type: event_type.to_owned(),
            data: data.to_owned(),
            last_event_id: "1".to_owned(),
        })
        .to_vec()
}

/// Gives so many bytes at a time, and is interrupted before each.
struct Slow<'a> {
    bytes: &'a [u8],
    size: usize,
    interrupted: bool,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = self.size.min(buffer.len());
        self.bytes.read(&mut buffer[..length])
    }
}

#[test]
fn an_iterator_over_a_reader() {
    for size in 1..BYTES.len() {
        let reader = Slow {
            bytes: BYTES,
            size,
            interrupted: false,
        };
        let mut events = Events::new(reader, EventStream::new());
        let seen: Result<Vec<_>, _> = events.by_ref().collect();
        assert_eq!(seen.expect("nothing fails"), expected(), "{size}");
        let stream = events.into_stream();
        assert_eq!(stream.last_event_id(), "1");
        let time = stream.reconnection_time().expect("it was set");
        assert_eq!(time.as_millis(), 7);
    }
}

#[tokio::test]
async fn a_stream_over_a_stream() {
    for size in 1..BYTES.len() {
        let chunks = stream::iter(BYTES.chunks(size).map(Ok::<_, io::Error>));
        let events = StreamOfEvents::new(chunks, EventStream::new());
        let seen: Vec<_> = events
            .map(|event| event.expect("nothing fails"))
            .collect()
            .await;
        assert_eq!(seen, expected(), "{size}");
    }
}

#[tokio::test]
async fn a_decoder() {
    for size in 1..BYTES.len() {
        let framed = FramedRead::with_capacity(BYTES, EventStream::new(), size);
        let seen: Vec<_> = framed
            .map(|event| event.expect("nothing fails"))
            .collect()
            .await;
        assert_eq!(seen, expected(), "{size}");
    }
}

#[tokio::test]
async fn an_error_is_passed_on_and_the_next_event_comes() {
    let limited = || EventStream::with_limits(Limits::NONE.event(5));
    let long = "data: 123456\n\ndata: a\n\n";

    let mut events = Events::new(long.as_bytes(), limited());
    let first = events
        .next()
        .expect("something comes")
        .expect_err("it is too long");
    assert!(matches!(first, ReadError::LimitExceeded(_)));
    assert_eq!(first.to_string(), "an event is longer than 5 bytes");
    assert_eq!(
        events.next().expect("an event").expect("it is short").data,
        "a"
    );
    assert!(events.next().is_none());

    let broken = io::Error::other("cut");
    let chunks = stream::iter([Ok(long), Err(broken), Ok("data: b\n\n")]);
    let mut events = StreamOfEvents::new(chunks, limited());
    let first = events.next().await.expect("something comes");
    assert!(matches!(first, Err(ReadError::LimitExceeded(_))));
    assert_eq!(
        events
            .next()
            .await
            .expect("an event")
            .expect("it is short")
            .data,
        "a"
    );
    let cut = events
        .next()
        .await
        .expect("something comes")
        .expect_err("it is cut");
    assert_eq!(cut.to_string(), "cannot read the event stream: cut");
    assert_eq!(
        events
            .next()
            .await
            .expect("an event")
            .expect("it is short")
            .data,
        "b"
    );
    assert!(events.next().await.is_none());
}
