//! The other half of a replay endpoint: when what it writes can be read, how it resumes, both forms of the request, and how it ends.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use url::Url;

use super::Prober;
use super::last_event_id::LAST_EVENT_ID;
use crate::check::Probe;
use crate::observation::{Exchange, Observation};
use crate::script::{Script, delivery};

impl Prober {
    /// `flush-1` … are silent behind each event, longer each time until one proves that events are not held back; `whole` has ids, and each
    /// other name of [`delivery::RESUMES`] is the same script with a `Last-Event-ID`; `get` is the same script in the URL.
    pub(super) async fn replay(&self, replay: &Url) -> Observation {
        let script = Script::new(delivery::steps());
        let whole = self.send(replay, "whole", &script).await;
        let mut seen = Observation::of(Probe::Replay, vec![whole]);
        if seen.stream("whole").is_err() {
            return seen;
        }
        for (name, id, _) in delivery::RESUMES {
            let ask = self.post(replay, name, &script);
            let ask = ask.header(LAST_EVENT_ID, HeaderValue::from_static(id));
            seen.exchanges
                .push(self.ask(ask, Some(&self.until_silent(&script))).await);
        }
        seen.exchanges.push(self.get(replay, &script).await);
        for (attempt, silence) in delivery::SILENCES.into_iter().enumerate() {
            let script = delivery::slow(self.settings.scaled(Duration::from_millis(silence)));
            let name = format!("flush-{}", attempt + 1);
            let exchange = self.send(replay, &name, &script).await;
            let proven = delivery::is_flushed(&exchange).is_ok_and(|held| held.is_none());
            seen.exchanges.push(exchange);
            if proven {
                break;
            }
        }
        seen
    }

    /// The script in the URL, as an event source has to send it.
    async fn get(&self, replay: &Url, script: &Script) -> Exchange {
        let mut ask = self.post(replay, "get", script);
        ask.method = Method::GET;
        ask.body = None;
        ask.headers.retain(|(name, _)| *name != CONTENT_TYPE);
        let coded = BASE64_URL_SAFE_NO_PAD.encode(script.to_json());
        ask.url.query_pairs_mut().append_pair("script", &coded);
        self.ask(ask, Some(&self.until_silent(script))).await
    }
}
