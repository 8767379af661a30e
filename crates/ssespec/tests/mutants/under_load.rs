//! Whether verdicts depend on how busy the machine is: all of those on the reference server, and who of the fleet is flagged by which check, in turn.
//! Takes minutes, so it is asked for:
//! `SSESPEC_LOAD_RUNS=100 cargo test -p ssespec --test mutants under_load -- --ignored`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ssespec::check::Role;
use ssespec::judge::Selection;
use ssespec::report::Outcome;
use ssespec::settings::Settings;

use crate::conforming::{CONFORMING, CONTROLS};
use crate::kill_table::flagged;
use crate::table::MUTANTS;
use crate::{Row, judged, rows};

/// So many servers of the fleet are judged in each run, other ones in the next: each of them in 100 runs.
const IN_A_RUN: usize = 4;

type Outcomes = BTreeMap<String, Outcome>;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of a busy machine"]
async fn verdicts_are_the_same_under_load() {
    let runs: usize = std::env::var("SSESPEC_LOAD_RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(20);
    let quiet = reference().await;
    let fleet = || MUTANTS.iter().chain(CONTROLS).chain(CONFORMING);
    let mut turns = fleet().cycle();
    let load = Load::start();
    let mut differences = Vec::new();
    for run in 1..=runs {
        let taken: Vec<&'static Row> = turns.by_ref().take(IN_A_RUN).collect();
        differences.extend(differing(run, &quiet, &reference().await));
        for (row, judged) in judged(taken).await {
            let wrong = row.entry.misjudged(&flagged(rows(&judged)));
            differences.extend(wrong.map(|wrong| format!("run {run}, {wrong}")));
        }
    }
    drop(load);
    assert!(differences.is_empty(), "{differences:#?}");
}

async fn reference() -> Outcomes {
    let server = ssespec::reference::start().await.expect("a free port");
    let mut settings = Settings::new(server.url().clone());
    settings.stop.time = Duration::from_secs(1);
    let all = Selection::new(&[], &[], None).expect("no pattern is wrong");
    let run = ssespec::run::check_server(None, settings, &all.checks(Role::Server), None).await;
    server.stop().await;
    let rows = run.expect("the reference server can be judged").checks;
    rows.into_iter().map(|row| (row.id, row.outcome)).collect()
}

/// The checks that say something else than on a quiet machine.
fn differing(run: usize, quiet: &Outcomes, busy: &Outcomes) -> Vec<String> {
    quiet
        .iter()
        .filter(|(id, outcome)| busy.get(*id) != Some(outcome))
        .map(|(id, outcome)| {
            format!(
                "run {run}, reference, {id}: {outcome:?} is now {:?}",
                busy.get(id)
            )
        })
        .collect()
}

/// Twice as many busy threads as the machine has cores, until this is dropped.
struct Load(Arc<AtomicBool>);

impl Load {
    fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..2 * cores {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(over)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
