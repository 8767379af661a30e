//! Every text of the corpus through the publish call, and what a subscriber sees of it.

use std::collections::{BTreeMap, VecDeque};

use sse_fixtures::{Refusal, ScriptStep};
use tokio::time::Instant;

use super::reader::{Beside, Reader, with_beside};
use super::{Script, renamed};
use crate::body::Body;
use crate::check::Probe;
use crate::hub::seen::{ENVELOPE, PUBLISH, word};
use crate::observation::{Answer, Exchange, Failure, Observation, Request, Response, Stop};
use crate::probe::Prober;
use crate::probe::script::to_send_again;
use crate::script::{Fault, Script as Steps, event, marker, number_in, subjects};
use crate::transcript::Transcript;

/// How many steps go to one subscriber.
const STEPS: usize = 48;

/// How many markers may be on their way.
const AHEAD: usize = 4;

/// The most seconds of this probe.
const MOST: std::time::Duration = std::time::Duration::from_secs(60);

impl Prober {
    /// `texts-…` are subscribers, each with the script that was published to it: markers, and between them the steps that the hub took.
    /// `publish-…` are the answers for steps that it did not take, and `unsupported-…` the steps that the call cannot express.
    pub(in crate::probe) async fn hub_texts(&self) -> Observation {
        let Some(hub) = self.hub_to_ask(Probe::HubTexts) else {
            return self.no_hub(Probe::HubTexts);
        };
        with_beside(async |beside: Beside<'_>| {
            let script = Script::new(self, hub, beside, Probe::HubTexts);
            let mut texts = Texts {
                script,
                until: Instant::now() + self.settings.scaled(MOST),
                topics: 0,
                unanswered: 0,
            };
            texts.play().await;
            texts.script.seen
        })
        .await
    }
}

struct Texts<'p> {
    script: Script<'p>,
    until: Instant,
    topics: usize,
    unanswered: usize,
}

impl<'p> Texts<'p> {
    async fn play(&mut self) {
        let idle_topic = format!("{}-idle", self.script.topic);
        let idle = self.script.open("idle", &idle_topic, None, true);
        let mut queue = self.batches();
        let mut alone: BTreeMap<Fault, usize> = BTreeMap::new();
        while let Some(batch) = queue.pop_front() {
            if Instant::now() >= self.until || self.unanswered >= AHEAD {
                break;
            }
            let Some((exchange, taken, rest)) = self.publish_all(&batch).await else {
                break;
            };
            let steps = Steps::marked(taken.iter().copied());
            let mut again = to_send_again(&exchange, &steps, &taken, &mut alone);
            again.extend((!rest.is_empty()).then_some(rest));
            for batch in again.into_iter().rev() {
                // Alone it is published twice: something of the hub's own may fall between.
                if batch.len() == 1 {
                    queue.push_front(batch.clone());
                }
                queue.push_front(batch);
            }
            self.script.seen.exchanges.push(exchange);
        }
        let idle = idle.leave(Stop::Seen).await;
        self.leave_out_own(&idle);
        self.script.seen.exchanges.push(idle);
    }

