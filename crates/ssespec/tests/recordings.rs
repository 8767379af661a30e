//! The judges over evidence that does not change: observations that were recorded of the fleet of mutants, and fixtures with a verdict.
//!
//! A fixture is written by hand and shows what can be seen in one head and its bytes. A recording shows what needs time, or several requests;
//! `SSESPEC_RECORD=1 cargo test -p ssespec --test mutants` makes those that are missing. It is never made again by itself: to record anew, remove
//! the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sse_fixtures::{BodyPart, Outcome};
use ssespec::check::{self, Check, Judgement, Probe, Registered, Verdict};
use ssespec::header::Header;
use ssespec::observation::{Answer, Body, End, Exchange, Observation, Request, Response};
use ssespec::{checks, profile, requirement};

/// Whether a judgement accuses the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Pass,
    Fail,
}

/// What stands in the tables of evidence: which check, and what it says.
type Evidence = BTreeSet<(&'static str, Kind)>;

#[test]
fn a_recording_is_judged_as_its_name_says() {
    recorded();
}

#[test]
fn a_fixture_is_judged_as_its_verdict_says() {
    written();
}

#[test]
fn every_check_has_evidence_in_both_directions() {
    let mut evidence = recorded();
    evidence.extend(written());
    for registered in checks::ALL {
        let id = registered.check.requirement;
        for kind in [Kind::Pass, Kind::Fail] {
            assert!(
                evidence.contains(&(id, kind)),
                "{id} has no evidence of a {kind:?}: write a fixture with `--- verdict`, or give it a mutant and run \
                 `SSESPEC_RECORD=1 cargo test -p ssespec --test mutants`"
            );
        }
    }
}

#[test]
fn every_rule_of_a_profile_about_the_stream_has_evidence_in_both_directions() {
    let evidence = written();
    for rule in profile::all().iter().flat_map(|profile| &profile.rules) {
        if matches!(rule.judge, profile::Judge::Answer { .. }) {
            continue; // tests/profiles.rs
        }
        for kind in [Kind::Pass, Kind::Fail] {
            assert!(
                evidence.contains(&(&*rule.id, kind)),
                "{} has no fixture that shows a {kind:?}",
                rule.id
            );
        }
    }
}

#[test]
fn all_evidence_is_for_a_requirement() {
    for fixture in sse_fixtures::corpus() {
        assert!(
            requirement::find(&fixture.check).is_some()
                || profile::find_rule(&fixture.check).is_some(),
            "fixtures/{}: no requirement and no rule of a profile has this name",
            fixture.check
        );
    }
}

/// Judges all recordings, holds what is said to its snapshot, and returns what they are evidence of.
fn recorded() -> Evidence {
    let mut evidence = Evidence::new();
    let mut said: BTreeMap<&str, String> = BTreeMap::new();
    for (id, name, text) in recordings() {
        let observation: Observation = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("recordings/{id}/{name}: {error}"));
        // What was seen by another probe is judged in the way that this probe is for.
        let mut ways = check::find(&id).into_iter().flat_map(Registered::ways);
        let check = ways
            .find(|check| check.probe == observation.probe)
            .unwrap_or_else(|| check(&id));
        let judgement = (check.judge)(&observation);
        let kind = kind(&judgement);
        let named = name.split('-').next();
        assert!(
            matches!(
                (named, kind),
                (Some("pass"), Some(Kind::Pass)) | (Some("fail"), Some(Kind::Fail))
            ),
            "recordings/{id}/{name}: {judgement:?}"
        );
        evidence.extend(kind.map(|kind| (check.requirement, kind)));
        *said.entry(check.requirement).or_default() += &format!("{name}\n{}\n", shown(&judgement));
    }
    for (id, said) in said {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("recordings__{}", id.replace('/', "__")), said);
        });
    }
    evidence
}

/// Judges all fixtures with a verdict, and returns what they are evidence of.
fn written() -> Evidence {
    let mut evidence = Evidence::new();
    for fixture in sse_fixtures::corpus() {
        for expected in fixture.verdicts().unwrap_or_default() {
            let (id, judgement) = judgement(fixture, &expected.check);
            let kind = kind(&judgement);
            let wanted = match expected.outcome {
                Outcome::Pass => Kind::Pass,
                Outcome::Fail => Kind::Fail,
            };
            assert_eq!(kind, Some(wanted), "{}: {judgement:?}", fixture.id);
            evidence.insert((id, wanted));
        }
    }
    evidence
}

