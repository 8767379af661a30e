//! How the judge of replay endpoints is judged: endpoints that are each broken in one way, and endpoints that are unusual and right.
//!
//! `table.rs` has one row an endpoint with the checks that must flag it; no other check may. The table of who kills whom is generated:
//! `docs/generated/replay-mutants.md`.

mod encode;
#[path = "../fresh/mod.rs"]
mod fresh;
mod server;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use futures_util::StreamExt as _;
use ssespec::check::{self, Probe, Registered, Role};
use ssespec::judge::{Selection, judge};
use ssespec::observation::{Exchange, Observation};
use ssespec::probe::{ProbeError, Prober, Seen};
use ssespec::report::{Outcome, Row as Judgement};
use ssespec::script::Script;
use ssespec::settings::Settings;

use crate::fresh::{HEADER, fresh, root};
pub(crate) use crate::server::Has;
use crate::server::{Server, Traits};
use crate::table::{CONFORMING, CONTROL, MUTANTS};

/// An endpoint.
pub(crate) struct Row {
    name: &'static str,
    what: &'static str,
    killed_by: &'static [&'static str],
    traits: Traits,
}

impl Row {
    pub(crate) const fn new(
        name: &'static str,
        what: &'static str,
        killed_by: &'static [&'static str],
        traits: Traits,
    ) -> Self {
        Self {
            name,
            what,
            killed_by,
            traits,
        }
    }

    async fn seen(&self) -> Result<(Seen, String), ProbeError> {
        let server = Server::start(self.traits).await;
        let mut settings = Settings::new(server.url.clone());
        settings.only_replay = true;
        // Many of them share a machine that may have other things to do.
        settings.timeout_scale = 2.0;
        settings.take_replay(Some(server.url.clone()));
        let seen = Prober::new(settings)?
            .observe(&[Probe::Script, Probe::Replay])
            .await?;
        Ok((seen, server.url.authority().to_owned()))
    }
}

/// Judges what was seen. Not while others look: that takes the processor from them for long.
fn judge_all((seen, authority): (Seen, String)) -> Judged {
    let all = Selection::new(&[], &[], None).expect("no pattern is wrong");
    let checks: Vec<_> = all
        .checks(Role::Server)
        .into_iter()
        .filter(|check| is_replayed(check.probe))
        .collect();
    Judged {
        rows: judge(Role::Server, &checks, &seen.observations),
        seen,
        authority,
    }
}

fn is_replayed(probe: Probe) -> bool {
    matches!(probe, Probe::Script | Probe::Replay)
}

struct Judged {
    rows: Vec<Judgement>,
    seen: Seen,
    authority: String,
}

/// How many endpoints are judged at the same time.
const AT_ONCE: usize = 5;

async fn judged(rows: &'static [Row]) -> Vec<(&'static Row, Judged)> {
    let seen: Vec<_> = futures_util::stream::iter(rows)
        .map(async |row| (row, row.seen().await.expect("it can be judged")))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    seen.into_iter()
        .map(|(row, seen)| (row, judge_all(seen)))
        .collect()
}

