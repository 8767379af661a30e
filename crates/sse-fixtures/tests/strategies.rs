//! The strategies against the transcription.

mod transcription;

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sse_fixtures::strategies::{self, GeneratedStream};
use sse_fixtures::{ExpectedEvent, Fixture};
use transcription::EventSource;

proptest! {
    #[test]
    fn what_a_stream_was_put_together_from_comes_of_it(stream in strategies::stream()) {
        let mut source = EventSource::default();
        source.interpret(&stream.bytes);
        let seen: Vec<_> = source.events.iter().map(|[t, data, id]| ExpectedEvent::new(t, data, id)).collect();
        prop_assert_eq!(&seen, &stream.events);
        prop_assert!(stream.state.matches(Some(&source.last_event_id), source.reconnection_time));
    }

    #[test]
    fn a_generated_stream_can_be_kept_as_a_fixture(stream in strategies::stream()) {
        let fixture = stream.fixture("a/b/c.fixture", "A thing.").unwrap();
        let text = fixture.to_text();
        prop_assert!(text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
        let again = Fixture::parse("a/b/c.fixture", &text);
        prop_assert_eq!(again, Ok(fixture), "{}", text);
    }

    #[test]
    fn cuts_lose_nothing((stream, plan) in strategies::cuts_of(strategies::stream(), |stream| stream.bytes.len())) {
        let joined: Vec<u8> = plan.chunks(&stream.bytes).flatten().copied().collect();
        prop_assert_eq!(joined, stream.bytes);
    }

    #[test]
    fn a_sent_event_has_no_line_end_where_none_can_stand(event in strategies::event()) {
        let single = [&event.event_type, &event.id];
        prop_assert!(single.into_iter().flatten().all(|text| !text.contains(['\r', '\n'])));
        prop_assert!(!event.data.unwrap_or_default().contains('\r'));
        prop_assert!(!event.id.unwrap_or_default().contains('\0'));
    }
}

type HardCase = (&'static str, fn(&GeneratedStream) -> bool);

/// A strategy that never makes the hard cases proves nothing.
#[test]
fn streams_hold_every_hard_case() {
    let hard: [HardCase; 12] = [
        ("byte order mark", |s| s.bytes.starts_with(b"\xef\xbb\xbf")),
        ("two byte order marks", |s| {
            s.bytes.starts_with(b"\xef\xbb\xbf\xef\xbb\xbf")
        }),
        ("cr", |s| {
            s.bytes
                .windows(2)
                .any(|pair| pair[0] == b'\r' && pair[1] != b'\n')
        }),
        ("crlf", |s| s.bytes.windows(2).any(|pair| pair == b"\r\n")),
        ("ill-formed", |s| std::str::from_utf8(&s.bytes).is_err()),
        ("type", |s| {
            s.events
                .iter()
                .any(|e| e.event_type.as_deref() != Some("message"))
        }),
        ("empty data", |s| {
            s.events.iter().any(|e| e.data.as_deref() == Some(""))
        }),
        ("line feed in data", |s| {
            s.events
                .iter()
                .any(|e| e.data.as_deref().is_some_and(|d| d.contains('\n')))
        }),
        ("null in data", |s| {
            s.events
                .iter()
                .any(|e| e.data.as_deref().is_some_and(|d| d.contains('\0')))
        }),
        ("id", |s| {
            s.events
                .iter()
                .any(|e| e.last_event_id.as_deref() != Some(""))
        }),
        ("reconnection time", |s| {
            s.state.reconnection_time.flatten().is_some()
        }),
        ("unfinished", |s| {
            !s.bytes.ends_with(b"\n") && !s.bytes.ends_with(b"\r") && !s.bytes.is_empty()
        }),
    ];
    let missing: RefCell<BTreeSet<&str>> =
        RefCell::new(hard.iter().map(|(name, _)| *name).collect());
    TestRunner::deterministic()
        .run(&strategies::stream(), |stream| {
            missing
                .borrow_mut()
                .retain(|missing| !hard.iter().any(|(name, is)| name == missing && is(&stream)));
            Ok(())
        })
        .unwrap();
    assert_eq!(missing.into_inner(), BTreeSet::new());
}
