//! How the judge of encoders is judged: encoders that are each broken in one way, and encoders that are unusual and right.
//!
//! The encoder under test is this program, started again with the traits of a row. `table.rs` has one row an encoder with the checks that must
//! flag it; no other check may. The table of who kills whom is generated: `docs/generated/encoder-mutants.md`.

mod driver;
#[path = "../replays/encode.rs"]
mod encode;
#[path = "../fresh/mod.rs"]
mod fresh;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use ssespec::check::{Registered, Role};
use ssespec::driver::Program;
use ssespec::encoder::{Settings, check_encoder};
use ssespec::judge::Selection;
use ssespec::report::{Outcome, Run};

pub(crate) use crate::driver::Has;
use crate::driver::PLAY;
use crate::fresh::{HEADER, fresh};
use crate::table::{CONFORMING, CONTROL, FOUND_BY_CHANCE, MUTANTS};

/// An encoder.
pub(crate) struct Row {
    name: &'static str,
    /// What is broken, or unusual.
    what: &'static str,
    /// The checks that must flag it.
    killed_by: &'static [&'static str],
    traits: &'static [&'static str],
}

impl Row {
    pub(crate) const fn new(
        name: &'static str,
        what: &'static str,
        killed_by: &'static [&'static str],
        traits: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            what,
            killed_by,
            traits,
        }
    }

    fn judged(&self, random: usize) -> Run {
        let this = std::env::current_exe().expect("a test has a file");
        let words = [this.to_string_lossy().as_ref(), PLAY].map(str::to_owned);
        let words = words
            .into_iter()
            .chain(self.traits.iter().map(|&name| name.to_owned()));
        let settings = Settings {
            program: Program::new(words),
            patience: Duration::from_secs(4),
            random,
            seed: 7,
        };
        let all = Selection::new(&[], &[], None).expect("no pattern is wrong");
        tokio::runtime::Runtime::new()
            .expect("a runtime starts")
            .block_on(check_encoder(None, &settings, &all.checks(Role::Encoder)))
            .expect("it can be judged")
    }
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(PLAY) {
        return driver::play(&words.collect::<Vec<_>>());
    }
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = MUTANTS
        .iter()
        .map(|row| Trial::test(format!("mutant::{}", row.name), || is_flagged(row, 0)))
        .collect();
    trials.extend(
        CONFORMING
            .iter()
            .map(|row| Trial::test(format!("conforming::{}", row.name), || is_flagged(row, 60))),
    );
    trials.extend([
        Trial::test("the_control_passes_everything", passes_everything),
        Trial::test("chance_finds_it_and_makes_it_small", chance),
        Trial::test("an_encoder_that_breaks_is_asked_on", asked_on),
        Trial::test("every_check_kills_a_mutant", every_check),
        Trial::test("the_kill_table_is_told_as_it_is", kill_table),
    ]);
    trials
}

/// The checks that accuse the target, with what they say.
fn flagged(run: &Run) -> BTreeMap<&str, String> {
    let accused = run.checks.iter().filter(|row| {
        matches!(
            row.outcome,
            Outcome::Failed | Outcome::Warning | Outcome::Error
        )
    });
    accused
        .map(|row| (row.id.as_str(), row.seen.clone().unwrap_or_default()))
        .collect()
}

fn is_flagged(row: &'static Row, random: usize) -> Result<(), Failed> {
    let run = row.judged(random);
    let flagged = flagged(&run);
    let wanted: BTreeSet<_> = row.killed_by.iter().copied().collect();
    if flagged.keys().copied().collect::<BTreeSet<_>>() == wanted && !run.target_died {
        return Ok(());
    }
    Err(format!("{}: wanted {wanted:?}, flagged {flagged:#?}", row.what).into())
}

fn passes_everything() -> Result<(), Failed> {
    let run = CONTROL.judged(200);
    let left = run.checks.iter().find(|row| row.outcome != Outcome::Passed);
    match left {
        None if run.checks.len() == checks().count() => Ok(()),
        _ => Err(format!("{left:#?}").into()),
    }
}

/// A defect that no fixture shows.
fn chance() -> Result<(), Failed> {
    assert!(
        flagged(&FOUND_BY_CHANCE.judged(0)).is_empty(),
        "a fixture shows it"
    );
    let run = FOUND_BY_CHANCE.judged(600);
    let flagged = flagged(&run);
    let seen = flagged.get("lint/round-trip").ok_or("it is not found")?;
    if seen.contains(r#"{"data":"é7"}"#) {
        Ok(())
    } else {
        Err(format!("the script is not small: {seen}").into())
    }
}

fn asked_on() -> Result<(), Failed> {
    let row = MUTANTS
        .iter()
        .find(|row| row.name == "crashes-at-done")
        .ok_or("no such row")?;
    let run = row.judged(0);
    let control = CONTROL.judged(0);
    assert_eq!(run.effort.requests, control.effort.requests);
    let said = run.effort.output.ok_or("its stderr is not shown")?;
    assert!(said.contains("thread panicked"), "{said}");
    Ok(())
}

/// The checks that can be made of an encoder.
fn checks() -> impl Iterator<Item = &'static Registered> {
    ssespec::checks::ALL
        .iter()
        .filter(|registered| registered.roles().contains(&Role::Encoder))
}

fn every_check() -> Result<(), Failed> {
    let mut names = BTreeSet::new();
    for row in MUTANTS.iter().chain(CONFORMING) {
        assert!(names.insert(row.name), "two rows are called {}", row.name);
    }
    for registered in checks() {
        let id = registered.check.requirement;
        assert!(
            MUTANTS.iter().any(|row| row.killed_by.contains(&id)),
            "no mutant in tests/encoders/table.rs is flagged by {id}"
        );
    }
    Ok(())
}

fn kill_table() -> Result<(), Failed> {
    let mut text = format!(
        "<!-- {HEADER} -->\n\n# Mutants of the encoder\n\n{} encoders, each broken in one way, and the checks that flag them, no more and no fewer; and {} encoders that are unusual and right,\nwhich nothing accuses. `cargo test -p ssespec --test encoders` runs them all.\n",
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
    text.push_str("\n## Unusual, and right\n\n| encoder | what is unusual |\n|---|---|\n");
    for row in CONFORMING {
        let _ = writeln!(text, "| {} | {} |", row.name, row.what);
    }
    fresh("docs/generated/encoder-mutants.md", &text);
    Ok(())
}
