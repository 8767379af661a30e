//! The steps that a target is tried with: every event of the corpus, and every hostile string in each field.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use sse_fixtures::{ExpectedEvent, Fixture, Refusal, ScriptStep};

/// A step that a target is tried with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What is to be written.
    pub step: ScriptStep,
    /// What it means if it is refused.
    pub refusal: Refusal,
    /// The fixture that it comes from.
    pub fixture: String,
}

impl Subject {
    /// Whether the step may be refused, or is about text that is not ordinary. Long data is ordinary.
    pub(super) fn is_unusual(&self) -> bool {
        let odd = |text: &str| is_odd(text) || text.contains(['\u{2028}', '\u{2029}']);
        self.refusal != Refusal::Defect
            || (self.fixture.starts_with("lint/silent-change/")
                && !self.fixture.contains("/data-of-"))
            || super::texts(&self.step).any(|(_, text)| odd(text))
    }
}

/// All of them, in the order of their fixtures, each once.
pub fn subjects() -> &'static [Subject] {
    static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| of(sse_fixtures::corpus()));
    &SUBJECTS
}

/// The subject whose step this is.
pub(super) fn find(step: &ScriptStep) -> Option<&'static Subject> {
    static BY_STEP: LazyLock<HashMap<&'static ScriptStep, &'static Subject>> =
        LazyLock::new(|| {
            subjects()
                .iter()
                .map(|subject| (&subject.step, subject))
                .collect()
        });
    BY_STEP.get(step).copied()
}

fn of(corpus: &[Fixture]) -> Vec<Subject> {
    let mut seen = HashSet::new();
    let mut subjects = Vec::new();
    // The scripts first: they say what it means if a step is refused, which an event that comes of bytes does not. And the ordinary ones
    // before the others, in which they stand too.
    let mut fixtures: Vec<_> = corpus
        .iter()
        .filter(|fixture| fixture.script().is_some() || fixture.is_stream())
        .collect();
    fixtures.sort_by_key(|fixture| {
        (
            fixture.script().is_none(),
            fixture.check != "lint/round-trip",
        )
    });
    for fixture in fixtures {
        for (step, refusal) in steps_of(fixture) {
            if seen.insert(step.clone()) {
                subjects.push(Subject {
                    step,
                    refusal,
                    fixture: fixture.id.clone(),
                });
            }
        }
    }
    subjects
}

fn steps_of(fixture: &Fixture) -> Vec<(ScriptStep, Refusal)> {
    if let Some(script) = fixture.script() {
        let steps = script.iter().map(|one| (one.step.clone(), one.refusal));
        return steps.collect();
    }
    let mut id = "";
    let mut steps = Vec::new();
    for event in fixture.events().unwrap_or_default() {
        steps.extend(step_of(event, &mut id));
    }
    steps
}

/// The step that asks for an event that came of bytes. An id is set only where it changes: the others were inherited.
fn step_of<'e>(event: &'e ExpectedEvent, id: &mut &'e str) -> Option<(ScriptStep, Refusal)> {
    let (Some(event_type), Some(data)) = (&event.event_type, &event.data) else {
        return None;
    };
    let own_id = event.last_event_id.as_deref().filter(|own| own != id);
    *id = own_id.unwrap_or(id);
    let step = ScriptStep::Event {
        event: Some(event_type.clone()).filter(|event_type| event_type != "message"),
        id: own_id.map(str::to_owned),
        retry: None,
        data: Some(data.clone()),
    };
    let id_is_odd = own_id.is_some_and(|id| !id.bytes().all(|byte| byte.is_ascii_graphic()));
    let refusal = if id_is_odd || is_odd(event_type) || is_odd(data) {
        Refusal::Allowed
    } else {
        Refusal::Defect
    };
    Some((step, refusal))
}

/// Whether a careful encoder may refuse the text, although the format can carry it: it holds a control character that is neither a line feed
/// nor a tab, a character that is none, or it is very long. An id is odd sooner, because it comes back in a header.
fn is_odd(text: &str) -> bool {
    let odd = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || c == '\u{feff}'
            || u32::from(c) & 0xfffe == 0xfffe
    };
    text.chars().any(odd) || text.len() > 16 << 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_becomes_a_step_only_when_it_changes() {
        let text = "# x\n\n--- stream\nid: 1\\n\n\n--- events\n{\"type\": \"message\", \"data\": \"a\", \"lastEventId\": \"1\"}\n{\"type\": \"x\", \"data\": \"b\", \"lastEventId\": \"1\"}\n{\"type\": \"x\", \"data\": \"c\", \"lastEventId\": \"\"}\n";
        let fixture = Fixture::parse("fixtures/a/b/c.fixture", text).expect("it is one");
        let json: Vec<_> = of(&[fixture])
            .iter()
            .map(|subject| serde_json::to_string(&subject.step).expect("plain data"))
            .collect();
        assert_eq!(
            json,
            [
                r#"{"id":"1","data":"a"}"#,
                r#"{"event":"x","data":"b"}"#,
                r#"{"event":"x","id":"","data":"c"}"#
            ]
        );
    }

    #[test]
    fn each_step_is_there_once_and_can_be_found() {
        for subject in subjects() {
            assert_eq!(find(&subject.step), Some(subject));
        }
        assert!(subjects().len() > 100, "{}", subjects().len());
    }
}