/// What the check or the rule of a profile `id` says of `fixture`.
fn judgement(fixture: &sse_fixtures::Fixture, id: &str) -> (&'static str, Judgement) {
    let Some((profile, rule)) = profile::find_rule(id) else {
        let check = check(id);
        return (check.requirement, (check.judge)(&observation(fixture)));
    };
    let mut seen = observation(fixture);
    let usual = profile.request.as_ref().map(|request| &request.method);
    if let Some(method) = rule.method.as_ref().or(usual) {
        seen.exchanges[0].request.method.clone_from(method);
    }
    (&rule.id, profile.judgement(rule, &seen, None))
}

/// All recordings: the check, the name of the file and its text.
fn recordings() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let entries = |path: &Path| {
        let mut entries: Vec<_> = std::fs::read_dir(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            .flatten()
            .map(|entry| entry.path())
            .collect();
        entries.sort();
        entries
    };
    for group in entries(&folder) {
        for rule in entries(&group) {
            for file in entries(&rule) {
                let name = |path: &Path| {
                    path.file_name()
                        .expect("an entry has a name")
                        .to_string_lossy()
                        .into_owned()
                };
                let text = std::fs::read_to_string(&file).expect("a recording can be read");
                found.push((
                    format!("{}/{}", name(&group), name(&rule)),
                    name(&file),
                    text,
                ));
            }
        }
    }
    found
}

fn check(id: &str) -> &'static Check {
    check::find(id)
        .unwrap_or_else(|| panic!("{id} is not a check"))
        .check
}

fn kind(judgement: &Judgement) -> Option<Kind> {
    match judgement {
        Ok(Verdict::Pass | Verdict::Note(_)) => Some(Kind::Pass),
        Ok(Verdict::Fail(_)) => Some(Kind::Fail),
        Ok(Verdict::Unsupported(_)) | Err(_) => None,
    }
}

fn shown(judgement: &Judgement) -> String {
    match judgement {
        Ok(Verdict::Pass) => "  pass".to_owned(),
        Ok(Verdict::Note(note)) => format!("  note      {note}"),
        Ok(Verdict::Fail(finding)) => {
            let mut text = format!(
                "  seen      {}\n  expected  {}",
                finding.seen, finding.expected
            );
            if let Some(bytes) = &finding.bytes {
                text += &format!("\n  bytes     at {}: {}", bytes.offset, bytes.escaped);
            }
            text
        }
        Ok(Verdict::Unsupported(what)) => format!("  unsupported: {what}"),
        Err(why) => format!("  not observed: {}", why.0),
    }
}

/// What the probe `connect` sees of a server that plays the first connection of `fixture`.
fn observation(fixture: &sse_fixtures::Fixture) -> Observation {
    let connections = fixture.connections();
    let connection = connections
        .first()
        .unwrap_or_else(|| panic!("{}: nothing is sent", fixture.id));
    let mut at = 10_000;
    let mut body = Body::default();
    for part in &connection.body {
        match part {
            BodyPart::Wait(time) => at += u64::try_from(time.as_micros()).expect("a short time"),
            BodyPart::Stream(stream) => {
                body.push(&stream.bytes, at, usize::MAX);
            }
        }
    }
    let ours = [("Content-Type".to_owned(), b"text/event-stream".to_vec())];
    let response = Response {
        version: "HTTP/1.1".to_owned(),
        status: connection.status,
        headers: connection
            .headers
            .unwrap_or(&ours)
            .iter()
            .map(|(name, value)| Header::new(name, value.clone()))
            .collect(),
        head_at: 5_000,
        body,
        end: match connection.end {
            sse_fixtures::End::Complete => End::Complete,
            sse_fixtures::End::Reset => End::Aborted("connection reset".to_owned()),
        },
        ended_at: at + 10_000,
    };
    let request = Request {
        method: "GET".to_owned(),
        url: "http://127.0.0.1/".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    let exchange = Exchange {
        name: "stream".to_owned(),
        request,
        answer: Answer::Response(response),
    };
    Observation::of(Probe::Connect, vec![exchange])
}
