//! A server with a store is killed under load, again and again, and nothing is lost and nothing comes twice: neither for its readers, who
//! come back with their last id, nor of what a publisher was told.
//!
//! 50 readers by default. With a thousand:
//! `SSE_READERS=1000 cargo test --release -p sse-server --all-features --test kill`.
#![expect(
    clippy::print_stdout,
    reason = "it is a program of its own, which says what it has seen"
)]

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use sse_encoder::Event;
use sse_parser::EventStream;
use sse_server::{Hub, Server, Settings};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

const KILLS: usize = 4;
const TOLD_BETWEEN_KILLS: usize = 250;
const PUBLISHERS: u64 = 8;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, file] = &arguments[..]
        && serve == "serve"
    {
        return serve_file(file).await;
    }
    let readers = std::env::var("SSE_READERS").map_or(50, |number| {
        number.parse().expect("SSE_READERS is a number")
    });
    kill_again_and_again(readers).await;
}

/// The server: says its port, and takes events as the bodies of requests.
async fn serve_file(file: &str) {
    let mut settings = Settings::default();
    settings.history = 1_000_000;
    settings.queue = 1_000_000;
    let hub = Hub::open(settings, file).expect("the file can be opened");
    let topic = hub.topic("events");
    let server = Server::builder(hub).fallback(move |request: Request<Incoming>| {
        let topic = topic.clone();
        async move {
            let body = request.into_body().collect().await;
            let body = body.expect("it comes whole").to_bytes();
            let text = str::from_utf8(&body).expect("it is text");
            let id = topic.publish_stored(Event::new().data(text)).await;
            Response::new(id.expect("it is stored").into())
        }
    });
    let server = server.bind("127.0.0.1:0").await.expect("a port is free");
    let mut out = tokio::io::stdout();
    let line = format!("{}\n", server.address().port());
    out.write_all(line.as_bytes()).await.expect("it is read");
    out.flush().await.expect("it is read");
    std::future::pending().await
}

async fn start(file: &str) -> (Child, u16) {
    let mut child = Command::new(std::env::current_exe().expect("it is a file"))
        .args(["serve", file])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let out = BufReader::new(child.stdout.take().expect("it has one"));
    let line = out.lines().next_line().await.expect("it can be read");
    let port = line.and_then(|line| line.parse().ok());
    (child, port.expect("it says its port"))
}

/// What publishers were told: number of the event to its id.
type Told = Arc<Mutex<BTreeMap<u64, String>>>;

async fn kill_again_and_again(readers: usize) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("events.redb");
    let file = file.to_str().expect("it is text");
    let (mut server, port) = start(file).await;
    let (moved, port) = watch::channel(port);

    let (opened, mut open) = mpsc::unbounded_channel();
    let mut reading = JoinSet::new();
    for _ in 0..readers {
        reading.spawn(read(port.clone(), opened.clone()));
    }
    for _ in 0..readers {
        open.recv().await.expect("they read");
    }

    let told = Told::default();
    let (tell, mut stored) = mpsc::unbounded_channel();
    let mut publishing = JoinSet::new();
    for first in 0..PUBLISHERS {
        publishing.spawn(publish(
            first,
            port.clone(),
            Arc::clone(&told),
            tell.clone(),
        ));
    }
    let mut ids_seen_dead = 0;
    for _ in 0..KILLS {
        for _ in 0..TOLD_BETWEEN_KILLS {
            stored.recv().await.expect("they publish");
        }
        server.kill().await.expect("it runs");
        ids_seen_dead += 1;
        let port;
        (server, port) = start(file).await;
        moved.send_replace(port);
    }
    for _ in 0..TOLD_BETWEEN_KILLS {
        stored.recv().await.expect("they publish");
    }
    publishing.shutdown().await;
    // Behind everything else, also what a publisher no longer waits for.
    let last = post(*moved.borrow(), "end").await;
    let last = last.expect("it is stored");

    let mut first_seen = None;
    while let Some(seen) = reading.join_next().await {
        let seen = seen.expect("a reader does not panic");
        let expected = first_seen.get_or_insert_with(|| seen.clone());
        assert!(*expected == seen, "all readers have the same events");
    }
    let seen = first_seen.expect("there is a reader");
    let told = told.lock().expect("nobody panicked").clone();
    for (number, id) in &told {
        assert_eq!(seen.get(number), Some(id), "{number} was told to be stored");
    }
    assert!(told.len() >= TOLD_BETWEEN_KILLS * (KILLS + 1));
    println!(
        "{readers} readers, {ids_seen_dead} kills, {} events told to be stored, {} seen by everybody, once and in order; last id {last}",
        told.len(),
        seen.len()
    );
    println!("test result: ok. 1 passed; 0 failed");
}

