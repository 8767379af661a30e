//! No fixture of a parser says what another one says: of two that find the same defects in streams of the same shape, one is enough.

use std::collections::{BTreeMap, BTreeSet};

use sse_fixtures::{Fixture, cuts};
use ssespec::parser::Played;

use super::parser::play_here;
use super::twists::BROKEN;

/// Longer streams are not played byte by byte here, in bytes.
const LONG: usize = 2048;

/// What makes two fixtures the same: their requirement, the defects that they find, and their shape.
type Signature = (String, BTreeSet<&'static str>, String);

pub(crate) fn none() {
    let mut same: BTreeMap<Signature, Vec<&str>> = BTreeMap::new();
    let fixtures = sse_fixtures::corpus().iter();
    for fixture in fixtures.filter(|fixture| fixture.is_stream() && fixture.events().is_some()) {
        let signature = (fixture.check.clone(), found_by(fixture), shape(fixture));
        same.entry(signature).or_default().push(&fixture.name);
    }
    let twice: Vec<_> = same
        .iter()
        .filter(|(_, names)| names.len() > 1)
        .map(|((check, found, _), names)| format!("{check}: {names:?} find {found:?}"))
        .collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

/// The defects that change what comes of the fixture.
fn found_by(fixture: &Fixture) -> BTreeSet<&'static str> {
    let stream = fixture.stream().expect("it has one");
    let mut plans = vec![cuts::whole(), cuts::as_written(stream)];
    if stream.bytes.len() <= LONG {
        plans.push(cuts::bytewise(stream.bytes.len()));
    }
    let play = |twist| -> Vec<Played> {
        let plans = plans.iter();
        plans
            .map(|plan| play_here(twist, &plan.chunks(&stream.bytes).collect::<Vec<_>>()))
            .collect()
    };
    let right = play("control");
    BROKEN
        .iter()
        .map(|(twist, _)| *twist)
        .filter(|twist| play(twist) != right)
        .collect()
}

/// The stream with one letter for all letters of a value and one digit for all digits, and its edges.
fn shape(fixture: &Fixture) -> String {
    let stream = fixture.stream().expect("it has one");
    let mut shape = String::new();
    let mut value = false;
    for (at, byte) in stream.bytes.iter().enumerate() {
        if stream.cuts.contains(&at) {
            shape.push('|');
        }
        let class = match byte {
            b'a'..=b'z' | b'A'..=b'Z' if value => 'a',
            b'0'..=b'9' if value => '0',
            other => char::from(*other),
        };
        if !(value && class.is_ascii_alphanumeric() && shape.ends_with(class)) {
            shape.push(class);
        }
        value = !matches!(byte, b'\r' | b'\n') && (value || *byte == b':');
    }
    shape
}
