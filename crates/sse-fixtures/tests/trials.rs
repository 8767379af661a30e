//! The corpus as tests: a parser that is right passes all of them, one that is wrong fails those that are about it.

mod transcription;

use libtest_mimic::{Arguments, Conclusion};
use sse_fixtures::ExpectedEvent;
use transcription::EventSource;

fn run(
    only: Option<&str>,
    parse: impl FnMut(&[&[u8]]) -> Vec<ExpectedEvent> + Send + 'static,
) -> Conclusion {
    let arguments = Arguments {
        quiet: true,
        filter: only.map(str::to_owned),
        ..Arguments::default()
    };
    libtest_mimic::run(&arguments, sse_fixtures::trials(parse))
}

fn events(bytes: &[u8]) -> Vec<ExpectedEvent> {
    let mut source = EventSource::default();
    source.interpret(bytes);
    let events = source.events.iter();
    events
        .map(|[t, data, id]| ExpectedEvent::new(t, data, id))
        .collect()
}

#[test]
fn a_parser_that_is_right_passes() {
    let right = run(None, |chunks| events(&chunks.concat()));
    assert!(right.num_passed > 400, "{right:?}");
    assert_eq!(right.num_failed, 0);
}

#[test]
fn a_parser_that_takes_each_chunk_for_a_stream_fails() {
    let wrong = run(Some("parse/order/"), |chunks| {
        chunks.iter().flat_map(|chunk| events(chunk)).collect()
    });
    assert!(wrong.num_failed > 0, "{wrong:?}");
    assert_eq!(wrong.num_passed, 0);
}
