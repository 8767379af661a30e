//! Which probe is made when: side by side where that does not disturb what is seen, one after the other where each wants the server for itself.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::fate::FIRST_LEFT;
use super::in_vain::nobody_served;
use super::last_event_id::CONTROL;
use super::subscribers::both;
use super::{MOST_REQUESTS, MOST_STREAMS, ProbeError, Prober, Seen};
use crate::check::Probe;
use crate::observation::{Answer, End, Exchange, Failure, Observation, says_too_many};
use crate::settings::Manner;
use crate::transcript::{Transcript, only};

/// The probes that are made while the stream is watched, in the order in which they ask for their places: first that which may end the stream of others,
/// so that it is seen why; then that which needs many places at once, that which takes its whole time, and that which makes many requests one after the
/// other.
const ASIDE: [Probe; 8] = [
    Probe::Leave,
    Probe::Coding,
    Probe::Http2,
    Probe::LastEventId,
    Probe::Accept,
    Probe::Methods,
    Probe::Origin,
    Probe::Http10,
];

/// The probes that show how many are served, and what becomes of who comes back.
const ABOUT_PLACES: [Probe; 4] = [
    Probe::Parallel,
    Probe::Multiplexed,
    Probe::ComeBack,
    Probe::Aborts,
];

/// The fact that holds how quickly a head came, in microseconds.
pub(crate) const QUICKEST: &str = "quickest-head";

/// An observation in the making.
type Observing<'a> = std::pin::Pin<Box<dyn Future<Output = Observation> + 'a>>;

impl Prober {
    /// Makes the observations of all of `probes`, side by side where that does not disturb what is seen.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Unreachable`] if there was no HTTP response at all, [`ProbeError::Gauge`] if there is no number where one is said to be.
    pub async fn observe(&self, probes: &[Probe]) -> Result<Seen, ProbeError> {
        let looking = Box::pin(self.look(probes));
        let passive = self.settings.manner == Manner::Passive;
        let (mut seen, left) = match self.settings.hub.as_ref().filter(|_| !passive) {
            None => looking.await?,
            // A stream on which nothing is published has nothing to judge.
            Some(hub) => tokio::select! {
                looked = looking => looked?,
                never = self.feed(hub) => match never {},
            },
        };
        seen.extend(self.look_at_hub(probes).await);
        // Last, so that nobody waits for that time to pass.
        if let Some(back) = (seen.iter_mut()).find(|seen| seen.probe == Probe::ComeBack) {
            self.come_back_at_retry(left, back).await;
        }
        Ok(self.seen(seen).await)
    }

