//! Several streams at the same time.

use futures_util::future::join_all;

use super::ask::{Ask, Opened};
use super::watch::{Company, briefly};
use super::{Prober, streams};
use crate::check::Probe;
use crate::observation::{End, Exchange, Observation, Stop};
use crate::settings::Manner;

/// So many connections of HTTP/2 at the same time.
const IN_HTTP2: usize = 2;

/// The fact that says that the stream which was watched went on for as long as that.
pub(crate) const GOES_ON: &str = "goes-on";

impl Prober {
    /// `parallel-1` …, fewer where `connect` saw HTTP/2, in which clients have all their streams on one connection: all of them are open before the
    /// first is left, and they are left when each has sent an event, or the time is up.
    pub(super) async fn parallel(&self, connect: &Observation) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Parallel) {
            return nothing;
        }
        let stream = connect.response("stream").ok();
        let in_http2 = stream.is_some_and(|stream| stream.version == "HTTP/2");
        let count = match self.settings.manner {
            Manner::Gentle if in_http2 => IN_HTTP2,
            manner => streams(manner),
        };
        match self.may_ask(2 * count) {
            true => self.room().await,
            // There is no second try.
            false => self.until_noticed().await,
        }
        let mut observation = self.open_together(count).await;
        let flows = self
            .arrivals_expected(connect)
            .is_some_and(|expected| expected > 0);
        let exchanges = &observation.exchanges;
        let again = exchanges.iter().any(is_refused) || flows && exchanges.iter().all(is_silent);
        if again && self.may_ask(count) {
            // Their places, or their turn, may have been taken by clients that had left before.
            self.until_noticed().await;
            observation = self.open_together(count).await;
        }
        if stream.is_some_and(|stream| stream.end == End::Left(Stop::Time)) {
            observation
                .facts
                .insert(GOES_ON.to_owned(), "yes".to_owned());
        }
        observation
    }

    /// So many streams, all of which are open before the first is left.
    async fn open_together(&self, count: usize) -> Observation {
        let names: Vec<String> = (1..=count)
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

/// Whether a stream was opened and nothing came on it.
fn is_silent(exchange: &Exchange) -> bool {
    (exchange.response())
        .is_ok_and(|response| response.is_event_stream() && response.body.bytes.is_empty())
}

/// Whether another answer came than a stream; who waits may still get one.
fn is_refused(exchange: &Exchange) -> bool {
    !exchange.is_event_stream() && !exchange.is_unanswered()
}
