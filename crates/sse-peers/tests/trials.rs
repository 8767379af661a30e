//! Four peers through `sse_fixtures::trials`, as their authors would run it. What each is known to get wrong is ignored, with the reason.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use sse_fixtures::ExpectedEvent;
use sse_peers::parsers::PARSERS;

/// A reason, and what the names of the fixtures that are ignored for it begin with.
type Known = (&'static str, &'static [&'static str]);

const STRICT: Known = (
    "ill-formed bytes end the stream with an error",
    &[
        "parse/utf8-always",
        "parse/utf8-replace",
        "parse/utf8-split",
    ],
);

const PEERS: &[(&str, &[Known])] = &[
    ("sse-core", &[]),
    ("sse-stream", &[STRICT]),
    (
        "eventsource-client",
        &[
            STRICT,
            (
                "a block of unknown fields alone is an error that ends the stream",
                &["parse/bom", "line/name-exact"],
            ),
        ],
    ),
    (
        "eventsource-stream",
        &[
            STRICT,
            (
                "a byte order mark at the start panics",
                &["parse/bom", "parse/chunk-invariance"],
            ),
            (
                "a line that CR ends is taken when the next byte comes",
                &[
                    "parse/eol-",
                    "parse/cr-lf-split",
                    "field/data-append",
                    "eof/discard-line",
                ],
            ),
        ],
    ),
];

fn main() -> ExitCode {
    let trials = PEERS.iter().flat_map(|(name, known)| trials(name, known));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn trials(name: &'static str, known: &'static [Known]) -> Vec<Trial> {
    let peer = PARSERS
        .iter()
        .find(|peer| peer.name.split(' ').next() == Some(name))
        .expect("the peer is there");
    let parse = |chunks: &[&[u8]]| {
        let events = peer.events(chunks);
        let expected = events
            .iter()
            .map(|event| ExpectedEvent::new(&event.event_type, &event.data, &event.last_event_id));
        expected.collect()
    };
    let ignored = |id: &str| {
        known
            .iter()
            .find(|(_, checks)| checks.iter().any(|check| id.starts_with(check)))
    };
    sse_fixtures::trials(parse)
        .into_iter()
        .map(|trial| match ignored(trial.name()) {
            Some((why, _)) => trial
                .with_ignored_flag(true)
                .with_kind(format!("{name}: {why}")),
            None => trial.with_kind(name),
        })
        .collect()
}