    /// The probes of the stream, and those of the replay endpoint; and when the stream was left.
    async fn look(&self, probes: &[Probe]) -> Result<(Vec<Observation>, Instant), ProbeError> {
        let wanted = |probe| probes.contains(&probe);
        if self.settings.only_replay {
            let seen = self.look_at_scripts(&wanted).await?;
            return Ok((seen, Instant::now()));
        }
        // A mistake is told before anything is done.
        self.read_gauge().await?;
        let opened = match self.open_stream().await {
            Ok(opened) => opened,
            Err(error) => {
                let seen = self.malformed(error, probes).await?;
                return Ok((seen, Instant::now()));
            }
        };
        if opened.took_longer(self.head_patience()) {
            let seen = self.unanswered(opened, probes).await;
            return Ok((seen, Instant::now()));
        }
        let names_more = self.settings.hub.is_some() || self.settings.gauge.is_some();
        let is_counted = self.settings.manner == Manner::Gentle && !names_more;
        let at_most = |requests| {
            if is_counted {
                self.most_requests.store(requests, Ordering::Relaxed);
            }
        };
        // How many clients it has a place for is seen even where many of them had to ask again.
        at_most(MOST_REQUESTS - MOST_STREAMS);
        let when = async |probe, observing: Observing<'_>| match wanted(probe) {
            true => Some(observing.await),
            false => None,
        };
        let aside: Vec<_> = ASIDE.into_iter().filter(|probe| wanted(*probe)).collect();
        let beside = async {
            let looking = aside.iter().map(|probe| self.look_aside(*probe, None));
            let seen = join_all(looking).await;
            let repeats = wanted(Probe::ComeBack) && self.may_repeat(Probe::ComeBack).is_none();
            let back = match repeats {
                true => self.at_once().await,
                false => Vec::new(),
            };
            (seen, back)
        };
        let also = when(Probe::Subscribers, Box::pin(self.also_mine()));
        let watched = async { (self.watch_stream(opened).await, Instant::now()) };
        self.watching.store(true, Ordering::Relaxed);
        let ((mut connect, left), also, (mut seen, back)) = tokio::join!(watched, also, beside);
        self.watching.store(false, Ordering::Relaxed);
        self.full.send_replace(false);
        if let Some(first_left) = self.first_left_in(&connect, left) {
            connect
                .facts
                .insert(FIRST_LEFT.to_owned(), first_left.to_string());
        }
        seen.extend(also.map(|also| both(&connect, also)));
        let mut exchanges = seen.iter().flat_map(|one| &one.exchanges);
        if exchanges.any(|exchange| exchange.is_unanswered() && !may_be_unanswered(exchange))
            && let Some(came) = self.in_vain().await
        {
            return Ok((nobody_served(connect, seen, came, probes), left));
        }
        let crowded_out = |one: &Observation| one.probe != Probe::Subscribers && crowded_out(one);
        // What takes few requests first.
        for observation in seen.iter_mut().rev() {
            // What was refused while others were there is asked for again alone: how many a server takes is for one check to say.
            if crowded_out(observation) {
                self.until_noticed().await;
                *observation = self.look_aside(observation.probe, Some(observation)).await;
            }
        }
        if let Some(coding) = seen.iter_mut().find(|one| one.probe == Probe::Coding) {
            Box::pin(self.coded_for_longer(&connect, coding)).await;
        }
        if let Some(ids) = seen.iter_mut().find(|one| one.probe == Probe::LastEventId) {
            Box::pin(self.silence_behind_ids(&connect, ids)).await;
        }
        // One after the other: each wants the server for itself.
        seen.extend(when(Probe::Resume, Box::pin(self.resume(&connect, left))).await);
        // Before many come at once.
        let has_few_places = self.turned_away.load(Ordering::Relaxed);
        seen.extend(when(Probe::ComeBack, Box::pin(self.come_back(&connect, back))).await);
        at_most(MOST_REQUESTS);
        seen.extend(when(Probe::Parallel, Box::pin(self.parallel(&connect))).await);
        if wanted(Probe::Parallel)
            && let Some(fate) = Box::pin(self.fate(&connect)).await
        {
            connect.facts.insert("fate".to_owned(), fate);
        }
        if let Some(subscribers) = seen.iter_mut().find(|one| one.probe == Probe::Subscribers) {
            Box::pin(self.one_and_several(subscribers)).await;
        }
        seen.extend(when(Probe::Multiplexed, Box::pin(self.multiplexed(&connect))).await);
        seen.extend(when(Probe::Stalled, Box::pin(self.stalled(&connect))).await);
        seen.extend(when(Probe::Sessions, Box::pin(self.sessions())).await);
        if wanted(Probe::Gauge) {
            seen.push(self.gauge().await?);
        }
        if wanted(Probe::Aborts) {
            seen.push(Box::pin(self.aborts()).await?);
        }
        seen.extend(when(Probe::Profile, Box::pin(self.profile_asks(&connect))).await);
        if let Some(quickest) = quickest_head(&connect, &seen) {
            let fact = (QUICKEST.to_owned(), quickest.to_string());
            connect.facts.extend([fact]);
        }
        let profiles = self.settings.profiles.iter().rev();
        if let Some(longest) = profiles.flat_map(|profile| profile.longest_silence).next() {
            let micros = longest.saturating_mul(1_000_000).to_string();
            connect.facts.insert("longest-silence".to_owned(), micros);
        }
        compare_methods(&connect, &mut seen);
        if is_live(&connect, &seen) {
            let compared = [Probe::Subscribers, Probe::Resume];
            for one in seen.iter_mut().filter(|one| compared.contains(&one.probe)) {
                one.facts.insert(LIVE.to_owned(), "yes".to_owned());
            }
        }
        if has_few_places {
            seen.iter_mut()
                .filter(|one| !ABOUT_PLACES.contains(&one.probe))
                .for_each(excuse);
        }
        seen.push(connect);
        // Whoever names more than a URL wants more.
        at_most(usize::MAX);
        if wanted(Probe::Inject) {
            seen.push(self.inject().await);
        }
        seen.extend(self.look_at_scripts(&wanted).await?);
        Ok((seen, left))
    }

    /// When another stream was left for the first time, in microseconds after that of `connect` was begun, which was `left` itself in the end.
    fn first_left_in(&self, connect: &Observation, left: Instant) -> Option<u128> {
        let lasted = connect.response("stream").ok()?.ended_at;
        let began = left.checked_sub(Duration::from_micros(lasted))?;
        let first = self.first_left.get()?;
        Some(first.saturating_duration_since(began).as_micros())
    }

    /// The probes of a hub, one after the other. That of its restart is made by whoever owns it: [`across_restart`](Self::across_restart).
    async fn look_at_hub(&self, probes: &[Probe]) -> Vec<Observation> {
        let mut seen = Vec::new();
        for probe in probes {
            seen.extend(match probe {
                Probe::Hub => Some(self.hub().await),
                Probe::HubTexts => Some(self.hub_texts().await),
                Probe::HubSlow => Some(self.hub_slow().await),
                Probe::HubRestart if self.settings.hub.is_none() => Some(self.no_hub(*probe)),
                Probe::HubRestart => Some(Observation::nothing(
                    *probe,
                    "only what the runner starts can be stopped: write start = … in its target.toml",
                )),
                _ => None,
            });
        }
        seen
    }

    /// What was seen, in its best light if the target is gone.
    async fn seen(&self, seen: Vec<Observation>) -> Seen {
        let died = !self.is_there().await;
        let mut observations = BTreeMap::new();
        for mut observation in seen {
            if died {
                forgive(&mut observation);
            }
            observations.insert(observation.probe, observation);
        }
        Seen {
            observations,
            requests: self.requests.load(Ordering::Relaxed),
            died,
        }
    }

    /// The probes of the replay endpoint.
    async fn look_at_scripts(
        &self,
        wanted: &impl Fn(Probe) -> bool,
    ) -> Result<Vec<Observation>, ProbeError> {
        let Some(replay) = &self.settings.replay else {
            let why = "there is no replay endpoint: write a route of about 15 lines, and name it with --replay";
            let both = [Probe::Script, Probe::Replay].map(|probe| Observation::nothing(probe, why));
            return Ok(both.into());
        };
        let mut seen = Vec::new();
        if wanted(Probe::Script) {
            seen.push(self.script(replay).await);
        }
        if wanted(Probe::Replay) {
            seen.push(self.replay(replay).await);
        }
        let first = seen.iter().flat_map(|seen| &seen.exchanges).next();
        match first.map(|first| &first.answer) {
            Some(Answer::Nothing { why, .. }) if self.settings.only_replay => {
                Err(ProbeError::Unreachable {
                    url: self.settings.secrets.redact_url(replay),
                    why: why.clone(),
                })
            }
            _ => Ok(seen),
        }
    }

    /// Makes an observation that can be made while the stream is watched; alone after one that was made `before` and lacks an answer.
    async fn look_aside(&self, probe: Probe, before: Option<&Observation>) -> Observation {
        let alone = before.is_some();
        match probe {
            Probe::Accept => self.accept(alone).await,
            Probe::Methods => self.methods().await,
            Probe::Origin => self.origin().await,
            Probe::LastEventId => self.last_event_id(before).await,
            Probe::Http10 => self.http10().await,
            Probe::Http2 => self.http2().await,
            Probe::Leave => self.leave(alone).await,
            Probe::Coding => self.coding().await,
            Probe::Connect
            | Probe::Resume
            | Probe::ComeBack
            | Probe::Parallel
            | Probe::Multiplexed
            | Probe::Stalled
            | Probe::Aborts
            | Probe::Subscribers
            | Probe::Sessions
            | Probe::Gauge
            | Probe::Shutdown
            | Probe::Restart
            | Probe::Profile
            | Probe::Inject
            | Probe::Script
            | Probe::Replay
            | Probe::Hub
            | Probe::HubTexts
            | Probe::HubSlow
            | Probe::HubRestart => {
                unreachable!("{probe:?} is not made beside the stream")
            }
        }
    }
}

