//! Several streams at the same time.

use futures_util::future::join_all;

use super::ask::Ask;
use super::watch::briefly;
use super::{Prober, streams};
use crate::check::Probe;
use crate::observation::Observation;

impl Prober {
    /// `parallel-1` …: all of them are open before the first is left.
    pub(super) async fn parallel(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Parallel) {
            return nothing;
        }
        let names: Vec<String> = (1..=streams(self.settings.manner))
            .map(|number| format!("parallel-{number}"))
            .collect();
        let opened = join_all(names.iter().map(async |name| {
            let slot = self.slot().await;
            (slot, self.open(Ask::stream(name, self)).await)
        }))
        .await;
        let rules = briefly(self.brief(), 1);
        let exchanges = join_all(opened.into_iter().map(async |(slot, opened)| {
            let exchange = opened.read(self, Some(&rules)).await;
            drop(slot);
            exchange
        }))
        .await;
        Observation::of(Probe::Parallel, exchanges)
    }
}
