//! Four peers through `sse_fixtures::trials`, as their authors would run it. The fixtures that `docs/generated/peers.md` says that one gets wrong
//! are ignored, no others, and each for a reason.

use std::collections::BTreeSet;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use sse_fixtures::ExpectedEvent;
use sse_peers::parsers::PARSERS;

/// A reason, and the checks whose fixtures show it.
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
                &[
                    "line/name-exact",
                    "parse/bom",
                    "parse/bom-midstream",
                    "parse/bom-once",
                    "parse/bom-split",
                ],
            ),
        ],
    ),
    (
        "eventsource-stream",
        &[
            STRICT,
            (
                "a byte order mark at the start panics",
                &[
                    "parse/bom",
                    "parse/bom-midstream",
                    "parse/bom-once",
                    "parse/bom-split",
                    "parse/chunk-invariance",
                ],
            ),
            (
                "a line that CR ends is taken when the next byte comes",
                &[
                    "eof/discard-line",
                    "field/data-append",
                    "parse/cr-lf-split",
                    "parse/eol-cr",
                    "parse/eol-mixed",
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
    let wrong = wrong(peer.name);
    for id in &wrong {
        assert!(reason(known, id).is_some(), "{name}: no reason for {id}");
    }
    for check in known.iter().flat_map(|(_, checks)| *checks) {
        let shows = |id: &String| id.rsplit_once('/').is_some_and(|(of, _)| of == *check);
        assert!(
            wrong.iter().any(shows),
            "{name}: {check} has nothing to ignore"
        );
    }
    sse_fixtures::trials(parse)
        .into_iter()
        .map(|trial| match reason(known, trial.name()) {
            Some(why) if wrong.contains(trial.name()) => trial
                .with_ignored_flag(true)
                .with_kind(format!("{name}: {why}")),
            _ => trial.with_kind(name),
        })
        .collect()
}

/// Why the fixture `id` is ignored, if it is.
fn reason(known: &[Known], id: &str) -> Option<&'static str> {
    let (of, _) = id.rsplit_once('/')?;
    let (why, _) = known.iter().find(|(_, checks)| checks.contains(&of))?;
    Some(why)
}

/// The fixtures that a parser gets wrong, as the committed page says; the test of that page holds it to what comes.
fn wrong(name: &str) -> BTreeSet<String> {
    let page = include_str!("../../../docs/generated/peers.md");
    let mut wrong = BTreeSet::new();
    let Some((_, section)) = page.split_once(&format!("\n## {name}\n")) else {
        return wrong;
    };
    let mut check = "";
    for line in section.lines().take_while(|line| !line.starts_with("## ")) {
        if let Some((id, _)) = line
            .strip_prefix("- `")
            .and_then(|rest| rest.split_once('`'))
        {
            check = id.rsplit_once('/').map_or("", |(check, _)| check);
            wrong.insert(id.to_owned());
        } else if let Some(others) = line.strip_prefix("  Also ") {
            let others = others.split(", ").map(|other| other.trim_matches('`'));
            wrong.extend(others.map(|other| format!("{check}/{other}")));
        }
    }
    wrong
}
