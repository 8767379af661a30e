//! How the events of a stream are judged by a rule.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Profile;
use super::automaton::{Automaton, Walk};
use super::seen::{Event, Seen, Stream};
use crate::check::{Judgement, NotObserved, Verdict};
use crate::escape::printable;
use crate::observation::End;

pub(super) fn automaton(profile: &Profile) -> Result<&Automaton, NotObserved> {
    match &profile.automaton {
        Some(automaton) => Ok(automaton),
        None => NotObserved::because("the profile says nothing about the order"),
    }
}

fn walk<'a>(automaton: &'a Automaton, stream: &'a Stream<'_>) -> Walk<'a> {
    automaton.walk(stream.events.iter().map(|event| event.class.as_str()))
}

pub(super) fn order(automaton: &Automaton, stream: &Stream<'_>) -> Judgement {
    Ok(match walk(automaton, stream) {
        Walk::Through(_) => Verdict::Pass,
        Walk::Stuck { event, state } => {
            let before = match event.checked_sub(1) {
                Some(before) => format!("after {}", stream.events[before].class),
                None => "at the start".to_owned(),
            };
            let stuck = &stream.events[event];
            stream.fail(
                stuck,
                format!("event {} is {} {before}", event + 1, stuck.class),
                automaton.permitted(state),
            )
        }
    })
}

pub(super) fn ended(automaton: &Automaton, seen: &Seen<'_>, stream: &Stream<'_>) -> Judgement {
    let Walk::Through(state) = walk(automaton, stream) else {
        return NotObserved::because("the order of the events is not as it should be");
    };
    if automaton.may_end(state) {
        return Ok(Verdict::Pass);
    }
    match &seen.response.end {
        End::Complete => {
            let last = &stream.events[stream.events.len() - 1];
            Ok(stream.fail(
                last,
                format!("the response is over after {}", last.class),
                automaton.permitted(state),
            ))
        }
        _ => NotObserved::because("the stream was not watched to its end"),
    }
}

/// What is wrong with one event: what is seen, and what is expected.
pub(super) type Fault = (String, String);

/// Looks at each event of `classes`; the first fault is told.
pub(super) fn each(
    stream: &Stream<'_>,
    classes: &[String],
    fault: impl Fn(&Event) -> Option<Fault>,
) -> Judgement {
    for event in stream.of_classes(classes)? {
        if let Some((seen, expected)) = fault(event) {
            return Ok(stream.fail(event, seen, expected));
        }
    }
    Ok(Verdict::Pass)
}

pub(super) fn without(stream: &Stream<'_>, fields: &[String], says: &str) -> Verdict {
    let line = stream.transcript.lines().find(|line| match line.line {
        sse_parser::Line::Field { name, .. } => fields.iter().any(|field| field.as_bytes() == name),
        _ => false,
    });
    match line {
        None => Verdict::Pass,
        Some(line) => Verdict::fail_at(
            "a field that this protocol does not use",
            says,
            stream.transcript.bytes(),
            line.offset,
        ),
    }
}

pub(super) fn counts(stream: &Stream<'_>, classes: &[String], pointer: &str) -> Judgement {
    let mut before: Option<i64> = None;
    for event in stream.of_classes(classes)? {
        let Some(number) = event.at(pointer).and_then(Value::as_i64) else {
            continue;
        };
        if let Some(before) = before
            && number != before + 1
        {
            return Ok(stream.fail(
                event,
                format!("{pointer} is {number} after {before}"),
                (before + 1).to_string(),
            ));
        }
        before = Some(number);
    }
    match before {
        Some(_) => Ok(Verdict::Pass),
        None => NotObserved::because(format!("no event has a number at {pointer}")),
    }
}

pub(super) fn nested(
    stream: &Stream<'_>,
    [open, within, close]: [&String; 3],
    pointer: &str,
) -> Judgement {
    let mut open_keys = BTreeSet::new();
    let mut any = false;
    for event in &stream.events {
        if ![open, within, close].contains(&&event.class) {
            continue;
        }
        any = true;
        let Some(key) = event.at(pointer).map(ToString::to_string) else {
            return Ok(stream.fail(event, format!("{} without {pointer}", event.class), pointer));
        };
        let is_open = open_keys.contains(&key);
        let fault = match (event.class == *open, is_open) {
            (true, true) => format!("{open} of {pointer} {key}, which is open"),
            (false, false) => format!("{} of {pointer} {key}, which is not open", event.class),
            _ => {
                if event.class == *open {
                    open_keys.insert(key);
                } else if event.class == *close {
                    open_keys.remove(&key);
                }
                continue;
            }
        };
        return Ok(stream.fail(
            event,
            printable(&fault),
            format!("{open}, {within} and {close} with one {pointer}"),
        ));
    }
    match any {
        true => Ok(Verdict::Pass),
        false => NotObserved::because(format!("there was no {open}")),
    }
}

pub(super) fn unique_ids(stream: &Stream<'_>) -> Judgement {
    let mut ids = BTreeSet::new();
    for event in &stream.events {
        let id = &event.dispatched.last_event_id;
        if event.dispatched.own_id && !id.is_empty() && !ids.insert(id.as_str()) {
            return Ok(stream.fail(
                event,
                format!("the id {:?} is given out again", printable(id)),
                "ids that are unique",
            ));
        }
    }
    match ids.is_empty() {
        false => Ok(Verdict::Pass),
        true => NotObserved::because("no event has an id"),
    }
}