/// The checks that accuse the target, with what they say.
fn flagged(run: &Judged) -> BTreeMap<&str, String> {
    let accused = run.rows.iter().filter(|row| {
        matches!(
            row.outcome,
            Outcome::Failed | Outcome::Warning | Outcome::Error
        )
    });
    accused
        .map(|row| (row.id.as_str(), row.seen.clone().unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutant_is_flagged_by_its_checks_and_by_no_other() {
    let mut wrong = String::new();
    for (row, run) in judged(MUTANTS).await {
        let flagged = flagged(&run);
        let wanted: BTreeSet<_> = row.killed_by.iter().copied().collect();
        if flagged.keys().copied().collect::<BTreeSet<_>>() != wanted {
            let _ = writeln!(
                wrong,
                "{}: wanted {wanted:?}, flagged {flagged:#?}",
                row.name
            );
            continue;
        }
        row.killed_by
            .iter()
            .for_each(|id| record(id, "fail", row.name, &run));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_accuses_an_endpoint_that_is_unusual_and_right() {
    let mut wrong = String::new();
    for (row, run) in judged(CONFORMING).await {
        let flagged = flagged(&run);
        if !flagged.is_empty() || run.seen.died {
            let _ = writeln!(wrong, "{} ({}): {flagged:#?}", row.name, row.what);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_passes_everything() {
    let run = judge_all(CONTROL.seen().await.expect("it can be judged"));
    let passed: BTreeSet<_> = run
        .rows
        .iter()
        .filter(|row| row.outcome == Outcome::Passed)
        .map(|row| row.id.as_str())
        .collect();
    let all: BTreeSet<_> = replayed()
        .map(|registered| registered.check.requirement)
        .collect();
    // What needs a keep-alive is passed by an endpoint that sends some.
    let silent = BTreeSet::from(["lint/comment-in-block"]);
    let left: Vec<_> = all
        .difference(&passed)
        .filter(|id| !silent.contains(*id))
        .collect();
    assert!(
        left.is_empty(),
        "the control does not pass {left:?}: {:#?}",
        run.rows
    );
    passed
        .iter()
        .for_each(|id| record(id, "pass", CONTROL.name, &run));
}

/// The checks that can be made of a replay endpoint.
fn replayed() -> impl Iterator<Item = &'static Registered> {
    ssespec::checks::ALL.iter().filter(|registered| {
        registered
            .ways()
            .any(|check| is_replayed(check.probe) && check.roles.contains(&Role::Server))
    })
}

#[test]
fn every_check_kills_a_mutant() {
    let mut names = BTreeSet::new();
    for row in MUTANTS.iter().chain(CONFORMING) {
        assert!(names.insert(row.name), "two rows are called {}", row.name);
    }
    for registered in replayed() {
        let id = registered.check.requirement;
        assert!(
            MUTANTS.iter().any(|row| row.killed_by.contains(&id)),
            "no mutant in tests/replays/table.rs is flagged by {id}"
        );
    }
}

#[test]
fn the_kill_table_is_told_as_it_is() {
    let mut text = format!(
        "<!-- {HEADER} -->\n\n# Mutants of the replay endpoint\n\n{} endpoints, each broken in one way, and the checks that flag them, no more and no fewer; and {} endpoints that are unusual and\nright, which nothing accuses. `cargo test -p ssespec --test replays` runs them all.\n",
        MUTANTS.len(),
        CONFORMING.len()
    );
    text.push_str("\n| mutant | what is broken | flagged by |\n|---|---|---|\n");
    for row in MUTANTS {
        let checks: Vec<_> = row.killed_by.iter().map(|id| format!("`{id}`")).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            row.name,
            row.what,
            checks.join(", ")
        );
    }
    text.push_str("\n## By check\n\n| check | mutants that it flags |\n|---|---|\n");
    for registered in replayed() {
        let id = registered.check.requirement;
        let killed: Vec<_> = MUTANTS
            .iter()
            .filter(|row| row.killed_by.contains(&id))
            .map(|row| row.name)
            .collect();
        let _ = writeln!(text, "| [`{id}`](checks/{id}.md) | {} |", killed.join(", "));
    }
    text.push_str("\n## Unusual, and right\n\n| endpoint | what is unusual |\n|---|---|\n");
    for row in CONFORMING {
        let _ = writeln!(text, "| {} | {} |", row.name, row.what);
    }
    fresh("docs/generated/replay-mutants.md", &text);
}

/// How much of a body is worth recording, in bytes.
const RECORDED: usize = 4 << 10;

/// With `SSESPEC_RECORD`, keeps what was seen as evidence for a check that is only made of scripts, if there is none yet.
fn record(id: &str, verdict: &str, name: &str, run: &Judged) {
    let check = check::find(id).expect("a check").check;
    let folder = root().join("crates/ssespec/tests/recordings").join(id);
    let mut recorded = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    if std::env::var_os("SSESPEC_RECORD").is_none()
        || !is_replayed(check.probe)
        || recorded.any(|entry| entry.file_name().to_string_lossy().starts_with(verdict))
    {
        return;
    }
    let observation = small(&run.seen.observations[&check.probe], verdict == "fail");
    let text = serde_json::to_string_pretty(&observation).expect("plain data");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    std::fs::write(
        folder.join(format!("{verdict}-{name}.json")),
        text.replace(&run.authority, "127.0.0.1") + "\n",
    )
    .expect("the recording can be written");
}

/// The exchanges that a person can read: those with one step, or the smallest of those with many.
fn small(seen: &Observation, alone: bool) -> Observation {
    let steps = |exchange: &Exchange| {
        let script = exchange.request.body.as_deref().and_then(Script::from_json);
        script.map_or(0, |script| script.under_test().count())
    };
    let size = |exchange: &Exchange| {
        exchange
            .response()
            .map_or(0, |response| response.body.bytes.len())
    };
    let kept = seen.exchanges.iter().filter(|exchange| {
        exchange.name == "stream"
            || seen.probe == Probe::Replay
            || if alone {
                steps(exchange) == 1
            } else {
                size(exchange) < RECORDED
            }
    });
    Observation {
        exchanges: kept.cloned().collect(),
        ..seen.clone()
    }
}
