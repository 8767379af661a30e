//! Profiles: what is said of the answers to their further requests, what their levels do, and what is generated from them.
//!
//! What they say of a stream is shown by fixtures: `recordings.rs`.

mod fresh;

use std::fmt::Write as _;

use serde_json::json;
use ssespec::check::{Judgement, Probe, Verdict};
use ssespec::header::Header;
use ssespec::observation::{Answer, Body, End, Exchange, Failure, Observation, Request, Response};
use ssespec::profile::{self, Judge, Profile};

use crate::fresh::{HEADER, fresh, root};

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut kept = Body::default();
    kept.push(body, 2_000, usize::MAX);
    Answer::Response(Response {
        version: "HTTP/1.1".to_owned(),
        status,
        headers: headers
            .iter()
            .map(|(name, value)| Header::new(name, *value))
            .collect(),
        head_at: 1_000,
        body: kept,
        end: End::Complete,
        ended_at: 3_000,
    })
}

fn exchange(name: &str, answer: Answer) -> Exchange {
    let request = Request {
        method: "POST".to_owned(),
        url: "http://127.0.0.1/".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    Exchange {
        name: name.to_owned(),
        request,
        answer,
    }
}

/// What the rule `id` says of `answer` to the ask that it looks at.
fn said(id: &str, answer: Answer, session: bool) -> Judgement {
    let (profile, rule) = profile::find_rule(id).expect("there is such a rule");
    let Judge::Answer { ask, .. } = &rule.judge else {
        panic!("{id} does not look at an answer");
    };
    let headers: &[_] = match session {
        true => &[
            ("mcp-session-id", "1"),
            ("content-type", "text/event-stream"),
        ],
        false => &[("content-type", "text/event-stream")],
    };
    let connect = Observation::of(
        Probe::Connect,
        vec![exchange("stream", self::answer(200, headers, b""))],
    );
    let asked = Observation::of(
        Probe::Profile,
        vec![exchange(&profile.exchange(ask), answer)],
    );
    profile.judgement(rule, &connect, Some(&asked))
}

#[test]
fn answers_are_judged_in_both_directions() {
    let stream = ("content-type", "text/event-stream");
    let json = ("content-type", "application/json");
    let cursor = ("mercure-last-event-id", "earliest");
    let gone = || Answer::Nothing {
        why: Failure::Timeout,
        after: 1,
    };
    let table: Vec<(&str, Answer, Answer)> = vec![
        (
            "mcp-2025-11-25/listen",
            answer(405, &[], b""),
            answer(200, &[json], b"{}"),
        ),
        ("mcp-2025-11-25/listen", answer(200, &[stream], b""), gone()),
        (
            "mcp-2025-11-25/notification",
            answer(202, &[], b""),
            answer(202, &[json], b"{}"),
        ),
        (
            "mcp-2025-11-25/notification",
            answer(202, &[], b""),
            answer(200, &[], b""),
        ),
        (
            "mcp-2025-11-25/unknown-session",
            answer(404, &[json], b"{}"),
            answer(400, &[], b""),
        ),
        (
            "mcp-2025-11-25/origin",
            answer(403, &[], b""),
            answer(200, &[stream], b""),
        ),
        (
            "mcp-2026-07-28/get",
            answer(405, &[], b""),
            answer(200, &[json], b"{}"),
        ),
        (
            "mercure/last-event-id",
            answer(200, &[stream, cursor], b""),
            answer(200, &[stream], b""),
        ),
    ];
    for (id, right, wrong) in table.iter().cloned() {
        let judgement = said(id, right, true);
        assert!(
            matches!(judgement, Ok(Verdict::Pass)),
            "{id}: {judgement:?}"
        );
        let judgement = said(id, wrong, true);
        assert!(
            matches!(judgement, Ok(Verdict::Fail(_))),
            "{id}: {judgement:?}"
        );
    }
    for rule in profile::all().iter().flat_map(|profile| &profile.rules) {
        let judged = table.iter().any(|(id, ..)| *id == rule.id);
        assert_eq!(
            judged,
            matches!(rule.judge, Judge::Answer { .. }),
            "{}",
            rule.id
        );
    }
}

#[test]
fn a_server_without_sessions_is_not_asked_for_one() {
    let judgement = said(
        "mcp-2025-11-25/unknown-session",
        answer(200, &[], b""),
        false,
    );
    assert!(judgement.is_err(), "{judgement:?}");
}

#[test]
fn no_event_primes_clients_in_a_session_of_an_earlier_revision() {
    let judged = |revision: &str| {
        let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": revision}});
        let stream = format!("event: message\ndata: {result}\n\n");
        let headers = [("content-type", "text/event-stream")];
        let answer = answer(200, &headers, stream.as_bytes());
        let connect = Observation::of(Probe::Connect, vec![exchange("stream", answer)]);
        let rule = profile::find_rule("mcp-2025-11-25/priming");
        let (profile, rule) = rule.expect("there is such a rule");
        profile.judgement(rule, &connect, None)
    };
    assert!(matches!(judged("2025-11-25"), Ok(Verdict::Fail(_))));
    assert!(judged("2025-03-26").is_err());
}

#[test]
fn a_schema_is_held_against_the_events_of_its_type() {
    let schema = json!({"type": "object", "required": ["price"]});
    let profile = profile::of_schemas(vec![("tick".to_owned(), schema)]).expect("a schema");
    let kinds = |body: &str| {
        let headers = [("content-type", "text/event-stream")];
        let seen = Observation::of(
            Probe::Connect,
            vec![exchange("stream", answer(200, &headers, body.as_bytes()))],
        );
        profile.judgement(&profile.rules[0], &seen, None)
    };
    let passes = kinds("event: tick\ndata: {\"price\": 1}\n\ndata: anything\n\n");
    assert!(matches!(passes, Ok(Verdict::Pass)), "{passes:?}");
    for wrong in ["{\"prize\": 1}", "not json"] {
        let fails = kinds(&format!("event: tick\ndata: {wrong}\n\n"));
        assert!(matches!(fails, Ok(Verdict::Fail(_))), "{fails:?}");
    }
    let nothing = kinds("data: anything\n\n");
    assert!(nothing.is_err(), "{nothing:?}");
}

#[test]
fn a_profile_changes_what_a_check_weighs() {
    use ssespec::report::Outcome;
    let failing = |id: &str| {
        let connect = Observation::of(
            Probe::Connect,
            vec![exchange(
                "stream",
                answer(200, &[("content-type", "text/html")], b""),
            )],
        );
        let check = ssespec::check::find(id).expect("a check").check;
        let seen = std::collections::BTreeMap::from([(Probe::Connect, connect)]);
        ssespec::judge::judge(ssespec::check::Role::Server, &[check], &seen)
    };
    let mut rows = failing("resp/content-type");
    assert_eq!(rows[0].outcome, Outcome::Failed);
    profile::weigh(
        &[profile::find("mcp-2025-11-25").expect("there").clone()],
        &mut rows,
    );
    assert_eq!(rows[0].outcome, Outcome::Note);
    let mut rows = failing("srv/open-ended");
    profile::weigh(
        &[profile::find("llm-openai").expect("there").clone()],
        &mut rows,
    );
    assert!(rows.is_empty());
}

#[test]
fn a_schema_that_is_none_is_refused() {
    let schema = json!({"type": "objekt"});
    let refused = profile::of_schemas(vec![("tick".to_owned(), schema)]);
    assert!(refused.is_err_and(|why| why.contains("tick")));
}

#[test]
fn a_profile_that_contradicts_itself_is_refused() {
    let head = "name = \"x\"\ntitle = \"\"\nsource = \"\"\npage = \"\"\n";
    let rule = "[[rule]]\nid = \"x/a\"\nlevel = \"must\"\nanchor = \"\"\nsays = \"\"\nwhy = \"\"\nfix = \"\"\n";
    for (rest, part) in [
        ("typo = 1\n".to_owned(), "typo"),
        ("[levels]\n\"no/check\" = \"must\"\n".to_owned(), "no/check"),
        (
            format!("{rule}judge = {{ first = {{ class = \"y\" }} }}\n"),
            "\"y\"",
        ),
        (
            format!("{rule}judge = {{ answer = {{ ask = \"y\", status = [200] }} }}\n"),
            "\"y\"",
        ),
        (
            "[automaton]\nstart = \"a\"\nends = [\"b\"]\n[automaton.states.a]\n".to_owned(),
            "\"b\"",
        ),
    ] {
        let why = profile::read("x", &format!("{head}{rest}")).expect_err(&rest);
        assert!(why.contains(part), "{why}");
    }
}

fn files() -> Vec<String> {
    let folder = root().join("conformance/profiles");
    let entries = std::fs::read_dir(folder).expect("the folder of profiles can be read");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn the_profiles_inside_of_the_crate_are_those_of_the_repository() {
    for name in files() {
        let text =
            std::fs::read_to_string(root().join(format!("conformance/profiles/{name}.toml")))
                .expect("a profile can be read");
        fresh(
            &format!("crates/ssespec/generated/profiles/{name}.toml"),
            &text,
        );
        profile::read(&name, &text).unwrap_or_else(|why| panic!("{why}"));
    }
    let mut embedded: Vec<_> = profile::all()
        .iter()
        .map(|profile| profile.name.clone())
        .collect();
    embedded.sort();
    assert_eq!(embedded, files());
}

#[test]
fn every_profile_has_a_page() {
    let mut index = format!("<!-- {HEADER} -->\n\n# Profiles\n\n| profile | |\n|---|---|\n");
    for Profile { name, title, .. } in profile::all() {
        let page = profile::page(name).expect("there is such a profile");
        fresh(
            &format!("docs/generated/profiles/{name}.md"),
            &format!("<!-- {HEADER} -->\n\n{page}"),
        );
        let _ = writeln!(index, "| [{name}]({name}.md) | {title} |");
    }
    fresh("docs/generated/profiles/index.md", &index);
}
