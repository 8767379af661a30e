//! The scripts that show how a replay endpoint delivers: one that is silent behind each event, and one with ids to resume from.

use std::time::Duration;

use sse_fixtures::ScriptStep;

use super::{Script, UNSUPPORTED};
use crate::check::NotObserved;
use crate::observation::{Exchange, Response};
use crate::transcript::Transcript;

/// How long the script is silent behind each event, in milliseconds. The longer ones are for machines that have no time to read.
pub(crate) const SILENCES: [u64; 3] = [150, 600, 2_400];

/// How many events the silent script has.
const SLOW: u32 = 3;

/// The name of an exchange, the `Last-Event-ID` that it carries, and how many of the events of [`steps`] must be left out.
pub(crate) const RESUMES: [(&str, &str, usize); 4] = [
    ("known", "ssespec-1", 1),
    ("twice", "ssespec-2", 5),
    ("last", "ssespec-4", 7),
    ("unknown", "ssespec-never-given-out", 0),
];

/// The data of the events of [`steps`], in order.
pub(crate) const DATA: [&str; 7] = [
    "one",
    "without an id",
    "two",
    "three",
    "two again",
    "behind it",
    "last",
];

/// A script with ids: one in the middle, one that comes twice, one at the end.
pub(crate) fn steps() -> Vec<ScriptStep> {
    let ids = [
        Some("1"),
        None,
        Some("2"),
        Some("3"),
        Some("2"),
        None,
        Some("4"),
    ];
    let events = DATA.into_iter().zip(ids);
    events
        .map(|(data, id)| ScriptStep::Event {
            event: None,
            id: id.map(|id| format!("ssespec-{id}")),
            retry: None,
            data: Some(data.to_owned()),
        })
        .collect()
}

/// A script that is silent behind each event.
pub(crate) fn slow(silence: Duration) -> Script {
    let event = |number| super::event(&format!("{number}\nof {SLOW}"));
    Script::new(
        (1..=SLOW)
            .flat_map(|number| [event(number), ScriptStep::Wait(silence)])
            .collect(),
    )
}

/// The data of all events of a response to [`steps`]; what stands around it is not our business here.
///
/// # Errors
///
/// [`NotObserved`] if the target says that it has no ids.
pub(crate) fn data_of(response: &Response) -> Result<Vec<String>, NotObserved> {
    let transcript = Transcript::of(response);
    if transcript
        .events
        .iter()
        .any(|event| event.event_type == UNSUPPORTED)
    {
        return NotObserved::because("the framework cannot express what the script asks for");
    }
    Ok(transcript
        .events
        .into_iter()
        .map(|event| event.data)
        .collect())
}

/// Of an answer to [`slow`]: which event could not be read before the next one was due; `None` if each could.
///
/// An event is flushed if it came sooner than the next one can have been written, which is when the script has been silent for long enough
/// since the request; or if there was silence between the two. Neither can be true of an event that is held back, however slow we are.
///
/// # Errors
///
/// [`NotObserved`] if not all events came, or the target did not wait.
pub(crate) fn is_flushed(exchange: &Exchange) -> Result<Option<Held>, NotObserved> {
    let response = exchange.response()?;
    let script = exchange.request.body.as_deref().and_then(Script::from_json);
    let silence = script.and_then(|script| {
        script.steps.into_iter().find_map(|step| match step {
            ScriptStep::Wait(silence) => u64::try_from(silence.as_micros()).ok(),
            _ => None,
        })
    });
    let Some(silence) = silence else {
        return NotObserved::because("the script has no silence in it");
    };
    let transcript = Transcript::of(response);
    if !response.is_event_stream() || transcript.events.len() != SLOW as usize {
        return NotObserved::because(format!(
            "{} events came, {SLOW} were asked for",
            transcript.events.len()
        ));
    }
    let times: Vec<_> = transcript.events.iter().map(|event| event.at).collect();
    if response.ended_at < silence * u64::from(SLOW) {
        return NotObserved::because("the endpoint does not wait where the script says so");
    }
    let held = |event: usize| {
        let next_due = silence * (event as u64 + 1);
        let next_came = times.get(event + 1).copied().unwrap_or(response.ended_at);
        times[event] >= next_due && next_came.saturating_sub(times[event]) < silence / 2
    };
    let first = (0..times.len()).find(|event| held(*event));
    Ok(first.map(|event| Held {
        event,
        at: Duration::from_micros(times[event]),
        silence: Duration::from_micros(silence),
        offset: transcript.events[event].offset,
    }))
}

/// An event that was held back.
pub(crate) struct Held {
    /// Which event, from 0.
    pub(crate) event: usize,
    /// When it came, after the request.
    pub(crate) at: Duration,
    /// How long the script is silent behind each event.
    pub(crate) silence: Duration,
    /// Where it is in the body.
    pub(crate) offset: usize,
}
