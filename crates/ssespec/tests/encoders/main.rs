//! How the judge of encoders is judged: encoders that are each broken in one way, and encoders that are unusual and right.
//!
//! The encoder under test is this program, started again with the traits of a row. `table.rs` has one row an encoder with the checks that must
//! flag it; no other check may. The table of who kills whom is generated: `docs/generated/encoder-mutants.md`.

mod driver;
#[path = "../fresh/mod.rs"]
mod fresh;
#[path = "../kill_table/mod.rs"]
mod kill_table;
mod table;
#[path = "../wrong_encoder/mod.rs"]
mod wrong_encoder;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use ssespec::check::{Registered, Role};
use ssespec::driver::Program;
use ssespec::encoder::{Settings, check_encoder};
use ssespec::judge::Selection;
use ssespec::report::{Outcome, Run};

use crate::driver::PLAY;
use crate::kill_table::{Fleet, flagged};
use crate::table::{FOUND_BY_CHANCE, MUTANTS};
use crate::wrong_encoder::{BROKEN, CONTROL, RIGHT, Row};

impl Row {
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
    let trial = |group: &str, row: &'static Row, random| {
        let name = format!("{group}::{}", row.entry.name);
        Trial::test(name, move || is_flagged(row, random))
    };
    let mut trials: Vec<Trial> = mutants().map(|row| trial("mutant", row, 0)).collect();
    trials.extend(RIGHT.iter().map(|row| trial("conforming", row, 60)));
    trials.extend([
        Trial::test("the_control_passes_everything", passes_everything),
        Trial::test("chance_finds_it_and_makes_it_small", chance),
        Trial::test("an_encoder_that_breaks_is_asked_on", asked_on),
        Trial::test("every_check_kills_a_mutant", every_check),
        Trial::test("the_kill_table_is_told_as_it_is", kill_table),
    ]);
    trials
}

fn mutants() -> impl Iterator<Item = &'static Row> {
    BROKEN.iter().chain(MUTANTS)
}

fn is_flagged(row: &'static Row, random: usize) -> Result<(), Failed> {
    let run = row.judged(random);
    match row.entry.misjudged(&flagged(&run.checks)) {
        Some(wrong) => Err(wrong.into()),
        None if run.target_died => Err("it died".into()),
        None => Ok(()),
    }
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
        flagged(&FOUND_BY_CHANCE.judged(0).checks).is_empty(),
        "a fixture shows it"
    );
    let run = FOUND_BY_CHANCE.judged(600);
    let flagged = flagged(&run.checks);
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
        .find(|row| row.entry.name == "crashes-at-done")
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

fn fleet() -> Fleet<'static> {
    Fleet {
        page: "docs/generated/encoder-mutants.md",
        title: "Mutants of the encoder",
        members: "encoders",
        test: "encoders",
        mutants: mutants().map(|row| row.entry).collect(),
        right: RIGHT.iter().map(|row| row.entry).collect(),
        checks: checks()
            .map(|registered| registered.check.requirement)
            .collect(),
    }
}

fn every_check() -> Result<(), Failed> {
    fleet().is_complete();
    Ok(())
}

fn kill_table() -> Result<(), Failed> {
    fleet().is_told_as_it_is();
    Ok(())
}
