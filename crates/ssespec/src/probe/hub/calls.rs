//! The publish call, made for one event.

use std::convert::Infallible;
use std::time::Duration;

use reqwest::header::HeaderMap;
use sse_fixtures::ScriptStep;
use tokio::time::sleep;

use crate::hub::Hub;
use crate::observation::{Exchange, Request};
use crate::probe::Prober;
use crate::probe::watch::briefly;
use crate::script::{Script, event};

/// Between two events of the stream that is watched.
const FEED: Duration = Duration::from_millis(200);

impl Prober {
    /// Publishes `step` to `topic`; what came of it is called `name`.
    ///
    /// # Errors
    ///
    /// Why the call cannot express the step.
    pub(super) async fn publish(
        &self,
        hub: &Hub,
        topic: &str,
        name: &str,
        step: &ScriptStep,
    ) -> Result<Exchange, String> {
        let call = hub.publish.call(topic, step)?;
        let mut headers = HeaderMap::new();
        let own = &self.settings.headers;
        for (name, value) in own.iter().chain(&call.headers) {
            headers.insert(name.clone(), value.clone());
        }
        let request = Request {
            method: call.method.to_string(),
            url: self.settings.secrets.redact_url(&call.url),
            headers: self.redacted(&headers),
            body: Some(Script::new(vec![step.clone()]).to_json()),
        };
        let builder = self.client.request(call.method, call.url);
        let builder = builder.headers(headers).body(call.body);
        let opened = self
            .begin(name, request, builder, self.head_patience())
            .await;
        let rules = briefly(self.brief(), usize::MAX);
        Ok(opened.read(self, Some(&rules)).await)
    }

    /// Publishes to the stream that is watched, so that there is something to see; never ends.
    pub(in crate::probe) async fn feed(&self, hub: &Hub) -> Infallible {
        for number in 1_u64.. {
            let step = event(&format!("{number} \u{2026} one of many"));
            let _ = self.publish(hub, &hub.topic, "feed", &step).await;
            sleep(self.settings.scaled(FEED)).await;
        }
        unreachable!("there are more numbers than time")
    }
}
