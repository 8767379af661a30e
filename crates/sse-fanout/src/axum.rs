//! axum's `Sse` over a broadcast channel of tokio, as its documentation shows it; each line on stdin goes to everybody.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

pub(crate) async fn serve(port: u16) -> io::Result<()> {
    let (sender, _) = broadcast::channel::<(u64, String)>(256);
    let subscribing = sender.clone();
    let events = move || {
        let events = BroadcastStream::new(subscribing.subscribe()).filter_map(async |event| {
            let (id, data) = event.ok()?;
            Some(Ok::<_, Infallible>(
                Event::default().id(id.to_string()).data(data),
            ))
        });
        std::future::ready(Sse::new(events).keep_alive(KeepAlive::default()))
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let router = Router::new().route("/events", get(events));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut lines = BufReader::new(stdin()).lines();
    let mut id = 0;
    while let Some(line) = lines.next_line().await? {
        // Nobody reads yet: then there is nobody to tell.
        let _nobody = sender.send((id, line));
        id += 1;
    }
    Ok(())
}
