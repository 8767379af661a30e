//! What must be true of every fixture.

mod transcription;

use std::collections::BTreeSet;

use sse_fixtures::{ExpectedEvent, Fixture, Section, StepKind, corpus, cuts};
use transcription::EventSource;

#[test]
fn ids_are_unique() {
    let ids: BTreeSet<&str> = corpus().iter().map(|fixture| &*fixture.id).collect();
    assert_eq!(ids.len(), corpus().len());
    assert!(!ids.is_empty());
}

#[test]
fn no_two_fixtures_ask_the_same() {
    let mut seen: Vec<&Fixture> = Vec::new();
    for fixture in corpus() {
        if let Some(twin) = seen.iter().find(|twin| twin.sections == fixture.sections) {
            panic!("{} and {} are the same", twin.id, fixture.id);
        }
        seen.push(fixture);
    }
}

#[test]
fn every_summary_is_a_sentence() {
    for fixture in corpus() {
        let summary = &fixture.summary;
        assert!(summary.ends_with('.'), "{}: {summary}", fixture.id);
        assert!(
            !summary.starts_with(|c: char| c.is_ascii_lowercase()),
            "{}: {summary}",
            fixture.id
        );
    }
}

#[test]
fn every_fixture_asserts_something() {
    for fixture in corpus() {
        let asserts = fixture.sections.iter().any(|section| {
            matches!(
                section,
                Section::Events(_)
                    | Section::State(_)
                    | Section::Steps(_)
                    | Section::Request { .. }
                    | Section::Verdict(_)
            )
        });
        assert!(asserts, "{} asserts nothing", fixture.id);
    }
}

#[test]
fn every_stream_says_which_events_come() {
    for fixture in corpus() {
        if fixture.is_stream() && fixture.verdicts().is_none() {
            assert!(
                fixture.events().is_some(),
                "{} has no `--- events`",
                fixture.id
            );
        }
    }
}

#[test]
fn every_script_says_which_events_come() {
    for fixture in corpus() {
        assert!(
            fixture.script().is_none() || fixture.events().is_some(),
            "{} has no `--- events`",
            fixture.id
        );
    }
}

#[test]
fn steps_name_all_events_or_none() {
    for fixture in corpus() {
        let steps = fixture.steps().unwrap_or_default();
        let named = steps
            .iter()
            .filter(|step| step.kind == StepKind::Event)
            .count();
        let events = fixture.events().map_or(0, <[_]>::len);
        assert!(
            named == 0 || named == events,
            "{}: {named} of {events} events",
            fixture.id
        );
    }
}

#[test]
fn what_is_written_is_read_back() {
    for fixture in corpus() {
        let text = fixture.to_text();
        let again =
            Fixture::parse(&fixture.path, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(&again, fixture);
    }
}

#[test]
fn chunks_put_together_are_the_stream() {
    for fixture in corpus() {
        for section in &fixture.sections {
            let Section::Stream(stream) = section else {
                continue;
            };
            for plan in cuts::every(stream, 0..8) {
                assert_eq!(
                    plan.chunks(&stream.bytes)
                        .flatten()
                        .copied()
                        .collect::<Vec<u8>>(),
                    stream.bytes,
                    "{plan}"
                );
            }
        }
    }
}

#[test]
fn the_transcription_agrees_with_every_stream() {
    for fixture in corpus() {
        let Some(stream) = fixture.stream() else {
            continue;
        };
        let mut source = EventSource::default();
        source.interpret(&stream.bytes);
        if let Some(expected) = fixture.events() {
            let agree = |(e, [t, data, id]): (&ExpectedEvent, &[String; 3])| e.matches(t, data, id);
            let all = expected.len() == source.events.len()
                && expected.iter().zip(&source.events).all(agree);
            assert!(
                all,
                "{}: {:?} instead of {expected:?}",
                fixture.id, source.events
            );
        }
        if let Some(state) = fixture.state() {
            let agrees = state.matches(Some(&source.last_event_id), source.reconnection_time);
            assert!(
                agrees,
                "{}: {:?}, {:?}",
                fixture.id, source.last_event_id, source.reconnection_time
            );
        }
    }
}