/// Whether an answer is missing that may be there when nobody else asks.
pub(super) fn crowded_out(observation: &Observation) -> bool {
    let mut exchanges = observation.exchanges.iter();
    exchanges.any(|exchange| is_crowded_out(exchange) && !may_be_unanswered(exchange))
}

/// Whether no answer is one: HTTP lets a server hang up on control characters, so that says nothing about its places.
fn may_be_unanswered(exchange: &Exchange) -> bool {
    exchange.name == CONTROL
}

pub(super) fn is_crowded_out(exchange: &Exchange) -> bool {
    match &exchange.answer {
        Answer::Nothing {
            why: Failure::Overtaken,
            ..
        } => false,
        Answer::Nothing { .. } => true,
        Answer::Response(response) => says_too_many(response.status),
    }
}

/// Takes back what looks like the answer to what was asked, and is that of a server with too many clients.
fn excuse(observation: &mut Observation) {
    for exchange in &mut observation.exchanges {
        if let Answer::Response(response) = &exchange.answer
            && says_too_many(response.status)
        {
            exchange.answer = Answer::Nothing {
                why: Failure::TooMany(response.status),
                after: response.head_at,
            };
        }
    }
}

/// Takes back what looks like a fault of the target and may only be its death.
fn forgive(observation: &mut Observation) {
    for exchange in &mut observation.exchanges {
        match &mut exchange.answer {
            Answer::Nothing { why, .. } => *why = Failure::TargetDied,
            Answer::Response(response) if matches!(response.end, End::Aborted(_)) => {
                response.end = End::TargetDied
            }
            Answer::Response(_) => {}
        }
    }
}

