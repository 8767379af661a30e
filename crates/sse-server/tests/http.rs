//! What goes over the wire, byte for byte where that counts.

use std::net::SocketAddr;
use std::time::Duration;

use sse_encoder::Event;
use sse_server::{Cors, Hub, Server, Settings, UnknownId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No event and no comment but those that a test publishes.
fn quiet() -> Settings {
    let mut settings = Settings::default();
    settings.keep_alive = Duration::from_secs(3600);
    settings.retry = None;
    settings
}

async fn serve(settings: Settings) -> (Hub, Server) {
    let hub = Hub::new(settings);
    let server = Server::bind("127.0.0.1:0", hub.clone())
        .await
        .expect("a port is free");
    (hub, server)
}

/// One connection by hand.
struct Client {
    socket: TcpStream,
    seen: Vec<u8>,
}

impl Client {
    async fn send(address: SocketAddr, request: &str) -> Self {
        let mut socket = TcpStream::connect(address).await.expect("it listens");
        socket
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        Self {
            socket,
            seen: Vec::new(),
        }
    }

    async fn get(address: SocketAddr, path: &str, headers: &str) -> Self {
        Self::send(
            address,
            &format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n"),
        )
        .await
    }

    /// Reads until `end` has come; what came before it, and itself, is given and forgotten.
    async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self
                .seen
                .windows(end.len())
                .position(|window| window == end.as_bytes())
            {
                let rest = self.seen.split_off(at + end.len());
                return String::from_utf8(std::mem::replace(&mut self.seen, rest))
                    .expect("it is text");
            }
            let read = self
                .socket
                .read_buf(&mut self.seen)
                .await
                .expect("it is not reset");
            assert!(
                read > 0,
                "it ended after {:?}",
                String::from_utf8_lossy(&self.seen)
            );
        }
    }

    async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    async fn rest(mut self) -> String {
        self.socket
            .read_to_end(&mut self.seen)
            .await
            .expect("it is not reset");
        String::from_utf8(self.seen).expect("it is text")
    }
}

#[tokio::test]
async fn a_stream_is_open_before_the_first_event() {
    let (hub, server) = serve(quiet()).await;
    let topic = hub.topic("news");
    let mut client = Client::get(server.address(), "/news", "").await;
    let head = client.head().await.to_ascii_lowercase();
    for line in [
        "http/1.1 200 ok\r\n",
        "content-type: text/event-stream\r\n",
        "cache-control: no-cache, no-transform\r\n",
        "x-accel-buffering: no\r\n",
        "access-control-allow-origin: *\r\n",
        "transfer-encoding: chunked\r\n",
    ] {
        assert!(head.contains(line), "{line:?} is not in {head}");
    }
    let id = topic
        .publish(Event::new().event("x").data("a\nb"))
        .expect("it can be sent");
    let chunk = format!("event: x\nid: {id}\ndata: a\ndata: b\n\n");
    assert_eq!(
        client.until("\n\n").await,
        format!("{:X}\r\n{chunk}", chunk.len())
    );
}

#[tokio::test]
async fn a_page_stands_at_the_root_and_nowhere_else() {
    let hub = Hub::new(quiet());
    let _topic = hub.topic("news");
    let server = Server::builder(hub).page("<!doctype html>é");
    let server = server
        .fallback(async |_| http::Response::new("else\n".into()))
        .bind("127.0.0.1:0");
    let server = server.await.expect("a port is free");
    let mut page = Client::get(server.address(), "/?q", "").await;
    let head = page.head().await;
    assert!(
        head.contains("content-type: text/html; charset=utf-8\r\n"),
        "{head}"
    );
    page.until("<!doctype html>é").await;
    let mut stream = Client::get(server.address(), "/news", "").await;
    let head = stream.head().await;
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let mut other = Client::get(server.address(), "/other", "").await;
    other.until("else\n").await;
    let post = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    let mut post = Client::send(server.address(), post).await;
    post.until("else\n").await;
}

