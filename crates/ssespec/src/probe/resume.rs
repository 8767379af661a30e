//! Comes back with the ids of events that were seen, and sees what follows each of them.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::HeaderValue;
use tokio::time::Instant;

use super::Prober;
use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::order::is_crowded_out;
use super::watch::briefly;
use super::with_id::is_quiet;
use crate::arrivals::MANY;
use crate::check::Probe;
use crate::header::Header;
use crate::observation::{End, Exchange, Observation, Response, Stop};
use crate::transcript::Transcript;

/// How many events before the end of the first stream the client pretends to have been cut off.
const BEHIND: usize = 3;

/// How many events are read beyond those that were missed and those that came since: the place where a replay goes over to live events is among them.
const BEYOND: usize = 4;

/// A stream that brings so many events in the time for which a reconnection is read may be expected to bring some of them there.
const LIVELY: usize = 4;

/// So many events of a slow stream are waited for: one more than show that it goes on.
const SLOWLY: u32 = MANY as u32 + 1;

/// More than what stands behind the earliest cut is not needed.
const MOST_EVENTS: usize = 40;

impl Prober {
    /// `first` is the stream that `connect` saw. `resumed-1` … come back with the ids in the facts of the same name: after the last but three, after
    /// the last but one, and after the first of its events. `again` has the id of `resumed-1` after a connection that was lost before it brought an
    /// event, in HTTP/1.1 under the name of the header as browsers write it, and not in lower case.
    /// Where all that did not bring as much as was waited for fell silent, and the first stream had not, once more beside a client without an id:
    /// [`with_and_without`](Self::with_and_without). The stream was `left` some time ago.
    pub(super) async fn resume(&self, connect: &Observation, left: Instant) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Resume) {
            return nothing;
        }
        self.room().await;
        let (first, stream) = match (connect.exchange("stream"), connect.stream("stream")) {
            (Ok(first), Ok(stream)) => (first, stream),
            (Err(why), _) | (_, Err(why)) => return Observation::nothing(Probe::Resume, why.0),
        };
        let transcript = Transcript::of(stream);
        let ids = transcript.ids().into_iter();
        let ids: Vec<String> = ids.map(|event| event.last_event_id.clone()).collect();
        let since = stream.expected(transcript.events.len(), left.elapsed());
        let live = BEYOND + since.min(MOST_EVENTS);
        let Some(last) = ids.len().checked_sub(1).filter(|last| *last > 0) else {
            let why = format!(
                "{} of the events seen have an id of their own, 2 are needed",
                ids.len()
            );
            return Observation::nothing(Probe::Resume, why);
        };
        let mut places = vec![last.saturating_sub(BEHIND), last - 1, 0];
        places.dedup();
        if places.len() == 3 && places[2] == places[0] {
            places.pop();
        }
        let mut observation = Observation::of(
            Probe::Resume,
            vec![Exchange {
                name: "first".to_owned(),
                ..first.clone()
            }],
        );
        let mut cuts = Vec::new();
        for (number, place) in (1..).zip(places) {
            let Ok(value) = HeaderValue::from_bytes(ids[place].as_bytes()) else {
                return Observation::nothing(
                    Probe::Resume,
                    "the id cannot be sent back in a header",
                );
            };
            let name = format!("resumed-{number}");
            observation.facts.insert(name.clone(), ids[place].clone());
            cuts.push((name, value, (last - place + live).min(MOST_EVENTS)));
        }
        let come_back = async |(name, value, events): &(String, HeaderValue, usize)| {
            let ask = Ask::stream(name, self).header(LAST_EVENT_ID, value.clone());
            self.ask(ask, Some(&briefly(self.brief(), *events))).await
        };
        let (_, value, events) = &cuts[0];
        let resumed = join_all(cuts.iter().map(come_back));
        let (mut resumed, mut again) = tokio::join!(resumed, self.second_drop(value, *events));
        // One after the other, where a server does not take several at the same time, or ends the stream of who is one too many.
        let goes_on = stream.end != End::Complete;
        let is_over = |one: &Exchange| {
            one.is_event_stream() && one.response().is_ok_and(|one| one.end == End::Complete)
        };
        let needs_room = |one: &Exchange| is_crowded_out(one) || goes_on && is_over(one);
        for (exchange, cut) in resumed.iter_mut().zip(&cuts) {
            if needs_room(exchange) {
                self.until_noticed().await;
                *exchange = come_back(cut).await;
            }
        }
        if needs_room(&again) {
            self.until_noticed().await;
            again = self.second_drop(value, *events).await;
        }
        observation.exchanges.extend(resumed);
        observation.exchanges.push(again);
        let is_full = |one: &Response| one.end == End::Left(Stop::Events);
        let responses = observation.exchanges[1..]
            .iter()
            .map(|one| one.response().ok());
        let in_vain: Vec<_> = responses.filter(|one| !one.is_some_and(is_full)).collect();
        let silent = !in_vain.is_empty() && in_vain.iter().all(|one| one.is_some_and(is_quiet));
        let is_empty = |one: &Response| Transcript::of(one).events.is_empty();
        let empty = in_vain.iter().all(|one| one.is_some_and(is_empty));
        let came = transcript.events.len();
        let longer = match stream.expected(came, self.brief()) {
            LIVELY.. => Some(2 * self.brief()),
            // On a slow stream only that nothing came at all is worth waiting for the next ones: there is one that was due before four fifths of the time.
            _ if empty && stream.expected(came, self.brief() * 4 / 5) > 0 => {
                let between = stream.lasted() / came.max(1) as u64;
                Some(Duration::from_micros(between) * SLOWLY)
            }
            _ => None,
        };
        if let Some(time) = longer.filter(|_| silent && !is_quiet(stream)) {
            let both = self.with_and_without(cuts[0].1.clone(), time).await;
            observation.exchanges.extend(both);
        }
        let id = ids[last.saturating_sub(BEHIND)].clone();
        observation.facts.insert("again".to_owned(), id);
        observation
    }

    /// Comes back, is cut off before anything came, and comes back with the same id.
    async fn second_drop(&self, id: &HeaderValue, events: usize) -> Exchange {
        let ask = |name| Ask::stream(name, self).header(LAST_EVENT_ID, id.clone());
        let dropped = self.ask(ask("dropped"), None).await;
        let rules = briefly(self.brief(), events);
        let spelt = Header {
            name: "Last-Event-ID".to_owned(),
            value: id.as_bytes().to_owned(),
        };
        let with = |headers: &mut Vec<Header>| headers.push(spelt.clone());
        let http1 = dropped
            .response()
            .is_ok_and(|response| response.version == "HTTP/1.1");
        let by_hand = match http1 {
            true => {
                let ask = Ask::stream("again", self);
                self.http1_ask(&ask, "HTTP/1.1", with, Some(&rules))
                    .await
                    .ok()
            }
            false => None,
        };
        let by_hand = by_hand.map(|wire| wire.exchange);
        let is_led = |response: &Response| (300..400).contains(&response.status);
        match by_hand.filter(|exchange| !exchange.response().is_ok_and(is_led)) {
            Some(exchange) => exchange,
            // What is done by hand is not led anywhere.
            None => self.ask(ask("again"), Some(&rules)).await,
        }
    }
}
