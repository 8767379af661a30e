//! Comes back as clients do: at once, after the time that `retry` says, after the end of the stream, and in a storm.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use reqwest::header::HeaderValue;
use sse_parser::{Line, retry_value};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};

use super::Prober;
use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::{End, Exchange, Observation};
use crate::settings::Manner;
use crate::transcript::Transcript;

/// How often the client comes back at once.
const AT_ONCE: usize = 3;
/// How often it does so in a storm.
const STORM: usize = 20;
/// How many clients of a storm ask at the same time.
const STORM_AT_ONCE: usize = 10;
/// How many connections are reset.
const ABORTS: usize = 200;
/// A longer `retry` is not waited for.
const LONGEST_RETRY: Duration = Duration::from_secs(2);

impl Prober {
    /// `stream` is what `connect` saw. `at-once-1` … are opened and left one after the other, `at-retry` after the reconnection time of the stream,
    /// if that is short. If the stream ended by itself, `after-end` comes back with its last id. `storm-1` … only with `--stress`.
    pub(super) async fn come_back(&self, connect: &Observation) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::ComeBack) {
            return nothing;
        }
        let (Ok(response), Ok(stream)) = (connect.stream("stream"), connect.exchange("stream"))
        else {
            return Observation::nothing(Probe::ComeBack, "the response is not an event stream");
        };
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
        for number in 1..=AT_ONCE {
            exchanges.push(self.look_in(&format!("at-once-{number}")).await);
        }
        let retry = transcript.lines().filter_map(|line| match line.line {
            Line::Field {
                name: b"retry",
                value,
            } => retry_value(value),
            _ => None,
        });
        if let Some(retry) = retry.last().filter(|retry| *retry <= LONGEST_RETRY) {
            sleep(retry).await;
            exchanges.push(self.look_in("at-retry").await);
        }
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

    /// `abort-1` …: connections that are reset as soon as the request is out; then `after`, which stays for an event.
    pub(super) async fn aborts(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Aborts) {
            return nothing;
        }
        if self.settings.manner != Manner::Stress {
            return Observation::nothing(Probe::Aborts, "only with --stress");
        }
        let aborted = futures_util::stream::iter(0..ABORTS)
            .map(|_| self.abort_one())
            .buffer_unordered(STORM_AT_ONCE)
            .filter(|aborted| std::future::ready(*aborted))
            .count()
            .await;
        let after = self
            .ask(Ask::stream("after", self), Some(&briefly(self.brief(), 1)))
            .await;
        let mut observation = Observation::of(Probe::Aborts, vec![after]);
        observation
            .facts
            .insert("aborted".to_owned(), aborted.to_string());
        observation
    }

    /// Sends the request and resets the connection; whether it got that far.
    async fn abort_one(&self) -> bool {
        let _slot = self.slot().await;
        self.count_request();
        let (bytes, _) = self.written(&Ask::stream("abort", self), "HTTP/1.1", |_| {});
        let aborting = async {
            let mut socket = self.connect_tcp().await?;
            socket.set_zero_linger()?;
            socket.write_all(&bytes).await
        };
        matches!(timeout(self.head_patience(), aborting).await, Ok(Ok(())))
    }

    /// Opens the stream and leaves with its head.
    async fn look_in(&self, name: &str) -> Exchange {
        self.ask(Ask::stream(name, self), None).await
    }
}
