//! A feed that goes on where it was: kill this program and start it again, and an open page has missed nothing and shows nothing twice.
//!
//! `cargo run -p sse-server --all-features --example live_feed [ADDRESS [FILE]]`, then open the address in a browser.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::time::Duration;

use sse_encoder::Event;
use sse_server::{Hub, Server, Settings};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into());
    let file = std::env::temp_dir().join("live_feed.redb");
    let file = arguments.next().map_or(file, Into::into);

    let hub = Hub::open(Settings::default(), file)?;
    let feed = hub.topic("headlines");
    let server = Server::builder(hub).page(include_str!("page.html"));
    let server = server.bind(address).await?;
    println!("http://{}", server.address());

    let before = feed.last_data().and_then(|data| data.parse().ok());
    for number in before.unwrap_or(0_u64) + 1.. {
        let number = number.to_string();
        feed.publish_stored(Event::new().event("headline").data(&number))
            .await?;
        sleep(Duration::from_millis(300)).await;
    }
    Ok(())
}
