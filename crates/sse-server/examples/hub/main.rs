//! Everything at once: topics in a file, compressed for those who ask for it, with TLS and HTTP/2 if there is a certificate; what is
//! published comes by `POST`, and Prometheus is answered at `/metrics`.
//!
//! `cargo run -p sse-server --all-features --example hub -- --help`; then `curl -N ADDRESS/events`, and
//! `curl -H 'x-event: greeting' -d hello ADDRESS/publish/events`.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use sse_encoder::Event;
use sse_server::{BoxError, Hub, Metrics, ResponseBody, Server, Settings, Tls};

/// The longest event that is taken, in bytes (1 MiB).
const LONGEST: usize = 1 << 20;

/// A hub for Server-Sent Events. Whoever reaches it may read and publish.
#[derive(Parser)]
struct Arguments {
    /// Where it listens; port 0 takes a free one
    #[arg(default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// Keeps events in this file, so that ids and history go on after a restart
    file: Option<PathBuf>,
    /// Certificates in PEM, the server's own first: speaks TLS
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// The private key in PEM
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// A topic; may be given several times
    #[arg(long = "topic", default_value = "events")]
    topics: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments = Arguments::parse();
    let mut settings = Settings::default();
    settings.gzip = true;
    let hub = match arguments.file {
        Some(file) => Hub::open(settings, file)?,
        None => Hub::new(settings),
    };
    for topic in &arguments.topics {
        let _made = hub.topic(topic);
    }
    let publishing = hub.clone();
    let mut server = Server::builder(hub)
        .page(include_str!("page.html"))
        .fallback(move |request| answer(request, publishing.clone()));
    let mut scheme = "http";
    if let (Some(certificate), Some(key)) = (arguments.certificate, arguments.key) {
        let (certificate, key) = (std::fs::read(certificate)?, std::fs::read(key)?);
        server = server.tls(Tls::from_pem(&certificate, &key)?);
        scheme = "https";
    }
    let server = server.bind(arguments.address).await?;
    println!("{scheme}://{}", server.address());
    tokio::signal::ctrl_c().await?;
    server.stop(Duration::from_secs(5)).await;
    Ok(())
}

async fn answer(request: Request<Incoming>, hub: Hub) -> Response<ResponseBody> {
    let response = Response::builder();
    let response = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => response
            .header("content-type", Metrics::PROMETHEUS)
            .body(hub.metrics().prometheus().into()),
        (&Method::POST, _) => match publish(request, &hub).await {
            Ok(id) => response.body(id.into()),
            Err(error) => response
                .status(StatusCode::BAD_REQUEST)
                .body(format!("{error}\n").into()),
        },
        _ => response
            .status(StatusCode::NOT_FOUND)
            .body("there is no such topic\n".into()),
    };
    response.expect("it is a response")
}

/// Gives the id of the event when it is on the disk, if there is a file.
async fn publish(request: Request<Incoming>, hub: &Hub) -> Result<String, BoxError> {
    let topic = request.uri().path().strip_prefix("/publish/");
    let topic = topic.and_then(|name| hub.find(name));
    let topic = topic.ok_or("POST to /publish/ and the name of a topic")?;
    let (head, body) = request.into_parts();
    let data = Limited::new(body, LONGEST).collect().await?.to_bytes();
    let mut event = Event::new().data(std::str::from_utf8(&data)?);
    if let Some(name) = head.headers.get("x-event") {
        event = event.event(name.to_str()?);
    }
    Ok(topic.publish_stored(event).await?)
}
