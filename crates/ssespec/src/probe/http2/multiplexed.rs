//! Several streams on one connection, of which one is not read.

use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, What};
use super::{NOT_OFFERED, reset};
use crate::check::Probe;
use crate::observation::{Answer, End, Exchange, Failure, Observation, Request, Response, Stop};
use crate::probe::ask::Ask;
use crate::probe::watch::micros;
use crate::probe::wire::is_no_agreement;
use crate::probe::{Prober, streams};

/// What a stream that is read may send, in bytes (1 MiB).
const WINDOW: u32 = 1 << 20;

/// The most that is kept of each, in bytes (64 KiB).
const KEPT: usize = 64 << 10;

/// So many streams show whether they flow where none of them is held up.
const FEW: usize = 3;

/// So many times bytes must come on a stream before it is said to flow.
pub(crate) const FLOWING: usize = 4;

/// One connection with several streams on it.
struct Streams {
    names: Vec<String>,
    seen: Vec<State>,
    started: Instant,
}

/// What was seen of one stream.
enum State {
    Waiting,
    Open(Response),
    Over(Answer),
}

impl Prober {
    /// `stalled-1` …: streams on one connection, of which the first may not send a byte of its body until the fact `released`, a time in
    /// microseconds. Where the others were silent before that, and not behind it, or had no head, `open-1` …: the same without a stalled one. The fact `most` is how
    /// many the server takes. How long they are waited for depends on how often bytes came on the stream that `connect` saw.
    pub(in crate::probe) async fn multiplexed(&self, connect: &Observation) -> Observation {
        if let Some(nothing) = self.no_http2(Probe::Multiplexed) {
            return nothing;
        }
        let count = streams(self.settings.manner);
        let expected = self.arrivals_expected(connect);
        let wanted = expected.map_or(FLOWING, |expected| expected.min(FLOWING));
        let _slots = self.slots(count).await;
        let mut observation = Observation::of(Probe::Multiplexed, Vec::new());
        match self
            .side_by_side("stalled", (count, wanted), true, &mut observation)
            .await
        {
            Ok(false) => {}
            Ok(true) => {
                let again = self.side_by_side("open", (FEW, wanted), false, &mut observation);
                if let Err(why) = again.await {
                    observation.facts.insert("open".to_owned(), why.to_string());
                }
            }
            Err(why) if is_no_agreement(&why) => {
                return Observation::nothing(Probe::Multiplexed, NOT_OFFERED);
            }
            Err(why) => return Observation::nothing(Probe::Multiplexed, why.to_string()),
        }
        observation
    }

    /// Opens `count` streams and waits until bytes have come `wanted` times on each that is read, or the time is up; returns whether it looks as if a
    /// stalled one had held up the others.
    async fn side_by_side(
        &self,
        name: &str,
        (count, wanted): (usize, usize),
        stalled: bool,
        observation: &mut Observation,
    ) -> Result<bool, Failure> {
        let patience = self.head_patience();
        let opening = async {
            let mut connection = self.http2_connection(Some(0), &mut None).await?;
            let most = connection.most_streams().await?;
            Ok((connection, most))
        };
        let opened = tokio::time::timeout(patience, opening).await;
        let (mut connection, most) = opened.map_err(|_| Failure::Timeout)??;
        let taken = most.map_or(count, |most| count.min(most as usize));
        if let Some(most) = most {
            observation
                .facts
                .insert("most".to_owned(), most.to_string());
        }
        let ask = Ask::stream(name, self);
        let headers = self.http2_headers(&ask);
        let mut streams = Streams {
            names: (1..=taken)
                .map(|number| format!("{name}-{number}"))
                .collect(),
            seen: (0..taken).map(|_| State::Waiting).collect(),
            started: Instant::now(),
        };
        for place in 0..taken {
            self.begin_request()?;
            let body = ask.body.as_deref().unwrap_or_default();
            connection.request(number(place), &headers, body).await?;
            if place > 0 || !stalled {
                connection.grant(number(place), WINDOW).await?;
            }
        }
        let read = usize::from(stalled)..taken;
        let flow = |place| if read.contains(&place) { 1 + wanted } else { 0 };
        let broken = streams.wait(self, &mut connection, flow).await;
        let mut looks_held_up = false;
        if stalled && broken.is_ok() && taken > 0 {
            let released = micros(streams.started);
            observation
                .facts
                .insert("released".to_owned(), released.to_string());
            let flowing = (1..taken).any(|place| streams.came(place) > FLOWING);
            let silent = streams.silent_before(released) >= released / 2;
            let perhaps = wanted > 0 && !flowing && silent;
            // A head may wait for the window as well.
            if perhaps || streams.are_waiting() {
                let before: Vec<_> = (0..taken).map(|place| streams.came(place)).collect();
                let one_more = |place: usize| before[place].saturating_add(1);
                if connection.grant(number(0), WINDOW).await.is_ok() {
                    let _ = streams.wait(self, &mut connection, one_more).await;
                }
                let moved = (1..taken).any(|place| streams.came(place) >= one_more(place));
                looks_held_up = perhaps && moved || streams.are_waiting();
            }
        }
        let request = self.http2_request(&ask, &headers);
        let exchanges = streams.exchanges(&request, broken.err());
        observation.exchanges.extend(exchanges);
        Ok(looks_held_up)
    }
}

