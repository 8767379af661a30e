//! How the judge of hubs is judged: hubs that are each broken in one way, and hubs that are unusual and right.
//!
//! `table.rs` has one row a hub with the checks that must flag it; no other check may. The table of who kills whom is generated:
//! `docs/generated/hub-mutants.md`.

mod described;
#[path = "../wrong_encoder/encode.rs"]
mod encode;
#[path = "../fresh/mod.rs"]
mod fresh;
#[path = "../kill_table/mod.rs"]
mod kill_table;
#[path = "../recorder/mod.rs"]
mod recorder;
mod server;
mod table;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use ssespec::check::{self, Check, Probe, Registered, Role};
use ssespec::judge::{Selection, judge};
use ssespec::probe::{Prober, Seen};
use ssespec::report::{Outcome, Row as Judgement};
use ssespec::settings::Settings;

use crate::kill_table::{Entry, Fleet, flagged};
pub(crate) use crate::server::Has;
use crate::server::{Server, Traits};
use crate::table::{CONFORMING, CONTROLS, MUTANTS};

/// A hub.
pub(crate) struct Row {
    entry: Entry<'static>,
    traits: Traits,
    /// The behaviour that its description promises, TOML.
    promises: &'static str,
    probes: &'static [Probe],
}

const EVERY: &[Probe] = &[
    Probe::Hub,
    Probe::HubTexts,
    Probe::HubSlow,
    Probe::HubRestart,
];

impl Row {
    pub(crate) const fn new(
        name: &'static str,
        what: &'static str,
        killed_by: &'static [&'static str],
        traits: Traits,
        promises: &'static str,
    ) -> Self {
        Self {
            entry: Entry {
                name,
                what,
                killed_by,
            },
            traits,
            promises,
            probes: EVERY,
        }
    }

    /// Looked at with these probes only.
    pub(crate) const fn through(mut self, probes: &'static [Probe]) -> Self {
        self.probes = probes;
        self
    }

    async fn judged(&self) -> Judged {
        let mut server = Server::start(self.traits).await;
        let hub = server.hub(self.promises);
        let url = hub.subscription(&hub.topic).expect("a URL");
        let mut settings = Settings::new(url);
        // The stream itself is for other tests.
        settings.stop.events = 1;
        settings.stop.time = Duration::from_secs(2);
        // Many of them share a machine that may have other things to do.
        settings.timeout_scale = 2.0;
        settings.take_hub(Some(hub));
        let prober = Prober::new(settings).expect("a client");
        let mut seen = prober.observe(self.probes).await.expect("it answers");
        if self.probes.contains(&Probe::HubRestart) {
            let across = prober.across_restart(&mut server).await;
            seen.observations.insert(Probe::HubRestart, across);
        }
        let checks: Vec<_> = checks()
            .filter(|check| self.probes.contains(&check.probe))
            .collect();
        Judged {
            rows: judge(Role::Server, &checks, &seen.observations),
            seen,
            authority: server.address.to_string(),
        }
    }
}

/// The checks of hubs, all ways.
fn checks() -> impl Iterator<Item = &'static Check> {
    let all = Selection::new(&[], &[], None).expect("no pattern is wrong");
    let checks = all.checks(Role::Server).into_iter();
    checks.filter(|check| EVERY.contains(&check.probe))
}

struct Judged {
    rows: Vec<Judgement>,
    seen: Seen,
    authority: String,
}

/// How many hubs are judged at the same time.
const AT_ONCE: usize = 6;

async fn judged(rows: &'static [Row]) -> Vec<(&'static Row, Judged)> {
    futures_util::stream::iter(rows)
        .map(async |row| (row, row.judged().await))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutant_is_flagged_by_its_checks_and_by_no_other() {
    let mut wrong = String::new();
    for (row, run) in judged(MUTANTS).await {
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
async fn nobody_accuses_a_hub_that_is_unusual_and_right() {
    let mut wrong = String::new();
    for (row, run) in judged(CONFORMING).await {
        wrong += &row.entry.misjudged(&flagged(&run.rows)).unwrap_or_default();
        assert!(!run.seen.died, "{}", row.entry.name);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_controls_pass_everything() {
    let mut left: BTreeSet<_> = checks().map(|check| check.requirement).collect();
    for (row, run) in judged(CONTROLS).await {
        let flagged = flagged(&run.rows);
        assert!(flagged.is_empty(), "{}: {flagged:#?}", row.entry.name);
        let passed = run.rows.iter().filter(|row| row.outcome == Outcome::Passed);
        for passed in passed {
            record(&passed.id, "pass", row.entry.name, &run);
            left.remove(passed.id.as_str());
        }
    }
    assert!(left.is_empty(), "no control passes {left:?}");
}

/// What hubs can be held to.
fn of_hubs() -> impl Iterator<Item = &'static Registered> {
    ssespec::checks::ALL
        .iter()
        .filter(|registered| registered.ways().any(|check| EVERY.contains(&check.probe)))
}

fn fleet() -> Fleet<'static> {
    Fleet {
        page: "docs/generated/hub-mutants.md",
        title: "Mutants of hubs",
        members: "servers with a publish call",
        test: "hubs",
        mutants: MUTANTS.iter().map(|row| row.entry).collect(),
        right: CONTROLS
            .iter()
            .chain(CONFORMING)
            .map(|row| row.entry)
            .collect(),
        checks: of_hubs()
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

/// With `SSESPEC_RECORD`, keeps what was seen as evidence for a check that is only made of hubs, if there is none yet.
fn record(id: &str, verdict: &str, name: &str, run: &Judged) {
    let check = check::find(id).expect("a check").check;
    if EVERY.contains(&check.probe) && recorder::is_missing(id, verdict) {
        let seen = &run.seen.observations[&check.probe];
        recorder::keep(id, verdict, name, &run.authority, seen);
    }
}
