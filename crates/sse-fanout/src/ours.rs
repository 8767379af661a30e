//! A hub of `sse-server`; each line on stdin goes to everybody.

use std::io;

use sse_encoder::Event;
use sse_server::{Hub, Server, Settings};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

pub(crate) async fn serve(port: u16) -> io::Result<()> {
    let hub = Hub::new(Settings::default());
    let topic = hub.topic("events");
    let _server = Server::bind(("127.0.0.1", port), hub).await?;
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        topic
            .publish(Event::new().data(&line))
            .map_err(io::Error::other)?;
    }
    Ok(())
}
