//! Several streams at the same time.

use futures_util::future::join_all;

use super::ask::{Ask, Opened};
use super::watch::{Company, briefly};
use super::{Prober, streams};
use crate::check::Probe;
use crate::observation::Observation;

impl Prober {
    /// `parallel-1` …: all of them are open before the first is left, and they are left when each has sent an event, or the time is up.
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
        let rules = briefly(self.brief(), usize::MAX);
        let streaming = |opened: &Opened| {
            opened
                .response()
                .is_some_and(|response| response.status() == 200)
        };
        let company = Company::of(
            opened
                .iter()
                .filter(|(_, opened)| streaming(opened))
                .count(),
        );
        let exchanges = join_all(opened.into_iter().map(async |(slot, opened)| {
            let rules = streaming(&opened).then_some(&rules);
            let exchange = opened.read_among(Some(&company), self, rules).await;
            drop(slot);
            exchange
        }))
        .await;
        Observation::of(Probe::Parallel, exchanges)
    }
}
