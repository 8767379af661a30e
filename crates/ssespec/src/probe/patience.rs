//! How long a response head is waited for.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::Method;
use tokio::time::sleep;

use super::Prober;
use super::ask::Ask;
use crate::observation::Failure;

/// How long a response head may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl Prober {
    /// Ends when the head of a response to `method` is not to be waited for any longer, with the reason: `patience` is over; or, for a method that has
    /// nothing else to wait for, such as an event, that a request for the stream that was begun some time later has a head; or that the server turned out
    /// to have no place for anybody.
    pub(super) async fn out_of_patience(&self, method: &Method, patience: Duration) -> Failure {
        let waits_for_nothing = matches!(*method, Method::HEAD | Method::OPTIONS);
        tokio::select! {
            () = sleep(patience) => Failure::Timeout,
            () = self.is_full() => Failure::Timeout,
            () = self.overtakes(), if waits_for_nothing => Failure::Overtaken,
        }
    }

    /// How long a response head may take: longer than what it needs on a busy machine, however short the stream is watched.
    pub(super) fn head_patience(&self) -> Duration {
        self.settings.scaled(PATIENCE)
    }

    /// Waits for as long as a server may need to notice that clients have left: many do when they next write something.
    pub(super) async fn until_noticed(&self) {
        sleep(self.brief() / 2).await;
    }

    /// Waits like that where somebody has been turned away: clients that have left may still be in the places of those who come now.
    pub(super) async fn room(&self) {
        if self.turned_away.load(Ordering::Relaxed) {
            self.until_noticed().await;
        }
    }

    /// Ends when it turns out that there is no place beside the stream that is watched, if it does.
    async fn is_full(&self) {
        // The sender lives as long as this.
        let _ = self.full.subscribe().wait_for(|full| *full).await;
    }

    /// Ends when a request for the stream that is begun some time from now is answered, if it is.
    async fn overtakes(&self) {
        sleep(self.brief()).await;
        // In the place of the one that waits: another one may only be free when that has gone.
        let later = Box::pin(self.open(Ask::stream("later", self))).await;
        if later.response().is_none() {
            std::future::pending().await
        }
    }
}
