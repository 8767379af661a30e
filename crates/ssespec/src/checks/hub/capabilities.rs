//! What the description of the hub lists as its capabilities is there.
//!
//! `event`: the type that was published is the type that comes. `retry`: so is the reconnection time. `keep-alive`: something comes into a stream
//! that is silent. `restart`, what is published before a restart is not lost with it, is judged by `hub/restart`.
//!
//! ## Why it matters
//!
//! Whoever chooses a hub goes by the list.
//!
//! ## How to fix
//!
//! Mend what is missing, or take it off the list in `[behaviour]`. A type goes into `event:`, a reconnection time in milliseconds into `retry:`; a
//! comment about every 15 s keeps a silent stream alive.

use sse_fixtures::ScriptStep;
use sse_parser::{FieldName, Line};

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::hub::seen::{CAPABILITIES, came, declared, published};
use crate::observation::Observation;
use crate::probe::{RETRY, TYPE};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "hub/capabilities",
    roles: &[Role::Server],
    probe: Probe::Hub,
    judge: capabilities,
};

/// The longest silence, in microseconds: the standard says "every 15 seconds or so".
const LONGEST: u64 = 20_000_000;

fn capabilities(seen: &Observation) -> Judgement {
    let listed = declared(seen, CAPABILITIES).unwrap_or_default();
    let listed: Vec<_> = listed.split(", ").filter(|name| !name.is_empty()).collect();
    let mut unseen = Vec::new();
    for name in &listed {
        let judged = match *name {
            "event" => event(seen),
            "retry" => retry(seen),
            "keep-alive" => keep_alive(seen),
            "restart" => continue,
            _ => NotObserved::because("this tool does not know how to see it"),
        };
        match judged {
            Ok(Verdict::Fail(_)) => return judged,
            Err(NotObserved(why)) => unseen.push(format!("{name}: {why}")),
            _ => {}
        }
    }
    if !unseen.is_empty() {
        return NotObserved::because(unseen.join("; "));
    }
    let there = [("event", event(seen)), ("retry", retry(seen))];
    let more: Vec<_> = there
        .iter()
        .filter(|(name, judged)| !listed.contains(name) && *judged == Ok(Verdict::Pass))
        .map(|(name, _)| *name)
        .collect();
    match (more.is_empty(), listed.is_empty()) {
        (false, _) => Ok(Verdict::Note(format!(
            "it can do more than its description lists: {}",
            more.join(", ")
        ))),
        (true, false) => Ok(Verdict::Pass),
        (true, true) => NotObserved::because("no capabilities are listed"),
    }
}

fn event(seen: &Observation) -> Judgement {
    let beside = came(seen, "beside")?;
    let published = published(seen);
    let typed = published.iter().find(|one| {
        let has_type =
            matches!(&one.step, ScriptStep::Event { event: Some(event), .. } if event == TYPE);
        has_type && beside.event(one.label).is_some()
    });
    let Some(typed) = typed else {
        return NotObserved::because(
            "no event with a type was published: write {event} in publish",
        );
    };
    let event = beside.event(typed.label).expect("looked at above");
    if event.event_type == TYPE {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::fail_at(
        format!(
            "{} was published with the type {TYPE:?} and comes with {:?}",
            typed.label, event.event_type
        ),
        "the type that was published: event is among the capabilities",
        beside.bytes,
        event.offset,
    ))
}

fn retry(seen: &Observation) -> Judgement {
    let published = published(seen);
    let sent = published
        .iter()
        .find(|one| matches!(one.step, ScriptStep::Event { retry: Some(_), .. }));
    let Some(sent) = sent else {
        return NotObserved::because(
            "no reconnection time was published: write {retry} in publish",
        );
    };
    let response = seen.stream("beside")?;
    let beside = came(seen, "beside")?;
    let Some(event) = beside.event(sent.label) else {
        return NotObserved::because("the event with the reconnection time did not come");
    };
    let expected = RETRY.to_string();
    let there = Transcript::of(response).lines().any(|line| {
        matches!(line.line, Line::Field { name, value } if FieldName::of(name) == FieldName::Retry && value == expected.as_bytes())
    });
    match there {
        true => Ok(Verdict::Pass),
        false => Ok(Verdict::fail_at(
            format!(
                "{} was published with the reconnection time {RETRY}, and no retry line has it",
                sent.label
            ),
            "the reconnection time that was published: retry is among the capabilities",
            beside.bytes,
            event.offset,
        )),
    }
}

/// Whether something comes into the stream on which nothing is published.
fn keep_alive(seen: &Observation) -> Judgement {
    let response = seen.stream("idle")?;
    if response.body.arrivals.len() > 1 {
        return Ok(Verdict::Pass);
    }
    let last = response
        .body
        .arrivals
        .last()
        .map_or(response.head_at, |arrival| arrival.at);
    let silence = response.ended_at.saturating_sub(last);
    let seconds = std::time::Duration::from_micros(silence).as_secs();
    if silence > LONGEST {
        return Ok(Verdict::fail(
            format!("{seconds} s of silence"),
            "a comment about every 15 s: keep-alive is among the capabilities",
        ));
    }
    NotObserved::because(format!(
        "silent for {seconds} s, which is not long; --for 30s would show more"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn judged(idle: Evidence) -> &'static str {
        let mut seen = idle.named("idle").observation(Probe::Hub);
        let listed = ("keep-alive".to_owned(), CAPABILITIES.to_owned());
        seen.facts.insert(listed.1, listed.0);
        named(capabilities(&seen))
    }

    #[test]
    fn a_promised_keep_alive_is_waited_for() {
        let until = |seconds: u64| {
            Evidence::of(b":hello\n\n")
                .with(move |response| response.ended_at = seconds * 1_000_000)
        };
        assert_eq!(judged(until(10)), "not observed");
        assert_eq!(judged(until(40)), "fail");
        assert_eq!(judged(until(40).then(b":\n\n", 15_000)), "pass");
    }
}
