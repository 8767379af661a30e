//! A subscriber that does not read, beside one that does.

use super::reader::with_beside;
use super::{Script, word};
use crate::check::Probe;
use crate::hub::seen::PUBLISH;
use crate::observation::{Exchange, Observation, Stop};
use crate::probe::Prober;
use crate::probe::ask::Ask;
use crate::script::event;

/// How much data one event has, in bytes (64 KiB).
const SIZE: usize = 64 << 10;

/// How many are published: more in all than what a system keeps for a reader that does not read (8 MiB).
const EVENTS: usize = 128;

/// How many of them before the slow subscriber is there.
const BEFORE: usize = 2;

impl Prober {
    /// `fast` gets large events, `before…` alone and then `large…` beside `slow`, which takes only the head of its response. If one does not come in
    /// time, `slow` is cut, and whether the event comes then is a fact. What `fast` reads is not kept.
    pub(in crate::probe) async fn hub_slow(&self) -> Observation {
        let Some(hub) = self.hub_to_ask(Probe::HubSlow) else {
            return self.no_hub(Probe::HubSlow);
        };
        with_beside(async |beside| {
            let mut script = Script::new(self, hub, beside, Probe::HubSlow);
            let fast = script.open("fast", &script.topic.clone(), None, false);
            if !script.until_seen("w", &fast).await {
                script.end([fast]).await;
                return script.seen;
            }
            let mut slow = None;
            for number in 1..=EVENTS {
                let label = if number <= BEFORE {
                    format!("before{number}")
                } else {
                    format!("large{number}")
                };
                if number == BEFORE + 1 {
                    let mut ask = Ask::stream("slow", self);
                    ask.url = hub.subscription(&script.topic).unwrap_or(ask.url);
                    slow = Some(self.open(ask).await);
                }
                let answer = script.large(&label).await;
                let took = answer
                    .response()
                    .is_ok_and(|response| (200..300).contains(&response.status));
                let came = took && script.comes(&fast, &label).await;
                if !came || number <= BEFORE || number == EVENTS {
                    script.seen.exchanges.push(answer);
                }
                if !came {
                    drop(slow.take());
                    let patience = script.patience;
                    let later = fast.saw(&word(&label, &script.run), patience).await;
                    script.fact("fast", "afterwards", later);
                    break;
                }
            }
            drop(slow);
            script.seen.exchanges.push(fast.leave(Stop::Seen).await);
            script.seen
        })
        .await
    }
}

impl Script<'_> {
    async fn large(&self, label: &str) -> Exchange {
        let filler = "x".repeat(SIZE);
        let step = event(&format!("{} {filler}", word(label, &self.run)));
        let name = format!("{PUBLISH}{label}");
        let sent = self
            .prober
            .publish(self.hub, &self.topic, &name, &step)
            .await;
        let mut exchange = sent.expect("every call has a place for data");
        exchange.request.body = None;
        exchange
    }

    async fn comes(&mut self, fast: &super::Reader, label: &str) -> bool {
        let came = fast.saw(&word(label, &self.run), self.patience).await;
        self.fact("fast", label, came);
        came
    }
}
