//! Runs the corpus through every parser and compares who differs, where, with `docs/generated/peers.md`.
//!
//! `SSESPEC_GENERATE=1 cargo test -p sse-peers` writes that file anew.

use std::fmt::{self, Write as _};
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use bytes::Bytes;
use sse_fixtures::cuts::{self, CutPlan};
use sse_fixtures::{ExpectedEvent, Fixture, Stream, corpus};
use sse_parser::OwnedEvent;
use sse_peers::parsers::{Collect, OURS, PARSERS, Parser};

/// How a parser differs on a fixture.
struct Difference<'a> {
    fixture: &'a Fixture,
    /// The first plan that shows it.
    plan: CutPlan,
    /// It is right if it gets the stream in one chunk.
    whole_is_right: bool,
    what: What,
}

enum What {
    Panicked(String),
    /// The event of this number is another one; `None` for none at all.
    Event {
        number: usize,
        expected: Option<ExpectedEvent>,
        seen: Option<OwnedEvent>,
        error: Option<String>,
    },
}

#[test]
fn ours_differs_nowhere() {
    let differences: Vec<_> = differences(OURS).collect();
    let told: Vec<_> = differences.iter().map(|it| Entry(it).to_string()).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_differences_of_the_peers_are_as_committed() {
    let wanted = report();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/peers.md");
    if std::env::var_os("SSESPEC_GENERATE").is_some() {
        fs::write(&file, &wanted).expect("the file can be written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == wanted,
        "docs/generated/peers.md is stale; run `SSESPEC_GENERATE=1 cargo test -p sse-peers`"
    );
}

fn report() -> String {
    let peers: Vec<_> = PARSERS
        .iter()
        .map(|parser| (parser, differences(parser).collect::<Vec<_>>()))
        .collect();
    let mut out = String::from(
        "<!-- Generated; do not edit. Write it anew: SSESPEC_GENERATE=1 cargo test -p sse-peers -->\n\n# Where parsers differ from the standard\n\n",
    );
    let _ = write!(
        out,
        "Each of the {} fixtures that are a stream alone, as written, whole, byte by byte and cut in two at every offset, through\n\
         the parsers of `crates/sse-peers`. Only events are compared. Where a crate gives raw blocks and leaves it to its caller to\n\
         remember the last event ID and to name the type, that is done for it. An event is shown as type, data, last event ID; of each\n\
         check the first fixture that differs is shown, and the others are named.\n\n| parser | differs on | of these, only with some cuts | panics |\n|---|---:|---:|---:|\n",
        streams().count()
    );
    for (parser, differences) in &peers {
        let cut = differences.iter().filter(|d| d.whole_is_right).count();
        let panics = differences
            .iter()
            .filter(|d| matches!(d.what, What::Panicked(_)))
            .count();
        let _ = writeln!(
            out,
            "| {} | {} | {cut} | {panics} |",
            parser.name,
            differences.len()
        );
    }
    for (parser, differences) in peers.iter().filter(|(_, found)| !found.is_empty()) {
        let _ = writeln!(out, "\n## {}\n", parser.name);
        for group in differences.chunk_by(|a, b| a.fixture.check == b.fixture.check) {
            let (first, others) = group.split_first().expect("no group is empty");
            let _ = write!(out, "{}", Entry(first));
            for (nth, other) in others.iter().enumerate() {
                let before = if nth == 0 { "\n  Also" } else { "," };
                let _ = write!(out, "{before} `{}`", other.fixture.name);
            }
            out.push('\n');
        }
    }
    out
}

fn streams() -> impl Iterator<Item = (&'static Fixture, &'static Stream, &'static [ExpectedEvent])>
{
    corpus()
        .iter()
        .filter_map(|fixture| Some((fixture, fixture.stream()?, fixture.events()?)))
}

fn differences(parser: &Parser) -> impl Iterator<Item = Difference<'static>> {
    streams().filter_map(|(fixture, stream, expected)| {
        let difference = |plan: &CutPlan| difference(parser, plan, &stream.bytes, expected);
        let (plan, what) =
            cuts::every(stream, []).find_map(|plan| difference(&plan).map(|what| (plan, what)))?;
        Some(Difference {
            fixture,
            plan,
            whole_is_right: difference(&cuts::whole()).is_none(),
            what,
        })
    })
}

fn difference(
    parser: &Parser,
    plan: &CutPlan,
    bytes: &[u8],
    expected: &[ExpectedEvent],
) -> Option<What> {
    let seen = match collect(parser, plan, bytes) {
        Ok(seen) => seen,
        Err(message) => return Some(What::Panicked(message)),
    };
    let same = |number: &usize| match (expected.get(*number), seen.events.get(*number)) {
        (Some(wanted), Some(event)) => {
            wanted.matches(&event.event_type, &event.data, &event.last_event_id)
        }
        _ => false,
    };
    let all = expected.len().max(seen.events.len());
    let number = (0..all).find(|number| !same(number))?;
    Some(What::Event {
        number,
        expected: expected.get(number).cloned(),
        seen: seen.events.get(number).cloned(),
        error: seen.error,
    })
}

/// What came, or the message of a panic.
fn collect(parser: &Parser, plan: &CutPlan, bytes: &[u8]) -> Result<Collect, String> {
    let chunks: Vec<_> = plan.chunks(bytes).map(Bytes::copy_from_slice).collect();
    let before = panic::take_hook();
    panic::set_hook(Box::new(|_| {})); // it is expected, and told below
    let seen = panic::catch_unwind(AssertUnwindSafe(|| (parser.collect)(&chunks)));
    panic::set_hook(before);
    seen.map_err(|panic| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic
            .downcast_ref::<&str>()
            .map_or_else(String::new, |message| (*message).to_owned()),
    })
}

/// A line of the report.
struct Entry<'a>(&'a Difference<'a>);

impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            fixture,
            plan,
            whole_is_right,
            what,
        } = self.0;
        write!(f, "- `{}`", fixture.id)?;
        if *whole_is_right {
            write!(f, ", {plan}")?;
        }
        match what {
            What::Panicked(message) => write!(f, ": panics, {}", code(message)),
            What::Event {
                number,
                expected,
                seen,
                error,
            } => {
                write!(f, ": event {}: ", number + 1)?;
                match seen {
                    Some(event) => write!(
                        f,
                        "{}",
                        parts(&event.event_type, &event.data, &event.last_event_id)
                    )?,
                    None => f.write_str("nothing")?,
                }
                if let Some(error) = error {
                    write!(f, " ({})", code(error))?;
                }
                match expected {
                    Some(event) => {
                        let part =
                            |part: &Option<String>| part.clone().unwrap_or_else(|| "…".to_owned());
                        let wanted = parts(
                            &part(&event.event_type),
                            &part(&event.data),
                            &part(&event.last_event_id),
                        );
                        write!(f, " instead of {wanted}")
                    }
                    None => f.write_str(" where there is none"),
                }
            }
        }
    }
}

fn parts(event_type: &str, data: &str, last_event_id: &str) -> String {
    format!(
        "{} {} {}",
        code(event_type),
        code(data),
        code(last_event_id)
    )
}

/// Escaped, on one line, and not too long.
fn code(text: &str) -> String {
    let escaped: String = text.escape_debug().collect();
    let escaped = escaped.replace("\\'", "'").replace('`', "'");
    let mut short: String = escaped.chars().take(60).collect();
    if short.len() < escaped.len() {
        short.push('…');
    }
    format!("`\"{short}\"`")
}
