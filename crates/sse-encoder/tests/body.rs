//! Response bodies made of streams of events.
#![cfg(feature = "http-body")]

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use http_body::Body;
use http_body_util::BodyExt;
use sse_encoder::{BodyError, Event, EventBody, IntoFrame, KEEP_ALIVE, OwnedEvent};
use tokio::time::{advance, sleep};

#[test]
fn each_event_is_one_frame() {
    let mut body = EventBody::new(ok([
        Event::new().id("1").data("a\nb"),
        Event::new().event("e"),
    ]));
    assert_eq!(frame(&mut body), "id: 1\ndata: a\ndata: b\n\n");
    assert_eq!(frame(&mut body), "event: e\n\n");
    assert!(!body.is_end_stream());
    assert!(body.frame().now_or_never().unwrap().is_none());
    assert!(body.is_end_stream());
    assert!(
        body.frame().now_or_never().unwrap().is_none(),
        "an ended stream is not asked again"
    );
}

#[test]
fn an_event_is_sent_before_the_next_one_is_there() {
    let first = ok([Event::new().data("1")]);
    let mut body = EventBody::new(first.chain(stream::pending()));
    assert_eq!(frame(&mut body), "data: 1\n\n");
    assert!(body.frame().now_or_never().is_none());
    assert!(!body.is_end_stream());
}

#[test]
fn owned_and_checked_events_are_sent_alike() {
    let event = Event::new()
        .event("e")
        .id("1")
        .retry(Duration::from_secs(1))
        .data("x");
    let expected = event.to_bytes().unwrap();
    assert_eq!(
        frame(&mut EventBody::new(ok([OwnedEvent::from(event)]))),
        expected
    );
    assert_eq!(
        frame(&mut EventBody::new(ok([event.check().unwrap()]))),
        expected
    );
}

#[test]
fn bytes_that_were_encoded_before_are_shared() {
    let encoded = Event::new().data("for everyone").to_bytes().unwrap();
    let sent = frame(&mut EventBody::new(ok([encoded.clone()])));
    assert_eq!(sent.as_ptr(), encoded.as_ptr());
}

#[test]
fn a_refused_event_ends_the_body_with_its_error() {
    let mut body = EventBody::new(ok([Event::new().id("\0"), Event::new().data("never sent")]));
    let error = body.frame().now_or_never().unwrap().unwrap().unwrap_err();
    let BodyError::Refused(refused) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(refused.character, '\0');
    assert_eq!(error.to_string(), "an event cannot be sent as it is");
    assert_eq!(error.source().unwrap().to_string(), refused.to_string());
    assert!(body.frame().now_or_never().unwrap().is_none());
}

#[test]
fn an_error_of_the_stream_ends_the_body() {
    let events = [
        Ok(Event::new().data("1")),
        Err(io::Error::other("gone")),
        Ok(Event::new().data("never sent")),
    ];
    let mut body = EventBody::new(stream::iter(events));
    assert_eq!(frame(&mut body), "data: 1\n\n");
    let error = body.frame().now_or_never().unwrap().unwrap().unwrap_err();
    assert!(matches!(&error, BodyError::Stream(_)));
    assert_eq!(error.source().unwrap().to_string(), "gone");
    assert!(body.frame().now_or_never().unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_with_keep_alives() {
    let events = stream::unfold(0, |sent| async move {
        sleep(Duration::from_secs([10, 40, 15][sent])).await;
        Some((Ok::<_, Infallible>(Event::new().data("x")), sent + 1))
    });
    let mut body = EventBody::new(events).keep_alive(|| sleep(Duration::from_secs(15)));
    let mut seen = Vec::new();
    for second in 0..=50 {
        while let Some(bytes) = body.next().now_or_never() {
            seen.push((second, bytes.unwrap().unwrap()));
        }
        advance(Duration::from_secs(1)).await;
    }
    let event = Bytes::from("data: x\n\n");
    let alive = Bytes::from_static(KEEP_ALIVE);
    assert_eq!(
        seen,
        [
            (10, event.clone()),
            (25, alive.clone()),
            (40, alive),
            (50, event)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_due_goes_before_a_keep_alive_and_the_end_is_the_end() {
    let events = stream::once(async {
        sleep(Duration::from_secs(15)).await;
        Ok::<_, Infallible>(Event::new().data("x"))
    });
    let body = EventBody::new(events).keep_alive(|| sleep(Duration::from_secs(15)));
    assert_eq!(
        BodyExt::collect(body).await.unwrap().to_bytes(),
        "data: x\n\n"
    );
}

/// What `axum::body::Body::new` asks for, and hyper.
#[test]
fn it_is_a_body_for_axum_and_hyper() {
    fn accepts<B>(_: B)
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
    }
    accepts(EventBody::new(ok([Event::new()])));
    accepts(EventBody::new(ok([Event::new()])).keep_alive(|| sleep(Duration::from_secs(15))));
}

/// What `actix_web::HttpResponseBuilder::streaming` asks for.
#[test]
fn it_is_a_stream_for_actix() {
    fn accepts<S, E>(_: S)
    where
        S: Stream<Item = Result<Bytes, E>> + 'static,
        E: Into<Box<dyn Error>> + 'static,
    {
    }
    accepts(EventBody::new(ok([Event::new()])));
    accepts(EventBody::new(ok([Event::new()])).keep_alive(|| sleep(Duration::from_secs(15))));
}

fn ok<I: IntoFrame, const N: usize>(items: [I; N]) -> impl Stream<Item = Result<I, Infallible>> {
    stream::iter(items.map(Ok))
}

fn frame(body: &mut (impl Body<Data = Bytes, Error = BodyError> + Unpin)) -> Bytes {
    let frame = body.frame().now_or_never().expect("a frame that is ready");
    frame
        .expect("a frame")
        .unwrap()
        .into_data()
        .expect("data, not trailers")
}