/// Tells those who judge HEAD and OPTIONS what GET is answered with: the facts `stream`, and `no-cors` where another origin cannot read it.
fn compare_methods(connect: &Observation, seen: &mut [Observation]) {
    let foreign = seen.iter().find(|seen| seen.probe == Probe::Origin);
    let closed = foreign.and_then(|seen| seen.stream("foreign").ok());
    let closed = closed.is_some_and(|stream| stream.header(ALLOW_ORIGIN).is_none());
    let is_stream = connect.stream("stream").is_ok();
    let facts = [("stream", is_stream), ("no-cors", closed)];
    if let (true, Some(origin)) = (
        is_stream,
        seen.iter_mut().find(|seen| seen.probe == Probe::Origin),
    ) {
        origin.facts.insert("stream".to_owned(), "yes".to_owned());
    }
    if let Some(methods) = seen.iter_mut().find(|seen| seen.probe == Probe::Methods) {
        let facts = facts.into_iter().filter(|(_, holds)| *holds);
        methods
            .facts
            .extend(facts.map(|(fact, _)| (fact.to_owned(), "yes".to_owned())));
    }
}

/// The fact that says that all clients read one stream that goes on, and not each its own.
pub(crate) const LIVE: &str = "live";

/// Whether a stream that was opened later begins with an event that is not the first one of that which was watched.
fn is_live(connect: &Observation, seen: &[Observation]) -> bool {
    let later = seen.iter().find(|one| one.probe == Probe::LastEventId);
    let (Ok(stream), Some(Ok(later))) = (
        connect.stream("stream"),
        later.map(|one| one.stream("plain")),
    ) else {
        return false;
    };
    let (stream, later) = (Transcript::of(stream), Transcript::of(later));
    later.events.first().is_some_and(|first| {
        let places = (0..stream.events.len()).filter(|place| stream.events[*place].is_like(first));
        only(places).is_some_and(|place| place > 0)
    })
}

/// The field that lets another origin in.
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// The shortest time that a stream asked for as the first one, in the same version of HTTP, took to answer, in microseconds: what a machine that is
/// busy delays differs from request to request, what a server holds back does not.
fn quickest_head(connect: &Observation, seen: &[Observation]) -> Option<u64> {
    let version = &connect.response("stream").ok()?.version;
    let alike = seen.iter().filter(|observation| {
        matches!(
            observation.probe,
            Probe::Accept | Probe::Origin | Probe::Leave | Probe::Parallel
        )
    });
    alike
        .flat_map(|observation| &observation.exchanges)
        .filter_map(|exchange| exchange.response().ok())
        .filter(|response| response.is_event_stream() && response.version == *version)
        .map(|response| response.head_at)
        .min()
}
