//! A hub: events that are published one after the other, and the subscribers that see them, leave and come back.
//!
//! Nothing is judged by a clock: an event is waited for before the next thing is done, and whether it came is written down.

mod calls;
mod reader;
mod restart;
mod slow;
mod texts;

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use reqwest::header::HeaderValue;
use sse_fixtures::ScriptStep;

pub use restart::Restart;

use self::reader::{Beside, Reader, with_beside};
use super::Prober;
use super::ask::Ask;
use super::last_event_id::{LAST_EVENT_ID, UNKNOWN};
use crate::check::Probe;
use crate::hub::seen::{CAPABILITIES, IDS, PUBLISH, REPLAY, RUN, in_time_fact, word};
use crate::hub::{Hub, Ids, Replay};
use crate::observation::{Exchange, Observation, Stop};

/// How often an event is published that a subscriber waits for who may not be in place yet.
const TRIES: usize = 12;

/// Between two of them.
const BETWEEN: Duration = Duration::from_millis(150);

/// How long a subscriber that comes back is given to get what it missed, before something new is published.
const BACKLOG: Duration = Duration::from_millis(1_500);

/// The type of the events that have one.
pub(crate) const TYPE: &str = "ssespec-type";

/// The reconnection time of the events that have one, in milliseconds.
pub(crate) const RETRY: u64 = 2_345;

/// A script under way.
struct Script<'p> {
    prober: &'p Prober,
    hub: &'p Hub,
    beside: Beside<'p>,
    run: String,
    topic: String,
    seen: Observation,
    /// The label of the event that was published last.
    last: String,
    /// How long an event is waited for; shorter after the first that did not come.
    patience: Duration,
}

impl Prober {
    /// The exchanges are subscribers and, with names that begin with `publish-`, what was published.
    ///
    /// `idle` hears another topic all the time. `first` and `beside` get `a` and `b`, each before the next is published; then `first` is cut, and
    /// `c1` to `c3` are published. `resumed` comes back with the last id and gets `d…`; `dropped` comes back with it and is cut at once, `again`
    /// comes back with it and gets `e…`. `unknown` comes with an id that was never given out and gets `f…`; `late` comes without one and gets `g…`.
    pub(super) async fn hub(&self) -> Observation {
        let Some(hub) = self.hub_to_ask(Probe::Hub) else {
            return self.no_hub(Probe::Hub);
        };
        with_beside(async |beside| {
            let mut script = Script::new(self, hub, beside, Probe::Hub);
            script.play().await;
            script.seen
        })
        .await
    }

    /// The hub, if it may be asked for more than its stream.
    fn hub_to_ask(&self, probe: Probe) -> Option<&Hub> {
        let hub = self.settings.hub.as_ref()?;
        self.may_repeat(probe).is_none().then_some(hub)
    }

    pub(super) fn no_hub(&self, probe: Probe) -> Observation {
        let nothing = self.may_repeat(probe);
        nothing.unwrap_or_else(|| {
            Observation::nothing(
                probe,
                "there is no publish call: describe it in a target.toml, and name that with --target",
            )
        })
    }
}

impl<'p> Script<'p> {
    fn new(prober: &'p Prober, hub: &'p Hub, beside: Beside<'p>, probe: Probe) -> Self {
        let run = format!("{:08x}", RandomState::new().hash_one(()) & 0xffff_ffff);
        let mut seen = Observation::of(probe, Vec::new());
        let behaviour = &hub.behaviour;
        let word_of =
            |name: &str, known: Option<&str>| known.map(|word| (name.to_owned(), word.to_owned()));
        let ids = behaviour.ids.map(|ids| match ids {
            Ids::Server => "server",
            Ids::Publisher => "publisher",
            Ids::None => "none",
        });
        let replay = behaviour.replay.map(|replay| match replay {
            Replay::None => "none",
            Replay::SinceId => "since-id",
            Replay::All => "all",
        });
        seen.facts.extend(word_of(IDS, ids));
        seen.facts.extend(word_of(REPLAY, replay));
        seen.facts.extend([
            (CAPABILITIES.to_owned(), behaviour.capabilities.join(", ")),
            (RUN.to_owned(), run.clone()),
        ]);
        Self {
            prober,
            hub,
            beside,
            topic: format!("ssespec-{run}"),
            run,
            seen,
            last: String::new(),
            patience: prober.head_patience(),
        }
    }

