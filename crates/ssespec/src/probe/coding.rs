//! The stream with a content coding offered, and with none.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::coding::KNOWN;
use crate::observation::{End, Exchange, Observation, Response, Stop};

/// So many events are read of a stream, if they come in time: the end of a short one is to be seen.
const EVENTS: usize = 12;

/// No coding is offered.
pub(crate) const PLAIN: &str = "identity";

/// All codings are refused.
pub(crate) const REFUSED: &str = "refused";
pub(crate) const REFUSING: &str = "gzip;q=0, br;q=0, zstd;q=0";

/// The same as without a coding, after a request that was not answered.
pub(crate) const AGAIN: &str = "identity-again";

impl Prober {
    /// `identity` offers none; `gzip`, `br` and `zstd` offer one each. They are read side by side, so that one can be held against the other. What is not
    /// answered is asked for once more alone, and after it `identity-again`: it tells a compressor that waits from a server that has no place. Where one
    /// is used, `refused` refuses all of them.
    pub(super) async fn coding(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Coding) {
            return nothing;
        }
        let rules = briefly(self.brief(), EVENTS);
        let ask = async |name, coding| {
            let ask =
                Ask::stream(name, self).header(ACCEPT_ENCODING, HeaderValue::from_static(coding));
            self.open(ask).await.read(self, Some(&rules)).await
        };
        // All at the same time, or they could not be compared.
        let _slots = self.slots(1 + KNOWN.len()).await;
        let plain = ask(PLAIN, PLAIN);
        let coded = join_all(KNOWN.map(|coding| ask(coding, coding)));
        let (plain, mut coded) = tokio::join!(plain, coded);
        let mut again = None;
        let is_there = |one: &Exchange| one.response().is_ok();
        // A server that serves few streams at a time answers none of those beside the first.
        let served = is_there(&plain) && coded.iter().any(is_there);
        for (exchange, coding) in coded.iter_mut().zip(KNOWN) {
            if served && exchange.is_unanswered() {
                *exchange = ask(coding, coding).await;
                again = Some(ask(AGAIN, PLAIN).await);
            }
        }
        let is_coded = |one: &Exchange| {
            one.response()
                .is_ok_and(|one| !one.content_codings().is_empty())
        };
        let refused = match coded.iter().any(is_coded) {
            true => Some(self.open(refusing(self)).await.read(self, None).await),
            false => None,
        };
        let exchanges = [plain].into_iter().chain(coded).chain(again).chain(refused);
        Observation::of(Probe::Coding, exchanges.collect())
    }

    /// Adds `gzip-whole` … and `identity-whole` to what was seen of codings: a stream that ends was not read to its end, if it is long, and whether the
    /// coded data end with it shows only there.
    pub(super) async fn coded_to_the_end(&self, connect: &Observation, coding: &mut Observation) {
        let Some(whole) = connect
            .response("stream")
            .ok()
            .filter(|whole| whole.end == End::Complete)
        else {
            return;
        };
        let time = self.brief() + 2 * Duration::from_micros(whole.ended_at);
        let is_left = |one: &Response| {
            one.is_event_stream()
                && !one.content_codings().is_empty()
                && one.end == End::Left(Stop::Events)
        };
        let left = KNOWN.into_iter();
        let mut names: Vec<_> = left
            .filter(|name| coding.response(name).is_ok_and(is_left))
            .collect();
        if !names.is_empty() {
            names.push(PLAIN);
        }
        for name in names {
            let ask =
                Ask::stream(name, self).header(ACCEPT_ENCODING, HeaderValue::from_static(name));
            let mut exchange = self.ask(ask, Some(&briefly(time, usize::MAX))).await;
            exchange.name = whole_of(name);
            coding.exchanges.push(exchange);
        }
    }
}

/// What the exchange is called that reads the stream in this coding to its end.
pub(crate) fn whole_of(coding: &str) -> String {
    format!("{coding}-whole")
}

/// A request for the head of the stream that refuses all codings.
fn refusing(prober: &Prober) -> Ask<'static> {
    Ask::stream(REFUSED, prober).header(ACCEPT_ENCODING, HeaderValue::from_static(REFUSING))
}
