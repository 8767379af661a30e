//! One request as an `EventSource` makes it, redirects followed by hand, and the stream until a stop rule ends it.

use std::time::Duration;

use super::ask::{Ask, Opened};
use super::redirect::MOST_REDIRECTS;
use super::{ProbeError, Prober};
use crate::check::Probe;
use crate::observation::{Answer, Exchange, Failure, Observation};
use crate::settings::{HttpVersion, StopRules};

/// A stream of which only the head is read.
pub(super) struct OpenStream {
    hops: Vec<Exchange>,
    opened: Opened,
}

impl OpenStream {
    /// Whether the request was taken, and no head came.
    fn is_unanswered(&self) -> bool {
        self.opened.is_unanswered()
    }

    /// Whether the head did not come within `patience`, if at all.
    pub(super) fn took_longer(&self, patience: Duration) -> bool {
        self.is_unanswered() || Duration::from_micros(self.opened.waited()) > patience
    }
}

impl Prober {
    /// Opens the stream. A server that takes the request and does not answer is waited for as long as the stream would be watched.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Unreachable`] if the request was not taken, or answered with something that is no response.
    pub(super) async fn open_stream(&self) -> Result<OpenStream, ProbeError> {
        let mut hops = Vec::new();
        let mut ask = Ask::stream("stream", self);
        // A head that waits for the first event comes with it.
        let patience = self
            .head_patience()
            .max(self.settings.scaled(self.settings.stop.time));
        loop {
            let again = ask.clone();
            let opened = self.open_within(patience, ask).await;
            let response = opened.response();
            let Some(next) = response.and_then(|response| again.led_on_by(response)) else {
                let open = OpenStream { hops, opened };
                return self.require_response(open, &again.url).await;
            };
            if hops.len() == MOST_REDIRECTS {
                return Ok(OpenStream { hops, opened });
            }
            hops.push(renamed(opened.read(self, None).await, hops.len() + 1));
            ask = next;
        }
    }

    async fn require_response(
        &self,
        open: OpenStream,
        here: &url::Url,
    ) -> Result<OpenStream, ProbeError> {
        if let Some(response) = open.opened.response() {
            let agreed = response.version() == reqwest::Version::HTTP_2;
            if self.settings.version == HttpVersion::Http2 && !agreed {
                return Err(ProbeError::Unreachable {
                    url: self.settings.secrets.redact_url(here),
                    why: Failure::Connect("--http2: TLS does not agree on HTTP/2".to_owned()),
                });
            }
        }
        if open.opened.response().is_some() || open.is_unanswered() {
            // Set once: there is one stream a run.
            let _ = self.moved_to.set(here.clone());
            return Ok(open);
        }
        if !open.hops.is_empty() {
            // There was a response: one that leads nowhere.
            return Ok(open);
        }
        let exchange = open.opened.read(self, None).await;
        let Answer::Nothing { why, .. } = exchange.answer else {
            unreachable!("there is no response");
        };
        Err(ProbeError::Unreachable {
            url: self.settings.secrets.redact_url(here),
            why,
        })
    }

    /// The stream once more, for a short time; `None` if it may not be asked for again, or cannot be had.
    pub async fn glance(&self) -> Option<Observation> {
        if self.may_repeat(Probe::Connect).is_some() {
            return None;
        }
        let open = self.open_stream().await.ok()?;
        let rules = StopRules {
            time: self.brief(),
            ..self.settings.stop.clone()
        };
        let stream = open.opened.read(self, Some(&rules)).await;
        Some(Observation::of(Probe::Connect, vec![stream]))
    }

    /// Watches the stream until a stop rule holds.
    pub(super) async fn watch_stream(&self, open: OpenStream) -> Observation {
        let _slot = self.slot().await;
        let mut exchanges = open.hops;
        exchanges.push(open.opened.read(self, Some(&self.settings.stop)).await);
        Observation::of(Probe::Connect, exchanges)
    }
}

fn renamed(mut exchange: Exchange, number: usize) -> Exchange {
    exchange.name = format!("redirect-{number}");
    exchange
}
