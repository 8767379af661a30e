//! The corpus as tests of a parser in Rust, one a fixture.

use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Failed, Trial};

use crate::cuts::{self, CutPlan};
use crate::{ExpectedEvent, Fixture, Stream, corpus};

/// In how many random ways each fixture is cut.
const RANDOM: u64 = 4;

/// One test for each fixture of the corpus that a parser alone can play: as written, whole, byte by byte, cut in two at every offset and at random.
///
/// `parse` gets the chunks of one stream and gives its events; it starts afresh for each. A member that is `None` is not compared.
///
/// # Examples
///
/// A test target with `harness = false`:
///
/// ```no_run
/// # use sse_fixtures::ExpectedEvent;
/// # fn my_parser(chunks: &[&[u8]]) -> Vec<(String, String, String)> { Vec::new() }
/// fn main() {
///     let parse = |chunks: &[&[u8]]| my_parser(chunks).iter().map(|(t, d, id)| ExpectedEvent::new(t, d, id)).collect();
///     let arguments = libtest_mimic::Arguments::from_args();
///     libtest_mimic::run(&arguments, sse_fixtures::trials(parse)).exit();
/// }
/// ```
pub fn trials<P>(parse: P) -> Vec<Trial>
where
    P: FnMut(&[&[u8]]) -> Vec<ExpectedEvent> + Send + 'static,
{
    let parse = Arc::new(Mutex::new(parse));
    let playable = corpus().iter().filter_map(|fixture| {
        let (stream, events) = (fixture.stream()?, fixture.events()?);
        Some((fixture, stream, events))
    });
    playable
        .map(|(fixture, stream, events)| {
            let parse = Arc::clone(&parse);
            Trial::test(fixture.id.clone(), move || {
                // A parser that panicked in another test is still a parser.
                let mut parse = parse.lock().unwrap_or_else(PoisonError::into_inner);
                play(fixture, stream, events, &mut *parse)
            })
        })
        .collect()
}

fn play(
    fixture: &Fixture,
    stream: &Stream,
    expected: &[ExpectedEvent],
    parse: &mut impl FnMut(&[&[u8]]) -> Vec<ExpectedEvent>,
) -> Result<(), Failed> {
    for plan in cuts::every(stream, 0..RANDOM) {
        let chunks: Vec<_> = plan.chunks(&stream.bytes).collect();
        let seen = parse(&chunks);
        let same = seen.len() == expected.len()
            && seen
                .iter()
                .zip(expected)
                .all(|(seen, expected)| agree(seen, expected));
        if !same {
            return Err(told(fixture, &plan, expected, &seen));
        }
    }
    Ok(())
}

fn agree(seen: &ExpectedEvent, expected: &ExpectedEvent) -> bool {
    let agree = |seen: &Option<String>, expected: &Option<String>| {
        seen.is_none() || expected.is_none() || seen == expected
    };
    agree(&seen.event_type, &expected.event_type)
        && agree(&seen.data, &expected.data)
        && agree(&seen.last_event_id, &expected.last_event_id)
}

fn told(
    fixture: &Fixture,
    plan: &CutPlan,
    expected: &[ExpectedEvent],
    seen: &[ExpectedEvent],
) -> Failed {
    format!(
        "{}\nplayed {plan}\nexpected {expected:#?}\ngot {seen:#?}\n\n{}",
        fixture.summary,
        fixture.to_text()
    )
    .into()
}
