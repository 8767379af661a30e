//! Comes back as clients do: at once, after the time that `retry` says, after the end of the stream, and in a storm.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use reqwest::header::HeaderValue;
use sse_parser::{Line, retry_value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::leave::{PATIENCE, held_by_server};
use super::sockets::Held;
use super::watch::briefly;
use super::wire::is_no_agreement;
use super::{ProbeError, Prober, sockets};
use crate::check::Probe;
use crate::observation::{End, Exchange, Observation};
use crate::settings::Manner;
use crate::transcript::Transcript;

/// How often the client comes back at once.
const AT_ONCE: usize = 2;
/// How often it does so in a storm.
const STORM: usize = 20;
/// How many clients of a storm ask at the same time.
const STORM_AT_ONCE: usize = 10;
/// How many connections are reset.
const ABORTS: usize = 200;
/// How often the server's sockets are counted.
const LOOK: Duration = Duration::from_millis(250);
/// A longer `retry` is not waited for.
const LONGEST_RETRY: Duration = Duration::from_secs(2);

impl Prober {
    /// `at-once-1` …: opened and left one after the other.
    pub(super) async fn at_once(&self) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        for number in 1..=AT_ONCE {
            exchanges.push(self.look_in(&format!("at-once-{number}")).await);
        }
        exchanges
    }

    /// `stream` is what `connect` saw, `at-once-1` … those who were let in `beside` it; where not all of them were, they come back alone. If the stream
    /// ended by itself, `after-end` comes back with its last id. `storm-1` … only with `--stress`.
    pub(super) async fn come_back(
        &self,
        connect: &Observation,
        beside: Vec<Exchange>,
    ) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::ComeBack) {
            return nothing;
        }
        let (Ok(response), Ok(stream)) = (connect.stream("stream"), connect.exchange("stream"))
        else {
            return Observation::nothing(Probe::ComeBack, "the response is not an event stream");
        };
        self.room().await;
        let transcript = Transcript::of(response);
        let mut exchanges = vec![stream.clone()];
        if response.end == End::Complete {
            let mut ask = Ask::stream("after-end", self);
            let id = transcript.events.last().map(|event| &event.last_event_id);
            if let Some(Ok(id)) = id
                .filter(|id| !id.is_empty())
                .map(|id| HeaderValue::from_bytes(id.as_bytes()))
            {
                ask = ask.header(LAST_EVENT_ID, id);
            }
            let rules = briefly(self.brief(), transcript.events.len().max(1));
            exchanges.push(self.ask(ask, Some(&rules)).await);
        }
        exchanges.extend(
            match beside.len() == AT_ONCE && beside.iter().all(Exchange::is_event_stream) {
                true => beside,
                false => self.at_once().await,
            },
        );
        if self.settings.manner == Manner::Stress {
            let names: Vec<_> = (1..=STORM)
                .map(|number| format!("storm-{number}"))
                .collect();
            for names in names.chunks(STORM_AT_ONCE) {
                exchanges.extend(join_all(names.iter().map(|name| self.look_in(name))).await);
            }
        }
        Observation::of(Probe::ComeBack, exchanges)
    }

    /// Adds `at-retry` to what was seen of coming back: a client whose connection was lost when the stream was `left`, and that waited for as long as the
    /// stream says, if that is short. Other things are done in the meantime.
    pub(super) async fn come_back_at_retry(&self, left: Instant, seen: &mut Observation) {
        let Ok(response) = seen.stream("stream") else {
            return;
        };
        let retry = Transcript::of(response)
            .lines()
            .filter_map(|line| match line.line {
                Line::Field {
                    name: b"retry",
                    value,
                } => retry_value(value),
                _ => None,
            })
            .last();
        if let Some(retry) = retry.filter(|retry| *retry <= LONGEST_RETRY) {
            sleep_until(left + retry).await;
            seen.exchanges.push(self.look_in("at-retry").await);
        }
    }

    /// `abort-1` …: connections that are reset, half of them as soon as the request is out, half when the answer begins; then `after`, which stays for
    /// an event. The facts say how many were `aborted`, of how many the server's socket was `seen` from here and how many of those are still `held`,
    /// and by how much the `gauge` has gone up.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Gauge`] if no number can be read there any more.
    pub(super) async fn aborts(&self) -> Result<Observation, ProbeError> {
        if let Some(nothing) = self.may_repeat(Probe::Aborts) {
            return Ok(nothing);
        }
        if self.settings.manner != Manner::Stress {
            return Ok(Observation::nothing(Probe::Aborts, "only with --stress"));
        }
        let before = self.read_gauge().await?;
        let aborted: Vec<_> = futures_util::stream::iter(0..ABORTS)
            .map(|number| self.abort_one(number % 2 == 0))
            .buffer_unordered(STORM_AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await;
        let after = self
            .ask(Ask::stream("after", self), Some(&briefly(self.brief(), 1)))
            .await;
        let mut observation = Observation::of(Probe::Aborts, vec![after]);
        let mut tell =
            |fact: &str, number: String| drop(observation.facts.insert(fact.to_owned(), number));
        tell("aborted", aborted.len().to_string());
        let seen: Vec<Held> = aborted.into_iter().flatten().collect();
        tell("seen", seen.len().to_string());
        tell("held", self.still_held(seen).await.to_string());
        if let Some(before) = before {
            let now = self.until(|number| number <= before).await?;
            tell("gauge", (now - before).to_string());
        }
        Ok(observation)
    }

    /// Sends the request and resets the connection, at once or when the answer begins. `None` if it did not get that far; the server's socket where
    /// that was seen.
    async fn abort_one(&self, at_once: bool) -> Option<Option<Held>> {
        let _slot = self.slot().await;
        self.begin_request().ok()?;
        let (bytes, _) = self.written(&Ask::stream("abort", self), "HTTP/1.1", |_| {});
        let mut ends = None;
        let aborting = async {
            let http1 = match self.speaks_only_http2() {
                true => None,
                false => match self.socket(b"http/1.1", &mut ends).await {
                    Err(why) if is_no_agreement(&why) => None,
                    socket => Some(socket.ok()?),
                },
            };
            let Some(mut socket) = http1 else {
                let begun = self.http2_begun(at_once, &mut ends).await?;
                begun.0.tcp().set_zero_linger().ok()?;
                return Some(begun);
            };
            socket.tcp().set_zero_linger().ok()?;
            socket.write_all(&bytes).await.ok()?;
            let mut first = [0];
            let answered = timeout(self.brief() / 4, socket.read(&mut first));
            let answered = !at_once && matches!(answered.await, Ok(Ok(1..)));
            Some((socket, answered))
        };
        let (socket, answered) = timeout(self.head_patience(), aborting).await.ok()??;
        let held = match ends.filter(|_| answered) {
            Some(ends) => held_by_server(ends).await,
            None => None,
        };
        drop(socket);
        Some(held)
    }

    /// How many of these sockets the server still has after the time in which it has to let go.
    async fn still_held(&self, sockets: Vec<Held>) -> usize {
        let sockets = Arc::new(sockets);
        let until = Instant::now() + self.settings.scaled(PATIENCE);
        loop {
            let sockets = Arc::clone(&sockets);
            let looking = spawn_blocking(move || sockets::still_held(&sockets));
            let held = looking.await.unwrap_or_default();
            if held == 0 || Instant::now() >= until {
                return held;
            }
            sleep(LOOK).await;
        }
    }

    /// Opens the stream and leaves with its head.
    pub(super) async fn look_in(&self, name: &str) -> Exchange {
        self.ask(Ask::stream(name, self), None).await
    }
}
