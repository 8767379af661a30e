//! What the probes of a hub saw, by the names of the events that they published.

use sse_fixtures::ScriptStep;

use crate::check::NotObserved;
use crate::observation::Observation;
use crate::script::Script;
use crate::transcript::{Dispatched, Transcript};

/// What the name of an exchange that publishes begins with.
pub(crate) const PUBLISH: &str = "publish-";

/// The facts that hold what the description promises.
pub(crate) const IDS: &str = "declared-ids";
pub(crate) const REPLAY: &str = "declared-replay";
pub(crate) const CAPABILITIES: &str = "declared-capabilities";
/// The fact that the hub puts data into something of its own, with what comes of a plain text.
pub(crate) const ENVELOPE: &str = "envelope";
/// The fact that tells the events of one run from those of another.
pub(crate) const RUN: &str = "run";

/// The word in the data of the event `label`, which no other event has.
pub(crate) fn word(label: &str, run: &str) -> String {
    format!("ssespec-{label}-{run}.")
}

/// An event that was published, and what the hub said.
pub(crate) struct Published<'o> {
    pub(crate) label: &'o str,
    pub(crate) step: ScriptStep,
    /// Whether the hub took it.
    pub(crate) taken: bool,
    /// What it said instead.
    pub(crate) answer: String,
}

/// All events that were published, in order.
pub(crate) fn published(seen: &Observation) -> Vec<Published<'_>> {
    let calls = seen.exchanges.iter();
    calls
        .filter_map(|exchange| {
            let label = exchange.name.strip_prefix(PUBLISH)?;
            let step = Script::from_json(exchange.request.body.as_deref()?)?
                .steps
                .pop()?;
            let (taken, answer) = match exchange.response() {
                Ok(response) => (
                    (200..300).contains(&response.status),
                    format!("status {}", response.status),
                ),
                Err(why) => (false, why.0),
            };
            Some(Published {
                label,
                step,
                taken,
                answer,
            })
        })
        .collect()
}

/// The labels of the events that the hub took, in order.
pub(crate) fn taken(seen: &Observation) -> Vec<&str> {
    let taken = published(seen).into_iter().filter(|one| one.taken);
    taken.map(|one| one.label).collect()
}

/// What the exchange `name` brought of the published events.
pub(crate) struct Came<'o> {
    /// Label and event, in order.
    pub(crate) events: Vec<(&'o str, Dispatched)>,
    /// The body.
    pub(crate) bytes: &'o [u8],
}

impl<'o> Came<'o> {
    /// The labels, in order.
    pub(crate) fn labels(&self) -> Vec<&'o str> {
        self.events.iter().map(|(label, _)| *label).collect()
    }

    /// The first event called `label`.
    pub(crate) fn event(&self, label: &str) -> Option<&Dispatched> {
        let mut events = self.events.iter();
        events
            .find(|(own, _)| *own == label)
            .map(|(_, event)| event)
    }
}

/// What came on the stream `name` of the published events; whatever else a hub sends is its own business.
///
/// # Errors
///
/// [`NotObserved`] if there was no such stream.
pub(crate) fn came<'o>(seen: &'o Observation, name: &str) -> Result<Came<'o>, NotObserved> {
    let response = seen.stream(name)?;
    let run = declared(seen, RUN).unwrap_or_default();
    let labels: Vec<_> = labels(seen)
        .map(|label| (label, word(label, run)))
        .collect();
    let events = Transcript::of(response).events.into_iter();
    let events = events.filter_map(|event| {
        let found = labels.iter().find(|(_, word)| event.data.contains(word));
        found.map(|(label, _)| (*label, event))
    });
    Ok(Came {
        events: events.collect(),
        bytes: &response.body.bytes,
    })
}

fn labels(seen: &Observation) -> impl Iterator<Item = &str> {
    seen.exchanges
        .iter()
        .filter_map(|exchange| exchange.name.strip_prefix(PUBLISH))
}

/// A fact.
pub(crate) fn declared<'o>(seen: &'o Observation, name: &str) -> Option<&'o str> {
    seen.facts.get(name).map(String::as_str)
}

/// Whether the event `label` could be read before the next thing was done.
pub(crate) fn in_time(seen: &Observation, stream: &str, label: &str) -> Option<bool> {
    declared(seen, &in_time_fact(stream, label)).map(|fact| fact == "yes")
}

pub(crate) fn in_time_fact(stream: &str, label: &str) -> String {
    format!("{label}-in-time-on-{stream}")
}

/// How `came` differs from `expected`, in words.
pub(crate) fn difference(expected: &[&str], came: &[&str]) -> Option<String> {
    if expected == came {
        return None;
    }
    let said = |labels: &[&str]| match labels {
        [] => "nothing".to_owned(),
        labels => labels.join(", "),
    };
    let twice = came
        .iter()
        .enumerate()
        .find(|(at, label)| came[..*at].contains(label));
    let what = if let Some((_, label)) = twice {
        format!("{label} comes twice")
    } else if let Some(lost) = expected.iter().find(|label| !came.contains(label)) {
        format!("{lost} is lost")
    } else if let Some(more) = came.iter().find(|label| !expected.contains(label)) {
        format!("{more} comes again")
    } else {
        "the order is another".to_owned()
    };
    Some(format!("{what}: {}", said(came)))
}
