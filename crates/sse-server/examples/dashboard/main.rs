//! The server's own metrics, five times a second; and the same for Prometheus at `/metrics`.
//!
//! `cargo run -p sse-server --example dashboard [ADDRESS]`, then open the address in a browser.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use sse_encoder::Event;
use sse_server::{Hub, Metrics, ResponseBody, Server, Settings, UnknownId};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:8080".into());

    // Only the present counts: who comes back need not hear of what was.
    let mut settings = Settings::default();
    settings.history = 0;
    settings.unknown_id = UnknownId::OnlyNew;
    let hub = Hub::new(settings);
    let counting = hub.clone();
    let server = Server::builder(hub.clone())
        .page(include_str!("page.html"))
        .fallback(move |request| std::future::ready(answer(&request, &counting)));
    let server = server.bind(address).await?;
    println!("http://{}", server.address());

    let topic = hub.topic("numbers");
    loop {
        let seen = hub.metrics();
        let numbers = serde_json::json!({
            "subscribers": seen.subscribers, "published": seen.published, "delivered": seen.delivered,
            "replayed": seen.replayed, "dropped": seen.dropped, "bytes": seen.bytes,
        });
        topic.publish(Event::new().data(&numbers.to_string()))?;
        sleep(Duration::from_millis(200)).await;
    }
}

fn answer<T>(request: &Request<T>, hub: &Hub) -> Response<ResponseBody> {
    let response = Response::builder();
    let response = if request.uri().path() == "/metrics" {
        let response = response.header(CONTENT_TYPE, Metrics::PROMETHEUS);
        response.body(hub.metrics().prometheus().into())
    } else {
        let response = response.status(StatusCode::NOT_FOUND);
        response.body("there is / and /metrics\n".into())
    };
    response.expect("it is a response")
}
