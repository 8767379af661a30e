//! A hub that is stopped and started again.

use super::reader::with_beside;
use super::{BACKLOG, BETWEEN, Script, TRIES, word};
use crate::check::Probe;
use crate::hub::seen::published;
use crate::observation::{Observation, Stop};
use crate::probe::Prober;

/// A target that can be stopped and started again, at the same place.
pub trait Restart {
    /// Stops it, starts it again, and waits until it is ready.
    fn restart(&mut self) -> impl Future<Output = Result<(), String>>;
}

impl Prober {
    /// `before` gets events, then leaves; `c1` is published while nobody is there; the hub is stopped and started; `after` comes back with the id of
    /// `before` and gets `d…` and `x1` ….
    pub async fn across_restart(&self, owned: &mut impl Restart) -> Observation {
        let Some(hub) = self.hub_to_ask(Probe::HubRestart) else {
            return self.no_hub(Probe::HubRestart);
        };
        with_beside(async |beside| {
            let mut script = Script::new(self, hub, beside, Probe::HubRestart);
            let before = script.open("before", &script.topic.clone(), None, true);
            if !script.until_seen("w", &before).await {
                script.end([before]).await;
                return script.seen;
            }
            for label in ["a", "b"] {
                script.publish(label).await;
                script.wait("before", &before, label).await;
            }
            let last = before.last_id();
            script.end([before]).await;
            script.publish("c1").await;
            if let Err(why) = owned.restart().await {
                script.seen.nothing = Some(format!("it could not be started again: {why}"));
                return script.seen;
            }
            let last = Some(last).filter(|last| !last.is_empty());
            script.back_after(last.as_deref()).await;
            script.seen
        })
        .await
    }
}

impl Script<'_> {
    /// Comes back with the id; a hub may need some time until it is what it was.
    async fn back_after(&mut self, id: Option<&str>) {
        let before = published(&self.seen).len();
        let mut after = self.open("after", &self.topic.clone(), id, true);
        for _ in 1..TRIES {
            after.opened(self.patience).await;
            if after.streams() {
                break;
            }
            tokio::time::sleep(self.prober.settings.scaled(BETWEEN)).await;
            after.leave(Stop::Seen).await;
            after = self.open("after", &self.topic.clone(), id, true);
        }
        let backlog = self.prober.settings.scaled(BACKLOG);
        after.saw(&word("c1", &self.run), backlog).await;
        let came = self.until_seen("d", &after).await;
        self.fact("after", "d", came);
        // As many as before, so that ids which begin again meet those that were given out.
        for number in 1..=before {
            self.publish(&format!("x{number}")).await;
        }
        after.saw(&word(&self.last, &self.run), self.patience).await;
        self.end([after]).await;
    }
}
