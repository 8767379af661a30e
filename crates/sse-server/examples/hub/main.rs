//! Everything at once: topics in a file, compressed for those who ask for it, with TLS and HTTP/2 if there is a certificate; what is
//! published comes by `POST`, and Prometheus is answered at `/metrics`.
//!
//! `cargo run -p sse-server --all-features --example hub -- --help`; then `curl -N ADDRESS/events`, and
//! `curl -H 'x-event: greeting' -d hello ADDRESS/publish/events`.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use clap::Parser;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use sse_encoder::Event;
use sse_server::{BoxError, Hub, Metrics, ResponseBody, Server, Settings, Tls, Topic};

/// The longest event that is taken, in bytes (1 MiB).
const LONGEST: usize = 1 << 20;

/// Nobody may make more topics than so many.
const MOST_TOPICS: usize = 1000;

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
    let topics = Arc::new(Topics {
        hub: hub.clone(),
        made: AtomicUsize::new(0),
    });
    let mut server = Server::builder(hub)
        .page(include_str!("page.html"))
        .fallback(move |request| answer(request, Arc::clone(&topics)));
    let mut scheme = "http";
    if let (Some(certificate), Some(key)) = (arguments.certificate, arguments.key) {
        let (certificate, key) = (std::fs::read(certificate)?, std::fs::read(key)?);
        server = server.tls(Tls::from_pem(&certificate, &key)?);
        scheme = "https";
    }
    let server = server.bind(arguments.address).await?;
    println!("{scheme}://{}", server.address());
    asked_to_stop().await?;
    server.stop(Duration::from_secs(5)).await;
    Ok(())
}

/// By Ctrl-C, or by whoever manages services.
async fn asked_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            asked = tokio::signal::ctrl_c() => asked,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Topics are made when they are first read or published to.
struct Topics {
    hub: Hub,
    made: AtomicUsize,
}

impl Topics {
    fn find(&self, name: &str) -> Option<Topic> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let may_be_made = || {
            let is_name = !name.is_empty() && name.bytes().all(letter);
            is_name && self.made.fetch_add(1, Relaxed) < MOST_TOPICS
        };
        let known = self.hub.find(name);
        known.or_else(|| may_be_made().then(|| self.hub.topic(name)))
    }
}

async fn answer(request: Request<Incoming>, topics: Arc<Topics>) -> Response<ResponseBody> {
    let response = Response::builder();
    let response = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => response
            .header("content-type", Metrics::PROMETHEUS)
            .body(topics.hub.metrics().prometheus().into()),
        (&Method::POST, _) => match publish(request, &topics).await {
            Ok(id) => response.body(id.into()),
            Err(error) => response
                .status(StatusCode::BAD_REQUEST)
                .body(format!("{error}\n").into()),
        },
        (_, path) => {
            // If there is no topic now, it is answered with 404.
            let _made = topics.find(path.trim_start_matches('/'));
            return topics.hub.respond(&request.into_parts().0);
        }
    };
    response.expect("it is a response")
}

/// Gives the id of the event when it is on the disk, if there is a file.
async fn publish(request: Request<Incoming>, topics: &Topics) -> Result<String, BoxError> {
    let topic = request.uri().path().strip_prefix("/publish/");
    let topic = topic.and_then(|name| topics.find(name));
    let topic = topic.ok_or("POST to /publish/ and the name of a topic")?;
    let (head, body) = request.into_parts();
    let data = Limited::new(body, LONGEST).collect().await?.to_bytes();
    let mut event = Event::new().data(std::str::from_utf8(&data)?);
    if let Some(name) = head.headers.get("x-event") {
        event = event.event(std::str::from_utf8(name.as_bytes())?);
    }
    Ok(topic.publish_stored(event).await?)
}
