//! A log file for everybody with a browser, as `tail -F`. Each event says where its line ends in the file, so that this program goes on
//! behind the last line that it published, whatever was written while it was away.
//!
//! `cargo run -p sse-server --all-features --example log_tail LOG [ADDRESS [FILE]]`, then open the address in a browser.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::io::SeekFrom;
use std::time::Duration;

use serde_json::{Value, json};
use sse_encoder::Event;
use sse_server::{Hub, PublishError, Server, Settings, Topic};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncSeekExt, BufReader};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let log = arguments.next().ok_or("write which file is to be read")?;
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into());
    let file = std::env::temp_dir().join("log_tail.redb");
    let file = arguments.next().map_or(file, Into::into);

    let hub = Hub::open(Settings::default(), file)?;
    let topic = hub.topic("lines");
    let server = Server::builder(hub).page(include_str!("page.html"));
    let server = server.bind(address).await?;
    println!("http://{}", server.address());

    let last = topic
        .last_data()
        .and_then(|data| data.parse::<Value>().ok());
    let mut end = last.and_then(|last| last["end"].as_u64()).unwrap_or(0);
    loop {
        // Opened each time, because logs are put away and begun anew under the same name.
        let mut file = File::open(&log).await?;
        if file.metadata().await?.len() < end {
            end = 0;
        }
        file.seek(SeekFrom::Start(end)).await?;
        publish_lines(file, &mut end, &topic).await?;
        sleep(Duration::from_millis(200)).await;
    }
}

async fn publish_lines(file: File, end: &mut u64, topic: &Topic) -> Result<(), Box<dyn Error>> {
    let mut file = BufReader::new(file);
    let mut line = Vec::new();
    // What has no end yet is still being written.
    while file.read_until(b'\n', &mut line).await? > 0 && line.ends_with(b"\n") {
        *end += line.len() as u64;
        let text = String::from_utf8_lossy(&line);
        let data = json!({"end": *end, "text": text.trim_end()}).to_string();
        let stored: Result<String, PublishError> =
            topic.publish_stored(Event::new().data(&data)).await;
        stored?;
        line.clear();
    }
    Ok(())
}
