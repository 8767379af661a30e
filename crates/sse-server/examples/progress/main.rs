//! How far a long task is. What was published last says where the task is, so after a crash it goes on, and an open page sees each step once.
//!
//! `cargo run -p sse-server --all-features --example progress [ADDRESS [FILE]]`, then open the address in a browser.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use sse_encoder::Event;
use sse_server::{Hub, ResponseBody, Server, Settings};
use tokio::sync::Notify;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into());
    let file = std::env::temp_dir().join("progress.redb");
    let file = arguments.next().map_or(file, Into::into);

    let hub = Hub::open(Settings::default(), file)?;
    let topic = hub.topic("task");
    let begin = Arc::new(Notify::new());
    let begun = Arc::clone(&begin);
    let server = Server::builder(hub)
        .page(include_str!("page.html"))
        .fallback(move |request| std::future::ready(answer(&request, &begin)));
    let server = server.bind(address).await?;
    println!("http://{}", server.address());

    loop {
        let before = topic.last_data();
        let percent = match before.and_then(|percent| percent.parse::<u8>().ok()) {
            Some(percent) if percent < 100 => percent + 5,
            _ => {
                begun.notified().await;
                0
            }
        };
        let text = percent.to_string();
        topic.publish_stored(Event::new().data(&text)).await?;
        // The work.
        sleep(Duration::from_millis(100)).await;
    }
}

/// Starts the task with a `POST`; while it is under way, that starts it once more afterwards.
fn answer<T>(request: &Request<T>, begin: &Notify) -> Response<ResponseBody> {
    let (status, text) = if (request.method(), request.uri().path()) == (&Method::POST, "/start") {
        begin.notify_one();
        (StatusCode::ACCEPTED, "it starts\n")
    } else {
        (StatusCode::NOT_FOUND, "there is / and, with POST, /start\n")
    };
    let response = Response::builder().status(status).body(text.into());
    response.expect("it is a response")
}