    async fn play(&mut self) {
        if self.hub.has_topics() {
            self.seen
                .facts
                .insert("topics".to_owned(), "each its own".to_owned());
        }
        let idle = self.open("idle", &format!("{}-idle", self.topic), None, true);
        let first = self.open("first", &self.topic.clone(), None, true);
        let beside = self.open("beside", &self.topic.clone(), None, true);
        if !(self.until_seen("w", &first).await && self.until_seen("v", &beside).await) {
            let subscribers = [idle, first, beside];
            return self.end(subscribers).await;
        }
        for label in ["a", "b"] {
            self.publish(label).await;
            self.wait("first", &first, label).await;
            self.wait("beside", &beside, label).await;
        }
        let last = first.last_id();
        self.end([first]).await;
        for label in ["c1", "c2", "c3"] {
            self.publish(label).await;
            self.wait("beside", &beside, label).await;
        }
        let last = Some(last).filter(|last| !last.is_empty());
        self.come_back("resumed", last.as_deref(), "c3", "d").await;
        // The subscriber is cut off before anything new came.
        let dropped = self.open("dropped", &self.topic.clone(), last.as_deref(), false);
        dropped.opened(self.patience).await;
        self.end([dropped]).await;
        self.come_back("again", last.as_deref(), "c3", "e").await;
        self.come_back("unknown", Some(UNKNOWN), "c3", "f").await;
        self.come_back("late", None, "c3", "g").await;
        self.linger(&idle).await;
        // Events may come later than publishing is answered.
        beside
            .saw(&word(&self.last, &self.run), self.patience)
            .await;
        self.end([idle, beside]).await;
    }

    /// Opens `name` with the id, waits for what was missed up to `missed`, then for something new.
    async fn come_back(&mut self, name: &'p str, id: Option<&str>, missed: &str, live: &str) {
        let reader = self.open(name, &self.topic.clone(), id, true);
        // A client that the hub owes nothing is not given the time for it.
        let owed =
            self.hub.behaviour.replay == Some(Replay::All) || !matches!(id, None | Some(UNKNOWN));
        let backlog = if owed { BACKLOG } else { BACKLOG / 3 };
        let backlog = self.prober.settings.scaled(backlog);
        reader.saw(&word(missed, &self.run), backlog).await;
        let came = self.until_seen(live, &reader).await;
        self.fact(name, live, came);
        self.end([reader]).await;
    }

    fn fact(&mut self, stream: &str, label: &str, came: bool) {
        let said = if came { "yes" } else { "no" };
        let fact = in_time_fact(stream, label);
        self.seen.facts.insert(fact, said.to_owned());
    }

    /// Lets `idle` hear the silence until something came into it, or for as long as a stream is watched.
    async fn linger(&self, idle: &Reader) {
        let promised = &self.hub.behaviour.capabilities;
        if promised.iter().any(|capability| capability == "keep-alive") {
            idle.heard(2, self.prober.settings.stop.time).await;
        }
    }

    fn open(&self, name: &'p str, topic: &str, id: Option<&str>, keeps: bool) -> Reader {
        let mut ask = Ask::stream(name, self.prober);
        if let Ok(url) = self.hub.subscription(topic) {
            ask.url = url;
        }
        if let Some(Ok(id)) = id.map(|id| HeaderValue::from_bytes(id.as_bytes())) {
            ask = ask.header(LAST_EVENT_ID, id);
        }
        Reader::start(self.prober, ask, &self.beside, keeps)
    }

    async fn end<const COUNT: usize>(&mut self, readers: [Reader; COUNT]) {
        for reader in readers {
            self.seen.exchanges.push(reader.leave(Stop::Seen).await);
        }
    }

    /// Publishes the event `label`: every second one with a type, and each with all else that the call has a place for.
    async fn publish(&mut self, label: &str) {
        let has = |name| self.hub.publish.has(name);
        let word = word(label, &self.run);
        let step = ScriptStep::Event {
            event: (has("event") && matches!(label, "a" | "c2")).then(|| TYPE.to_owned()),
            id: has("id").then(|| format!("id-{label}-{}", self.run)),
            retry: (has("retry") && label == "b").then_some(RETRY),
            data: Some(format!("{word} \u{2026}")),
        };
        let name = format!("{PUBLISH}{label}");
        let published = self
            .prober
            .publish(self.hub, &self.topic, &name, &step)
            .await;
        self.seen.exchanges.extend(published);
        label.clone_into(&mut self.last);
    }

    /// Publishes `label` with a number until `reader`, which may not be in place yet, sees one of them; whether it did.
    async fn until_seen(&mut self, label: &str, reader: &Reader) -> bool {
        let any = format!("ssespec-{label}");
        let between = self.prober.settings.scaled(BETWEEN);
        // Before its head is there it is hardly in place.
        reader.opened(between).await;
        for number in 1..=TRIES {
            let numbered = format!("{label}{number}");
            self.publish(&numbered).await;
            if reader.saw(&any, between).await {
                // This one too, so that nothing is on its way any more.
                let last = word(&numbered, &self.run);
                reader.saw(&last, self.patience).await;
                return true;
            }
        }
        reader.saw(&any, self.patience).await
    }

    /// Waits for the event `label` on `reader`, and writes down whether it came.
    async fn wait(&mut self, stream: &str, reader: &Reader, label: &str) {
        let came = reader.saw(&word(label, &self.run), self.patience).await;
        if !came {
            self.patience = self.patience.min(self.prober.brief());
        }
        self.fact(stream, label, came);
    }
}

/// The exchange with another name.
pub(super) fn renamed(mut exchange: Exchange, name: String) -> Exchange {
    exchange.name = name;
    exchange
}
