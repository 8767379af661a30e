//! A chat: what is said comes by `POST` and goes to everybody as events. Who was away for a moment gets what was said meanwhile.
//!
//! `cargo run -p sse-server --all-features --example chat [ADDRESS [FILE]]`, then open the address in two browsers.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use sse_encoder::Event;
use sse_server::{BoxError, Hub, ResponseBody, Server, Settings, Topic};

/// The longest thing that anybody may say, in bytes.
const LONGEST: usize = 10_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into());
    let file = std::env::temp_dir().join("chat.redb");
    let file = arguments.next().map_or(file, Into::into);

    let hub = Hub::open(Settings::default(), file)?;
    let topic = hub.topic("chat");
    let server = Server::builder(hub)
        .page(include_str!("page.html"))
        .fallback(move |request| answer(request, topic.clone()));
    let server = server.bind(address).await?;
    println!("http://{}", server.address());
    tokio::signal::ctrl_c().await?;
    server.stop(Duration::from_secs(5)).await;
    Ok(())
}

async fn answer(request: Request<Incoming>, topic: Topic) -> Response<ResponseBody> {
    let (status, text) = if (request.method(), request.uri().path()) != (&Method::POST, "/say") {
        let text = "there is / and, with POST, /say\n".to_owned();
        (StatusCode::NOT_FOUND, text)
    } else {
        match say(request, &topic).await {
            Ok(id) => (StatusCode::OK, id),
            Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")),
        }
    };
    let response = Response::builder().status(status).body(text.into());
    response.expect("it is a response")
}

/// Gives the id of what was said when it is on the disk. Line ends in it are no danger: the encoder knows what to do with them.
async fn say(request: Request<Incoming>, topic: &Topic) -> Result<String, BoxError> {
    let text = Limited::new(request.into_body(), LONGEST).collect().await?;
    let text = String::from_utf8(text.to_bytes().into())?;
    Ok(topic.publish_stored(Event::new().data(&text)).await?)
}