#[tokio::test]
async fn a_client_of_http10_gets_no_chunks() {
    let (hub, server) = serve(quiet()).await;
    let topic = hub.topic("news");
    let mut client = Client::send(server.address(), "GET /news HTTP/1.0\r\n\r\n").await;
    let head = client.head().await.to_ascii_lowercase();
    assert!(head.starts_with("http/1.0 200 ok\r\n"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    let id = topic
        .publish(Event::new().data("a"))
        .expect("it can be sent");
    topic.close();
    assert_eq!(client.rest().await, format!("id: {id}\ndata: a\n\n"));
}

#[tokio::test]
async fn who_comes_back_gets_what_was_missed_and_then_what_is_new() {
    let (hub, server) = serve(quiet()).await;
    let topic = hub.topic("news");
    let ids: Vec<_> = (0..3)
        .map(|nth| {
            topic
                .publish(Event::new().data(&nth.to_string()))
                .expect("it can be sent")
        })
        .collect();
    let mut client = Client::get(
        server.address(),
        "/news",
        &format!("last-event-id: {}\r\n", ids[0]),
    )
    .await;
    client.head().await;
    let replayed = client.until("data: 2\n\n").await;
    assert!(
        replayed.contains("data: 1\n") && !replayed.contains("data: 0\n"),
        "{replayed}"
    );
    topic
        .publish(Event::new().data("live"))
        .expect("it can be sent");
    assert!(!client.until("data: live\n\n").await.contains("data: 2"));
}

#[tokio::test]
async fn an_id_that_is_not_known_is_no_error() {
    for (policy, expected) in [
        (UnknownId::ReplayAll, vec!["kept", "live"]),
        (UnknownId::OnlyNew, vec!["live"]),
    ] {
        let mut settings = quiet();
        settings.unknown_id = policy;
        let (hub, server) = serve(settings).await;
        let topic = hub.topic("news");
        topic
            .publish(Event::new().data("kept"))
            .expect("it can be sent");
        let long = "x".repeat(8 * 1024);
        for id in ["never-given-out", "1", "\u{2026}é", &long] {
            let mut client = Client::get(
                server.address(),
                "/news",
                &format!("last-event-id: {id}\r\n"),
            )
            .await;
            assert!(client.head().await.starts_with("HTTP/1.1 200 "));
            let before = topic.readers();
            assert!(before > 0);
            topic
                .publish(Event::new().data("live"))
                .expect("it can be sent");
            let seen = client.until("data: live\n\n").await;
            let kept = seen.contains("data: kept\n");
            assert_eq!(kept, expected.contains(&"kept"), "{policy:?} {id}");
        }
    }
}

#[tokio::test]
async fn head_options_and_other_methods_are_answered_at_once() {
    let (hub, server) = serve(quiet()).await;
    let _topic = hub.topic("news");
    let ask = async |method: &str, path: &str| {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: https://a.example\r\n\r\n"
        );
        Client::send(server.address(), &request)
            .await
            .rest()
            .await
            .to_ascii_lowercase()
    };
    let head = ask("HEAD", "/news").await;
    assert!(
        head.starts_with("http/1.1 200 ok\r\n")
            && head.contains("content-type: text/event-stream\r\n"),
        "{head}"
    );
    assert!(!head.contains("content-length"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    let options = ask("OPTIONS", "/news").await;
    assert!(options.starts_with("http/1.1 204 "), "{options}");
    assert!(
        options.contains("access-control-allow-headers: last-event-id,"),
        "{options}"
    );
    assert!(
        options.contains("allow: get, head, options\r\n"),
        "{options}"
    );
    assert!(ask("DELETE", "/news").await.starts_with("http/1.1 405 "));
    assert!(ask("GET", "/olds").await.starts_with("http/1.1 404 "));
}

#[tokio::test]
async fn a_closed_topic_ends_its_streams_and_says_204() {
    let (hub, server) = serve(quiet()).await;
    let topic = hub.topic("news");
    let mut client = Client::get(server.address(), "/news", "connection: close\r\n").await;
    client.head().await;
    topic.close();
    assert_eq!(client.rest().await, "0\r\n\r\n");
    let mut late = Client::get(server.address(), "/news", "").await;
    assert!(late.head().await.starts_with("HTTP/1.1 204 "));
}

#[tokio::test]
async fn cors_lets_in_who_is_on_the_list() {
    let mut settings = quiet();
    settings.cors = Cors::Only(vec!["https://a.example".to_owned()]);
    let (hub, server) = serve(settings).await;
    let _topic = hub.topic("news");
    for (origin, allowed) in [
        ("https://a.example", true),
        ("https://b.example", false),
        ("https://a.example.b.example", false),
    ] {
        let mut client =
            Client::get(server.address(), "/news", &format!("origin: {origin}\r\n")).await;
        let head = client.head().await.to_ascii_lowercase();
        assert_eq!(
            head.contains(&format!("access-control-allow-origin: {origin}\r\n")),
            allowed,
            "{head}"
        );
        assert_eq!(
            head.contains("access-control-allow-credentials: true\r\n"),
            allowed,
            "{head}"
        );
        assert!(head.contains("vary: origin\r\n"), "{head}");
    }
}

#[tokio::test]
async fn who_leaves_a_silent_stream_is_noticed() {
    let (hub, server) = serve(quiet()).await;
    let topic = hub.topic("news");
    let mut client = Client::get(server.address(), "/news", "").await;
    client.head().await;
    assert_eq!(topic.readers(), 1);
    drop(client);
    while topic.readers() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_reads_too_slowly_is_let_go_and_loses_nothing() {
    let mut settings = quiet();
    settings.queue = 4;
    settings.history = 100_000;
    let (hub, server) = serve(settings).await;
    let topic = hub.topic("news");
    let mut slow = Client::get(server.address(), "/news", "connection: close\r\n").await;
    slow.head().await;
    let text = "x".repeat(64 * 1024);
    let mut ids = Vec::new();
    // As long as the buffers of both sockets take it; with every turn the connection may write.
    while topic.readers() > 0 {
        ids.push(
            topic
                .publish(Event::new().data(&text))
                .expect("it can be sent"),
        );
        tokio::task::yield_now().await;
        assert!(ids.len() < 10_000, "nobody holds 640 MB");
    }
    let body = slow.rest().await;
    assert!(
        body.ends_with("\n\n\r\n0\r\n\r\n"),
        "it ends behind a whole event"
    );
    let got = body.matches("id: ").count();
    assert!(got < ids.len());

    let mut back = Client::get(
        server.address(),
        "/news",
        &format!("last-event-id: {}\r\n", ids[got - 1]),
    )
    .await;
    back.head().await;
    let next = back.until("\ndata: ").await;
    assert!(
        next.contains(&format!("id: {}\n", ids[got])),
        "{next} is not the next one"
    );
}

#[tokio::test]
async fn stopping_ends_streams_in_order() {
    let (hub, server) = serve(quiet()).await;
    let topic = hub.topic("news");
    let mut client = Client::get(server.address(), "/news", "").await;
    client.head().await;
    let id = topic
        .publish(Event::new().data("last"))
        .expect("it can be sent");
    client.until("data: last\n\n").await;
    assert!(server.stop(Duration::from_secs(5)).await);
    assert_eq!(client.rest().await, "\r\n0\r\n\r\n");
    assert!(!id.is_empty());
}

#[tokio::test]
async fn http2_has_the_same_stream_without_headers_of_a_connection() {
    use http_body_util::{BodyExt, Empty};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let (hub, server) = serve(quiet()).await;
    let topic = hub.topic("news");
    let socket = TcpStream::connect(server.address())
        .await
        .expect("it listens");
    let (mut send, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
            .await
            .expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let request = http::Request::get(format!("http://{}/news", server.address()))
        .body(Empty::<bytes::Bytes>::new())
        .expect("it is a request");
    let mut response = send.send_request(request).await.expect("it answers");
    assert_eq!(response.status(), 200);
    for name in ["connection", "keep-alive", "transfer-encoding"] {
        assert!(!response.headers().contains_key(name), "{name}");
    }
    let id = topic
        .publish(Event::new().data("a"))
        .expect("it can be sent");
    let frame = response
        .frame()
        .await
        .expect("it goes on")
        .expect("it is not reset");
    assert_eq!(
        frame.into_data().expect("it is data"),
        format!("id: {id}\ndata: a\n\n")
    );
}
