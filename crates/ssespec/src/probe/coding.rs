//! The stream with a content coding offered, and with none.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::coding::{self, KNOWN};
use crate::observation::{End, Exchange, Observation, Response, Stop};
use crate::transcript::Transcript;

/// So many events are read of a stream, if they come in time: the end of a short one is to be seen.
const EVENTS: usize = 12;

/// So many times as long a stream is read once more.
const LONGER: u32 = 3;

/// What came so long before the end of a stream had time enough, in microseconds.
const LONG_BEFORE: u64 = 300_000;

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

    /// Adds `gzip-whole` … and `identity-whole` to what was seen of codings, read at the same time: of a stream that ends and was not read to its end, whether
    /// the coded data end with it shows only there; and of one that goes on and lacked an event in a coding, whether it comes too late.
    pub(super) async fn coded_for_longer(&self, connect: &Observation, coding: &mut Observation) {
        let Ok(stream) = connect.response("stream") else {
            return;
        };
        let is_cut = |one: &Response| match one.end {
            End::Left(_) if stream.end == End::Complete => true,
            End::Left(Stop::Time) => lacks_an_event(one, coding.response(PLAIN).ok()),
            _ => false,
        };
        let is_coded = |one: &Response| one.is_event_stream() && !one.content_codings().is_empty();
        let cut = KNOWN.into_iter().filter(|name| {
            let response = coding.response(name);
            response.is_ok_and(|one| is_coded(one) && is_cut(one))
        });
        let mut names: Vec<_> = cut.collect();
        if names.is_empty() {
            return;
        }
        names.push(PLAIN);
        let time = match stream.end {
            End::Complete => self.brief() + 2 * Duration::from_micros(stream.ended_at),
            _ => LONGER * self.brief(),
        };
        let rules = briefly(time, usize::MAX);
        // At the same time, or they could not be compared.
        let _slots = self.slots(names.len()).await;
        let longer = join_all(names.into_iter().map(async |name| {
            let ask =
                Ask::stream(name, self).header(ACCEPT_ENCODING, HeaderValue::from_static(name));
            let mut exchange = self.open(ask).await.read(self, Some(&rules)).await;
            exchange.name = whole_of(name);
            exchange
        }));
        coding.exchanges.extend(longer.await);
    }
}

/// Whether an event that came without a coding, long before the end, cannot be read in the `coded` stream beside it.
fn lacks_an_event(coded: &Response, plain: Option<&Response>) -> bool {
    let (Some(plain), Some(Ok(decoded))) = (plain, coding::decode(coded)) else {
        return false;
    };
    let came = Transcript::read(&decoded.body).events;
    let due = Transcript::of(plain).events.into_iter();
    let mut due = due.filter(|event| event.at + LONG_BEFORE <= coded.ended_at);
    due.any(|event| !came.iter().any(|one| one.is_like(&event)))
}

/// What the exchange is called that reads the stream in this coding to its end, or for longer.
pub(crate) fn whole_of(coding: &str) -> String {
    format!("{coding}-whole")
}

/// A request for the head of the stream that refuses all codings.
fn refusing(prober: &Prober) -> Ask<'static> {
    Ask::stream(REFUSED, prober).header(ACCEPT_ENCODING, HeaderValue::from_static(REFUSING))
}