/// Reads all events up to the last, over as many servers as it takes: number of the event to its id.
async fn read(
    mut port: watch::Receiver<u16>,
    opened: mpsc::UnboundedSender<()>,
) -> BTreeMap<u64, String> {
    let mut stream = EventStream::new();
    let mut seen = BTreeMap::new();
    let mut last = 0;
    loop {
        let address = *port.borrow_and_update();
        let body = get(address, stream.last_event_id()).await;
        if let Some(mut body) = body {
            let _nobody_waits = opened.send(());
            while let Some(Ok(frame)) = body.frame().await {
                let bytes = frame.into_data().unwrap_or_default();
                let mut feed = stream.feed(&bytes);
                while let Some(event) = feed.next_event() {
                    let event = event.expect("there are no limits");
                    let id = event.last_event_id();
                    let number = id
                        .rsplit_once('-')
                        .and_then(|(_, number)| number.parse().ok());
                    let number: u64 = number.expect("ids end in a number");
                    assert!(
                        last == 0 || number == last + 1,
                        "{number} comes behind {last}"
                    );
                    last = number;
                    if event.data() == "end" {
                        return seen;
                    }
                    let published = event.data().parse().expect("data is a number");
                    let twice = seen.insert(published, id.to_owned());
                    assert_eq!(twice, None, "{published} comes twice");
                }
            }
            stream.finish();
        }
        // The server is dead: wait for the next one.
        port.changed().await.expect("there is another one");
    }
}

async fn connect(port: u16) -> Option<hyper::client::conn::http1::SendRequest<Full<Bytes>>> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await;
    let (send, connection) = handshake.ok()?;
    tokio::spawn(connection);
    Some(send)
}

async fn get(port: u16, last_event_id: &str) -> Option<Incoming> {
    let mut request = Request::get("/events");
    if !last_event_id.is_empty() {
        request = request.header("last-event-id", last_event_id);
    }
    let request = request.body(Full::default()).expect("it is a request");
    let response = connect(port).await?.send_request(request).await.ok()?;
    assert_eq!(response.status(), StatusCode::OK);
    Some(response.into_body())
}

/// Gives the id that the server says the event has been stored with.
async fn post(port: u16, data: &str) -> Option<String> {
    let request = Request::post("/publish").body(Full::from(data.to_owned()));
    let request = request.expect("it is a request");
    let response = connect(port).await?.send_request(request).await.ok()?;
    if response.status() != StatusCode::OK {
        return None;
    }
    let id = response.into_body().collect().await.ok()?.to_bytes();
    Some(String::from_utf8(id.to_vec()).expect("it is text"))
}

/// Publishes one number after the other, none of them twice, until it is aborted.
async fn publish(
    first: u64,
    mut port: watch::Receiver<u16>,
    told: Told,
    tell: mpsc::UnboundedSender<()>,
) {
    let mut number = first;
    loop {
        let address = *port.borrow_and_update();
        match post(address, &number.to_string()).await {
            Some(id) => {
                told.lock().expect("nobody panicked").insert(number, id);
                let _nobody_waits = tell.send(());
            }
            None => {
                if port.changed().await.is_err() {
                    return;
                }
            }
        }
        number += PUBLISHERS;
    }
}
