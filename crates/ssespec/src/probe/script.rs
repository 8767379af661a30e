//! Scripts of events, which the target writes with its own encoder, through its replay endpoint.
//!
//! Many steps go into one request. Where one comes back wrong it is sent once more, alone, so that what a person reads is the shortest script
//! that shows it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use sse_fixtures::{Refusal, ScriptStep};
use url::Url;

use super::Prober;
use super::ask::Ask;
use crate::check::Probe;
use crate::observation::{End, Exchange, Observation, Stop};
use crate::script::{Came, Fault, Script, Subject, event, is_expressible, play, subjects};
use crate::settings::StopRules;

/// The most requests of this probe.
const MOST_REQUESTS: usize = 240;

/// How many steps go into one script.
const STEPS: usize = 48;

/// How large a script may be, in bytes (64 KiB): less than what servers read of a request by default.
const SIZE: usize = 64 << 10;

/// How many steps with the same kind of fault are sent alone.
const ALONE: usize = 3;

/// After so many requests without an answer in a row no more are sent.
const UNANSWERED: usize = 3;

impl Prober {
    /// `stream` is a script of one plain event; if it is answered with an event stream, `script-1` … hold every step of the corpus.
    pub(super) async fn script(&self, replay: &Url) -> Observation {
        let plain = self
            .send(replay, "stream", &Script::alone(&event("plain")))
            .await;
        let mut seen = Observation::of(Probe::Script, vec![plain]);
        if seen.stream("stream").is_err() {
            return seen;
        }
        let mut queue = batches(subjects());
        let mut alone: BTreeMap<Fault, usize> = BTreeMap::new();
        let mut unanswered = 0;
        let endless = seen
            .response("stream")
            .is_ok_and(|response| response.end == End::Left(Stop::Idle));
        while let Some(batch) = queue.pop_front() {
            if seen.exchanges.len() >= MOST_REQUESTS || unanswered >= UNANSWERED {
                break;
            }
            let script = match batch[..] {
                [step] => Script::alone(step),
                _ => Script::marked(batch.iter().copied()),
            };
            let name = format!("script-{}", seen.exchanges.len());
            let exchange = if endless {
                self.send_endless(replay, &name, &script).await
            } else {
                self.send(replay, &name, &script).await
            };
            unanswered = if exchange.response().is_ok() {
                0
            } else {
                unanswered + 1
            };
            for again in to_send_again(&exchange, &script, &batch, &mut alone)
                .into_iter()
                .rev()
            {
                queue.push_front(again);
            }
            seen.exchanges.push(exchange);
        }
        seen
    }

    /// Sends `script` and reads what comes until the response ends, or falls silent.
    pub(super) async fn send(&self, replay: &Url, name: &str, script: &Script) -> Exchange {
        self.ask(
            self.post(replay, name, script),
            Some(&self.until_silent(script)),
        )
        .await
    }

    /// Sends `script` to an endpoint whose responses do not end, and reads up to the last marker.
    async fn send_endless(&self, replay: &Url, name: &str, script: &Script) -> Exchange {
        let last = script
            .steps
            .last()
            .and_then(|step| crate::script::texts(step).last());
        let rules = StopRules {
            until_data: last.map(|(_, data)| data.to_owned()),
            ..self.until_silent(script)
        };
        self.ask(self.post(replay, name, script), Some(&rules))
            .await
    }

    pub(super) fn post<'a>(&self, replay: &Url, name: &'a str, script: &'a Script) -> Ask<'a> {
        let mut ask = Ask::stream(name, self);
        ask.method = Method::POST;
        ask.url = replay.clone();
        ask.with_secrets = replay.origin() == self.settings.url.origin();
        ask.script = Some(script);
        ask.body = Some(script.to_json().into_bytes());
        ask.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// Until the response ends, or nothing has come for some seconds more than the script is silent for.
    pub(super) fn until_silent(&self, script: &Script) -> StopRules {
        let waits = script.steps.iter().map(|step| match step {
            ScriptStep::Wait(silence) => *silence,
            _ => Duration::ZERO,
        });
        // One step that is alone gets more time: what it says counts.
        let patience = if script.under_test().count() == 1 {
            5
        } else {
            2
        };
        // A target may hold back everything until the end.
        let silent = waits.sum::<Duration>();
        StopRules {
            time: silent + self.settings.scaled(Duration::from_secs(10)),
            idle: Some(silent + self.settings.scaled(Duration::from_secs(patience))),
            ..StopRules::default()
        }
    }
}

/// The steps in scripts: what the format cannot carry apart from the rest, because one such step is enough for a 422.
fn batches(subjects: &'static [Subject]) -> VecDeque<Vec<&'static ScriptStep>> {
    let mut batches: VecDeque<Vec<&ScriptStep>> = VecDeque::new();
    for refusal in [Refusal::Defect, Refusal::Allowed, Refusal::Required] {
        let mut size = SIZE;
        for subject in subjects.iter().filter(|subject| subject.refusal == refusal) {
            let own = Script::new(vec![subject.step.clone()]).to_json().len();
            size += own;
            match batches.back_mut() {
                Some(batch) if size <= SIZE && batch.len() < STEPS => batch.push(&subject.step),
                _ => {
                    size = own;
                    batches.push_back(vec![&subject.step]);
                }
            }
        }
    }
    batches
}

/// What has to be sent once more after a batch, in smaller scripts.
pub(super) fn to_send_again<'s>(
    exchange: &Exchange,
    script: &Script,
    batch: &[&'s ScriptStep],
    alone: &mut BTreeMap<Fault, usize>,
) -> Vec<Vec<&'s ScriptStep>> {
    if batch.len() == 1 {
        return Vec::new();
    }
    // Of those that the format cannot carry each is refused, or none.
    let size = if batch.iter().all(|step| is_expressible(step)) {
        batch.len().div_ceil(2)
    } else {
        1
    };
    let halves = || batch.chunks(size).map(<[_]>::to_vec).collect();
    let Some(response) = exchange
        .response()
        .ok()
        .filter(|response| response.is_event_stream())
    else {
        // Somewhere in it is a step that is refused, or too much.
        return halves();
    };
    let mut again = Vec::new();
    let mut rest = Vec::new();
    for (step, played) in batch.iter().zip(play(script, response)) {
        match played.came {
            Came::NotReached => rest.push(*step),
            Came::Wrong(wrong) => {
                let so_far = alone.entry(wrong.fault).or_default();
                if *so_far < ALONE {
                    *so_far += 1;
                    again.push(vec![*step]);
                }
            }
            Came::Kept | Came::Refused | Came::Unsupported => {}
        }
    }
    if rest.len() == batch.len() {
        return halves();
    }
    again.extend((!rest.is_empty()).then_some(rest));
    again
}
