//! How the judge of replay endpoints is judged: endpoints that are each broken in one way, and endpoints that are unusual and right.
//!
//! `table.rs` has one row an endpoint with the checks that must flag it; no other check may. The table of who kills whom is generated:
//! `docs/generated/replay-mutants.md`.

#[path = "../fresh/mod.rs"]
mod fresh;
#[path = "../kill_table/mod.rs"]
mod kill_table;
#[path = "../recorder/mod.rs"]
mod recorder;
mod server;
mod table;
#[path = "../wrong_encoder/mod.rs"]
mod wrong_encoder;

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use ssespec::check::{self, Probe, Registered, Role};
use ssespec::judge::{Selection, judge};
use ssespec::observation::{Exchange, Observation};
use ssespec::probe::{ProbeError, Prober, Seen};
use ssespec::report::{Outcome, Row as Judgement};
use ssespec::script::Script;
use ssespec::settings::Settings;

use crate::kill_table::{Fleet, flagged};
use crate::server::Server;
use crate::table::{CONFORMING, MUTANTS};
use crate::wrong_encoder::{BROKEN, CONTROL, RIGHT, Row};

impl Row {
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

async fn judged(rows: impl Iterator<Item = &'static Row>) -> Vec<(&'static Row, Judged)> {
    let seen: Vec<_> = futures_util::stream::iter(rows)
        .map(async |row| (row, row.seen().await.expect("it can be judged")))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    seen.into_iter()
        .map(|(row, seen)| (row, judge_all(seen)))
        .collect()
}

fn mutants() -> impl Iterator<Item = &'static Row> {
    BROKEN.iter().chain(MUTANTS)
}

fn conforming() -> impl Iterator<Item = &'static Row> {
    RIGHT.iter().chain(CONFORMING)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutant_is_flagged_by_its_checks_and_by_no_other() {
    let mut wrong = String::new();
    for (row, run) in judged(mutants()).await {
        match row.entry.misjudged(&flagged(&run.rows)) {
            Some(what) => wrong += &what,
            None => row
                .entry
                .killed_by
                .iter()
                .for_each(|id| record(id, "fail", row.entry.name, &run)),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_accuses_an_endpoint_that_is_unusual_and_right() {
    let mut wrong = String::new();
    for (row, run) in judged(conforming()).await {
        wrong += &row.entry.misjudged(&flagged(&run.rows)).unwrap_or_default();
        assert!(!run.seen.died, "{}", row.entry.name);
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
        .for_each(|id| record(id, "pass", CONTROL.entry.name, &run));
}

/// The checks that can be made of a replay endpoint.
fn replayed() -> impl Iterator<Item = &'static Registered> {
    ssespec::checks::ALL.iter().filter(|registered| {
        registered
            .ways()
            .any(|check| is_replayed(check.probe) && check.roles.contains(&Role::Server))
    })
}

fn fleet() -> Fleet<'static> {
    Fleet {
        page: "docs/generated/replay-mutants.md",
        title: "Mutants of the replay endpoint",
        members: "endpoints",
        test: "replays",
        mutants: mutants().map(|row| row.entry).collect(),
        right: conforming().map(|row| row.entry).collect(),
        checks: replayed()
            .map(|registered| registered.check.requirement)
            .collect(),
    }
}

#[test]
fn every_check_kills_a_mutant() {
    fleet().is_complete();
}

#[test]
fn the_kill_table_is_told_as_it_is() {
    fleet().is_told_as_it_is();
}

/// How much of a body is worth recording, in bytes.
const RECORDED: usize = 4 << 10;

/// With `SSESPEC_RECORD`, keeps what was seen as evidence for a check that is only made of scripts, if there is none yet.
fn record(id: &str, verdict: &str, name: &str, run: &Judged) {
    let check = check::find(id).expect("a check").check;
    if is_replayed(check.probe) && recorder::is_missing(id, verdict) {
        let seen = small(&run.seen.observations[&check.probe], verdict == "fail");
        recorder::keep(id, verdict, name, &run.authority, &seen);
    }
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
