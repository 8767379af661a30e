//! The built-in target: a server of the crate `sse-server` on a free port of the loopback, with a topic that never falls silent for long.

mod hub;
mod replay;

use std::io;
use std::time::Duration;

use sse_encoder::Event;
use sse_server::{Hub, Server, Settings, Topic};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use url::Url;

/// A running reference server.
pub struct Reference {
    server: Server,
    publishing: JoinHandle<()>,
    url: Url,
    replaying: JoinHandle<()>,
    replay: Url,
    publishes: JoinHandle<()>,
    hub: crate::hub::Hub,
}

/// Between two events of a burst.
const STEP: Duration = Duration::from_millis(60);

/// Between two bursts: long enough for a keep-alive.
const PAUSE: Duration = Duration::from_millis(400);

/// In a run of seconds a keep-alive of 15 s would never be seen.
const KEEP_ALIVE: Duration = Duration::from_millis(150);

/// Starts it.
///
/// # Errors
///
/// No port of the loopback is free.
pub async fn start() -> io::Result<Reference> {
    let mut settings = Settings::default();
    settings.keep_alive = KEEP_ALIVE;
    let hub = Hub::new(settings);
    let topic = hub.topic("events");
    let (described, publishes) = hub::start(hub.clone()).await?;
    let server = Server::bind("127.0.0.1:0", hub).await?;
    let url = format!("http://{}/events", server.address());
    let (replay, replaying) = replay::start().await?;
    let replay = format!("http://{replay}/replay");
    Ok(Reference {
        server,
        publishing: tokio::spawn(publish(topic)),
        url: url.parse().expect("an address makes a URL"),
        replaying,
        replay: replay.parse().expect("an address makes a URL"),
        publishes,
        hub: described,
    })
}

async fn publish(topic: Topic) {
    for number in 0_u64.. {
        let text = format!("{{\"number\":{number},\n \"text\":\"\u{2026} one of many\"}}");
        let event = Event::new().data(&text);
        let event = if number % 3 == 2 {
            event.event("third")
        } else {
            event
        };
        topic
            .publish(event)
            .expect("there is no line end in the type");
        sleep(if number % 5 == 4 { PAUSE } else { STEP }).await;
    }
}

impl Reference {
    /// Where its stream is.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where it takes scripts.
    pub fn replay(&self) -> &Url {
        &self.replay
    }

    /// How it is published to.
    pub fn hub(&self) -> &crate::hub::Hub {
        &self.hub
    }

    /// Ends its streams and itself.
    pub async fn stop(self) {
        self.publishing.abort();
        self.replaying.abort();
        self.publishes.abort();
        self.server.stop(Duration::from_secs(1)).await;
    }
}
