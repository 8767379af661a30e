//! A server with a publish call, as its description says: how to publish, and what it promises.

mod publish;
pub(crate) mod seen;
mod template;

pub use publish::{Call, Publish};

use serde::{Deserialize, Serialize};
use url::Url;

/// A server with a publish call.
#[derive(Clone, Debug)]
pub struct Hub {
    /// Where a topic is subscribed to, with the placeholder `{topic}`.
    pub subscribe: String,
    /// How to publish.
    pub publish: Publish,
    /// What it promises.
    pub behaviour: Behaviour,
    /// The topic of the stream that is watched.
    pub topic: String,
}

/// What a hub promises. What is left out is not promised, and its absence no fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// Who gives events their ids.
    pub ids: Option<Ids>,
    /// What comes to a subscriber that was away.
    pub replay: Option<Replay>,
    /// What else it can do, such as `event`, `retry`, `keep-alive` or `restart`.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// Who gives events their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ids {
    /// The hub.
    Server,
    /// Whoever publishes.
    Publisher,
    /// Nobody.
    None,
}

/// What comes to a subscriber that was away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replay {
    /// Nothing.
    None,
    /// What was published behind the event with its `Last-Event-ID`.
    SinceId,
    /// Everything, to every subscriber.
    All,
}

impl Hub {
    /// Where `topic` is subscribed to.
    ///
    /// # Errors
    ///
    /// What in the URL is wrong.
    pub fn subscription(&self, topic: &str) -> Result<Url, url::ParseError> {
        self.subscribe.replace("{topic}", topic).parse()
    }

    /// Whether each topic has a stream of its own.
    pub fn has_topics(&self) -> bool {
        self.subscribe.contains("{topic}") && self.publish.has("topic")
    }
}