impl Streams {
    /// For how long nothing had come on any of them at the time `at`, both in microseconds.
    fn silent_before(&self, at: u64) -> u64 {
        let arrivals = self.seen.iter().flat_map(|state| match state {
            State::Open(response) | State::Over(Answer::Response(response)) => {
                response.body.arrivals.as_slice()
            }
            _ => &[],
        });
        let before = arrivals.map(|arrival| arrival.at).filter(|came| *came < at);
        at - before.max().unwrap_or_default()
    }

    /// Whether one of them has no head.
    fn are_waiting(&self) -> bool {
        let waits = |state: &State| matches!(state, State::Waiting);
        self.seen.iter().any(waits)
    }

    /// What came of each, after the connection broke because of `broken`.
    fn exchanges(self, request: &Request, broken: Option<Failure>) -> Vec<Exchange> {
        let ended = micros(self.started);
        let answer = |state| match (state, &broken) {
            (State::Waiting, broken) => Answer::Nothing {
                why: broken.clone().unwrap_or(Failure::Timeout),
                after: ended,
            },
            (State::Over(answer), _) => answer,
            (State::Open(mut response), broken) => {
                response.ended_at = ended;
                if let Some(why) = broken {
                    response.end = End::Aborted(why.to_string());
                }
                Answer::Response(response)
            }
        };
        let named = self.names.into_iter().zip(self.seen);
        named
            .map(|(name, state)| Exchange {
                name,
                request: request.clone(),
                answer: answer(state),
            })
            .collect()
    }

    /// Reads until something has come `wanted` times on each stream, or the time is up.
    async fn wait(
        &mut self,
        prober: &Prober,
        connection: &mut Connection,
        wanted: impl Fn(usize) -> usize,
    ) -> Result<(), Failure> {
        let until = Instant::now() + prober.brief();
        while (0..self.seen.len()).any(|place| self.came(place) < wanted(place)) {
            let Ok(incoming) = timeout_at(until, connection.next()).await else {
                return Ok(());
            };
            let incoming = incoming?;
            let at = micros(self.started);
            let place = (incoming.stream / 2) as usize;
            let Some(state) = self.seen.get_mut(place) else {
                continue;
            };
            match (incoming.what, &mut *state) {
                (What::Fields(fields), State::Waiting) => {
                    *state = match prober.http2_response(fields, at) {
                        Ok(response) => State::Open(response),
                        Err(why) => State::Over(Answer::Nothing { why, after: at }),
                    };
                }
                (What::Data(bytes, length), State::Open(response)) => {
                    response.body.push(&bytes, at, KEPT);
                    if length > 0 {
                        connection.grant(0, length).await?;
                    }
                }
                (What::Reset(code), State::Waiting) => {
                    *state = State::Over(Answer::Nothing {
                        why: reset(code),
                        after: at,
                    });
                }
                (What::Reset(code), State::Open(response)) => {
                    response.end = End::Aborted(reset(code).to_string());
                }
                _ => {}
            }
            if incoming.ended
                && let State::Open(response) = state
            {
                if response.end == End::Left(Stop::Seen) {
                    response.end = End::Complete;
                }
                response.ended_at = at;
                *state = State::Over(Answer::Response(response.clone()));
            }
        }
        Ok(())
    }

    /// How many times something came on a stream, its head first; as often as anybody wants on one that is over.
    fn came(&self, place: usize) -> usize {
        match &self.seen[place] {
            State::Waiting => 0,
            State::Open(response) => 1 + response.body.arrivals.len(),
            State::Over(_) => usize::MAX,
        }
    }
}

/// The number of the stream in this place.
fn number(place: usize) -> u32 {
    u32::try_from(2 * place + 1).unwrap_or(u32::MAX)
}
