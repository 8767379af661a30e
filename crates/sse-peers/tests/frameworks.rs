//! `EventBody` is what the frameworks send, without anything between.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body::Body;
use sse_encoder::{BodyError, CONTENT_TYPE, EventBody, OwnedEvent};

const WRITTEN: &str = "id: 1\ndata: a\n\nid: 2\ndata: b\ndata: c\n\n";

fn events() -> impl Stream<Item = Result<OwnedEvent, Infallible>> + Send + 'static {
    let event = |id: &str, data: &str| OwnedEvent {
        id: Some(id.to_owned()),
        data: Some(data.to_owned()),
        ..OwnedEvent::default()
    };
    stream::iter([Ok(event("1", "a")), Ok(event("2", "b\nc"))])
}

#[test]
fn axum_sends_it() {
    let response = axum::response::Response::builder()
        .header("content-type", CONTENT_TYPE)
        .body(axum::body::Body::new(EventBody::new(events())))
        .expect("a response");
    assert_eq!(sent(response.into_body()), WRITTEN);
}

#[test]
fn hyper_sends_it() {
    let response = http::Response::new(EventBody::new(events()));
    assert_eq!(sent(response.into_body()), WRITTEN);
}

#[test]
fn actix_sends_it() {
    let response = actix_web::HttpResponse::Ok()
        .content_type(CONTENT_TYPE)
        .streaming::<_, BodyError>(EventBody::new(events()));
    let mut body = Box::pin(response.into_body());
    let mut cx = Context::from_waker(Waker::noop());
    let mut all = Vec::new();
    while let Poll::Ready(Some(Ok(bytes))) =
        actix_web::body::MessageBody::poll_next(body.as_mut(), &mut cx)
    {
        all.extend_from_slice(&bytes);
    }
    assert_eq!(String::from_utf8_lossy(&all), WRITTEN);
}

fn sent(body: impl Body<Data = Bytes>) -> String {
    let mut body: Pin<Box<_>> = Box::pin(body);
    let mut cx = Context::from_waker(Waker::noop());
    let mut all = Vec::new();
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) {
        all.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
    }
    String::from_utf8_lossy(&all).into_owned()
}
