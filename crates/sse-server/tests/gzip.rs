//! Compressed streams: by request, with every event readable when it is there.
#![cfg(feature = "gzip")]

use flate2::{Decompress, FlushDecompress};
use http::{Method, Request, Response, request};
use http_body_util::BodyExt;
use sse_encoder::Event;
use sse_server::{Cors, Hub, ResponseBody, Settings};

fn hub() -> Hub {
    let mut settings = Settings::default();
    settings.gzip = true;
    settings.cors = Cors::Only(vec!["https://a.example".to_owned()]);
    Hub::new(settings)
}

fn ask(method: Method, coding: &str) -> request::Parts {
    let request = Request::builder()
        .method(method)
        .uri("/news")
        .header("accept-encoding", coding);
    request.body(()).expect("it is a request").into_parts().0
}

/// One reader's end of a gzip stream.
struct Reader {
    body: ResponseBody,
    inflate: Decompress,
    header: usize,
}

impl Reader {
    fn new(response: Response<ResponseBody>) -> Self {
        assert_eq!(response.headers()["content-encoding"], "gzip");
        Self {
            body: response.into_body(),
            inflate: Decompress::new(false),
            header: 10,
        }
    }

    async fn bytes(&mut self) -> Vec<u8> {
        let frame = self.body.frame().await.expect("it goes on");
        let data = frame.expect("it does not fail").into_data();
        data.expect("it is data").to_vec()
    }

    /// The text of one frame, without waiting for another.
    async fn text(&mut self) -> String {
        let bytes = self.bytes().await;
        let mut out = Vec::with_capacity(1 << 20);
        let blocks = &bytes[std::mem::take(&mut self.header)..];
        self.inflate
            .decompress_vec(blocks, &mut out, FlushDecompress::Sync)
            .expect("it is deflate");
        String::from_utf8(out).expect("it is text")
    }
}

#[tokio::test]
async fn each_event_is_flushed_and_shared() {
    let hub = hub();
    let topic = hub.topic("news");
    let mut one = Reader::new(hub.respond(&ask(Method::GET, "gzip, br")));
    assert_eq!(one.text().await, "retry: 2000\n\n");
    topic
        .publish(Event::new().data("a"))
        .expect("it can be sent");
    assert!(one.text().await.ends_with("\ndata: a\n\n"));
    // Somebody joins in the middle.
    let mut other = Reader::new(hub.respond(&ask(Method::GET, "gzip")));
    assert_eq!(other.text().await, "retry: 2000\n\n");
    let large = "0123456789".repeat(10_000);
    topic
        .publish(Event::new().data(&large))
        .expect("it can be sent");
    let (first, second) = (one.bytes().await, other.bytes().await);
    assert_eq!(first, second, "both have the same bytes");
    assert!(first.len() < large.len() / 10, "{} bytes", first.len());
}

#[tokio::test]
async fn a_stream_that_ends_is_whole() {
    let hub = hub();
    let topic = hub.topic("news");
    let mut body = hub.respond(&ask(Method::GET, "gzip")).into_body();
    topic
        .publish(Event::new().data("a"))
        .expect("it can be sent");
    topic.close();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.expect("it does not fail").into_data();
        bytes.extend(data.expect("it is data"));
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text)
        .expect("its sum and its length are right");
    assert!(
        text.starts_with("retry: 2000\n\nid: ") && text.ends_with("\ndata: a\n\n"),
        "{text}"
    );
}

#[tokio::test]
async fn the_coding_is_negotiated_and_caches_are_told() {
    let hub = hub();
    let _topic = hub.topic("news");
    for method in [Method::GET, Method::HEAD] {
        for (coding, expected) in [("gzip", Some("gzip")), ("br", None), ("gzip;q=0", None)] {
            let response = hub.respond(&ask(method.clone(), coding));
            let got = response.headers().get("content-encoding");
            assert_eq!(
                got.map(|got| got.to_str().expect("it is text")),
                expected,
                "{coding}"
            );
            let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
            assert_eq!(vary, ["Accept-Encoding", "Origin"], "{coding}");
        }
    }
    let plain = Hub::default();
    let _topic = plain.topic("news");
    let response = plain.respond(&ask(Method::GET, "gzip"));
    assert!(
        !response.headers().contains_key("content-encoding"),
        "only if it is switched on"
    );
    assert!(!response.headers().contains_key("vary"));
}