    /// What the call can express, in the order of what is worth most; the rest is written down.
    fn batches(&mut self) -> VecDeque<Vec<&'static ScriptStep>> {
        let mut chosen = Vec::new();
        for refusal in [Refusal::Required, Refusal::Defect, Refusal::Allowed] {
            for subject in subjects()
                .iter()
                .filter(|subject| subject.refusal == refusal)
            {
                if !matches!(&subject.step, ScriptStep::Event { data: Some(_), .. }) {
                    continue;
                }
                match self
                    .script
                    .hub
                    .publish
                    .call(&self.script.topic, &subject.step)
                {
                    Ok(_) => chosen.push(&subject.step),
                    Err(_) => self.cannot(&subject.step),
                }
            }
        }
        chosen.chunks(STEPS).map(<[_]>::to_vec).collect()
    }

    fn cannot(&mut self, step: &ScriptStep) {
        let exchanges = &mut self.script.seen.exchanges;
        exchanges.push(Exchange {
            name: format!("unsupported-{}", exchanges.len()),
            request: Request {
                method: String::new(),
                url: String::new(),
                headers: Vec::new(),
                body: Some(Steps::alone(step).to_json()),
            },
            answer: Answer::Response(Response {
                version: String::new(),
                status: 501,
                headers: Vec::new(),
                head_at: 0,
                body: Body::default(),
                end: crate::observation::End::Complete,
                ended_at: 0,
            }),
        });
    }

    /// Publishes `batch` to a new subscriber. Returns what it saw, which steps were taken, and which are left; `None` if there is no subscriber.
    async fn publish_all(
        &mut self,
        batch: &[&'static ScriptStep],
    ) -> Option<(Exchange, Vec<&'static ScriptStep>, Vec<&'static ScriptStep>)> {
        self.topics += 1;
        let topic = format!("ssespec-{}-texts-{}", self.script.run, self.topics);
        self.script.topic.clone_from(&topic);
        let reader = self.script.open("texts", &topic, None, true);
        if !self.is_in_place(&reader).await {
            let exchange = reader.leave(Stop::Time).await;
            let name = "texts-0".to_owned();
            self.script.seen.exchanges.push(renamed(exchange, name));
            return None;
        }
        self.mark(0).await;
        let mut taken = Vec::new();
        let mut why = Stop::Seen;
        let mut done = 0;
        for step in batch {
            done += 1;
            let answer = self.call(step).await;
            if !is_taken(&answer) {
                self.refused(step, answer);
                continue;
            }
            taken.push(*step);
            self.mark(taken.len()).await;
            let behind = taken.len().saturating_sub(AHEAD);
            if !self.saw(&reader, behind).await {
                why = Stop::Time;
                break;
            }
            if Instant::now() >= self.until || self.unanswered >= AHEAD {
                break;
            }
        }
        if why == Stop::Seen && !self.saw(&reader, taken.len()).await {
            why = Stop::Time;
        }
        let mut exchange = reader.leave(why).await;
        exchange.name = format!("texts-{}", self.topics);
        exchange.request.body = Some(Steps::marked(taken.iter().copied()).to_json());
        Some((exchange, taken, batch[done..].to_vec()))
    }

    /// Waits until the subscriber gets what is published, and looks at how plain data comes.
    async fn is_in_place(&mut self, reader: &Reader) -> bool {
        let between = self.script.prober.settings.scaled(super::BETWEEN);
        reader.opened(between).await;
        for number in 1..=super::TRIES {
            let plain = word(&format!("plain{number}"), &self.script.run);
            let _ = self.call(&event(&plain)).await;
            let seen = reader.saw("ssespec-plain", between).await;
            if seen && reader.saw(&plain, self.script.patience).await {
                let events = reader.events();
                if !events.contains(&plain) {
                    let how = events.into_iter().find(|data| data.contains(&plain));
                    let facts = &mut self.script.seen.facts;
                    facts.insert(ENVELOPE.to_owned(), how.unwrap_or_default());
                }
                return true;
            }
        }
        false
    }

    async fn saw(&mut self, reader: &Reader, number: usize) -> bool {
        let ScriptStep::Event {
            data: Some(word), ..
        } = marker(number)
        else {
            unreachable!("a marker has data");
        };
        reader.saw(&word, self.script.patience).await
    }

    async fn mark(&mut self, number: usize) {
        let _ = self.call(&marker(number)).await;
    }

    async fn call(&mut self, step: &ScriptStep) -> Exchange {
        let Script {
            prober, hub, topic, ..
        } = &self.script;
        let answer = prober.publish(hub, topic, PUBLISH, step).await;
        let answer = answer.expect("it was looked at whether the call can express it");
        self.unanswered = match answer.answer {
            Answer::Nothing { .. } => self.unanswered + 1,
            Answer::Response(_) => 0,
        };
        answer
    }

    /// Writes down the answer for a step that was not taken.
    fn refused(&mut self, step: &ScriptStep, mut answer: Exchange) {
        let exchanges = &mut self.script.seen.exchanges;
        answer.name = format!("{PUBLISH}{}", exchanges.len());
        answer.request.body = Some(Steps::alone(step).to_json());
        if let Answer::Nothing { why, .. } = &mut answer.answer {
            *why = Failure::NoAnswer(format!("is published without an answer ({why})"));
        }
        exchanges.push(answer);
    }

    /// Takes the hub's own events, such as pings, out of what subscribers saw: those that also come where nothing was published.
    fn leave_out_own(&mut self, idle: &Exchange) {
        if !self.script.hub.has_topics() {
            return;
        }
        let Ok(response) = idle.response() else {
            return;
        };
        let own: Vec<_> = Transcript::of(response)
            .events
            .into_iter()
            .map(|event| (event.event_type, event.data))
            .collect();
        // A hub that mixes its topics up sends ours there.
        if own.iter().any(|(_, data)| number_in(data).is_some()) {
            return;
        }
        for exchange in &mut self.script.seen.exchanges {
            let script = exchange.request.body.as_deref().and_then(Steps::from_json);
            let steps: Vec<_> = script.iter().flat_map(|script| &script.steps).collect();
            let published = |event_type: &str| {
                steps.iter().any(|step| matches!(step, ScriptStep::Event { event: Some(event), .. } if event == event_type))
            };
            if let Answer::Response(response) = &mut exchange.answer
                && !own.is_empty()
            {
                leave_out(&own, published, response);
            }
        }
    }
}

fn is_taken(answer: &Exchange) -> bool {
    answer
        .response()
        .is_ok_and(|response| (200..300).contains(&response.status))
}

/// Takes the blocks of events that are among `own`, or of a type of theirs that was not `published`, out of the body.
fn leave_out(own: &[(String, String)], published: impl Fn(&str) -> bool, response: &mut Response) {
    let transcript = Transcript::of(response);
    let mut kept = Body::default();
    let mut from = 0;
    let mut keep = |range: std::ops::Range<usize>| {
        let at = response.body.arrived_at(range.start).unwrap_or_default();
        kept.push(&response.body.bytes[range], at, usize::MAX);
    };
    for block in &transcript.blocks {
        let Some(event) = block.event.map(|event| &transcript.events[event]) else {
            continue;
        };
        let is_own = own.iter().any(|(event_type, data)| {
            let foreign = event_type != "message" && !published(event_type);
            *event_type == event.event_type && (foreign || *data == event.data)
        });
        if is_own {
            keep(from..block.start);
            from = block.end;
        }
    }
    keep(from..response.body.bytes.len());
    response.body = kept;
}
