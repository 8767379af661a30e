//! Ends a server that is ours to end, with a stream open, starts it again and comes back.

use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout};

use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::watch::{briefly, micros};
use super::wire::Wire;
use super::{Prober, Seen};
use crate::check::Probe;
use crate::observation::{Exchange, Observation, Response};
use crate::process::Process;
use crate::transcript::Transcript;

/// How long a server may take to end: as long as container runtimes wait before they kill.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many events are read before and after.
const EVENTS: usize = 5;

/// The last chunk of a body in chunks.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

impl Prober {
    /// Ends `process`, starts it again, and adds what comes of that to what was `seen` before.
    pub async fn owned(&self, process: &mut Process, seen: &mut Seen) {
        let nothing = match seen.observations.get(&Probe::Connect) {
            _ if seen.died => Some("the target was gone before it was asked to end".to_owned()),
            _ if self.settings.only_replay => Some("there is only a replay endpoint".to_owned()),
            None => Some("the stream was not looked at".to_owned()),
            Some(connect) => connect.stream("stream").err().map(|why| why.0),
        };
        let nothing = nothing.or_else(|| self.settings.may_repeat().err());
        let [shutdown, restart] = match nothing {
            Some(why) => {
                [Probe::Shutdown, Probe::Restart].map(|probe| Observation::nothing(probe, &why[..]))
            }
            None => {
                let before = self.read_some("before", None).await;
                let shutdown = self.shutdown(process).await;
                let first = seen.observations[&Probe::Connect].exchange("stream");
                let first = first.expect("it was looked at above").clone();
                [shutdown, self.restart(process, first, before).await]
            }
        };
        seen.observations.insert(Probe::Shutdown, shutdown);
        seen.observations.insert(Probe::Restart, restart);
        seen.requests = self.requests.load(std::sync::atomic::Ordering::Relaxed);
    }

    /// `stream` is open while the server is asked to end. The facts: `stream` is `complete`, `cut` or `open`, and `stream-ms` when it was over;
    /// `process` is `ended` or `runs`, and `process-ms` when it had ended; of one that runs, `after-leaving` says the same of the time after the
    /// client has left.
    async fn shutdown(&self, process: &mut Process) -> Observation {
        let rules = briefly(self.brief(), 1);
        let ask = Ask::stream("stream", self);
        let asked = self.http1_ask(&ask, "HTTP/1.1", |_| {}, Some(&rules));
        let Ok(mut wire) = asked.await else {
            return Observation::nothing(Probe::Shutdown, "only seen on HTTP/1");
        };
        let patience = self.settings.scaled(PATIENCE);
        let started = Instant::now();
        process.ask_to_end();
        let (stream, ended) = tokio::join!(
            async {
                let end = timeout(patience, to_the_end(&mut wire)).await;
                (end.unwrap_or("open"), micros(started))
            },
            async { (process.ended(patience).await, micros(started)) }
        );
        wire.socket = None;
        let mut observation = Observation::of(Probe::Shutdown, vec![wire.exchange]);
        let mut tell =
            |fact: &str, text: String| drop(observation.facts.insert(fact.to_owned(), text));
        let state = |ended: bool| if ended { "ended" } else { "runs" }.to_owned();
        tell("stream", stream.0.to_owned());
        tell("stream-ms", (stream.1 / 1_000).to_string());
        tell("process", state(ended.0));
        tell("process-ms", (ended.1 / 1_000).to_string());
        if !ended.0 {
            let after = process.ended(self.brief()).await;
            tell("after-leaving", state(after));
        }
        observation
    }

    /// `first` and `before` are from before; `resumed` comes back with the last id of `before`, `fresh` without one. The fact `start` says why the
    /// server did not start again, the fact `id` what the last id was.
    async fn restart(
        &self,
        process: &mut Process,
        first: Exchange,
        before: Exchange,
    ) -> Observation {
        let id = before.response().ok().and_then(|response| {
            let transcript = Transcript::of(response);
            let last = transcript.ids().pop()?;
            Some(last.last_event_id.clone())
        });
        let first = Exchange {
            name: "first".to_owned(),
            ..first
        };
        let mut observation = Observation::of(Probe::Restart, vec![first, before]);
        if let Err(error) = process.start_again().await {
            observation
                .facts
                .insert("start".to_owned(), error.to_string());
            return observation;
        }
        // At the same time: what is counted anew has not come far.
        let (fresh, resumed) = tokio::join!(self.read_some("fresh", None), async {
            Some(self.read_some("resumed", Some(id.as_deref()?)).await)
        });
        observation.exchanges.push(fresh);
        observation.exchanges.extend(resumed);
        observation.facts.extend(id.map(|id| ("id".to_owned(), id)));
        observation
    }

    async fn read_some(&self, name: &str, id: Option<&str>) -> Exchange {
        let mut ask = Ask::stream(name, self);
        if let Some(Ok(id)) = id.map(|id| HeaderValue::from_bytes(id.as_bytes())) {
            ask = ask.header(LAST_EVENT_ID, id);
        }
        self.ask(ask, Some(&briefly(self.brief(), EVENTS))).await
    }
}

/// Reads to the end, and says whether it is one: the last chunk, or the end of the connection where nothing else tells the end.
async fn to_the_end(wire: &mut Wire) -> &'static str {
    let Some(socket) = &mut wire.socket else {
        return "cut";
    };
    let in_chunks = wire.exchange.response().is_ok_and(Response::is_in_chunks);
    let mut tail = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer).await {
            Ok(0) if in_chunks => return "cut",
            Ok(0) => return "complete",
            Err(_) => return "cut",
            Ok(count) => {
                tail.extend_from_slice(&buffer[..count]);
                let old = tail.len().saturating_sub(LAST_CHUNK.len());
                tail.drain(..old);
                if in_chunks && tail == LAST_CHUNK {
                    return "complete";
                }
            }
        }
    }
}
