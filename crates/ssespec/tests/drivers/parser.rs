//! How the judge of parsers is judged: a parser with a defect for each way to misread the standard, and parsers that are unusual and right.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Read as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libtest_mimic::Trial;
use serde::Deserialize as _;
use serde_json::{Value, json};
use ssespec::driver::How;
use ssespec::fixture_check::FixtureCheck;
use ssespec::judge::Selection;
use ssespec::parser::{self, Played, Seen, SeenEvent, SeenState, Settings};
use ssespec::report::{Outcome, Row, Run};

use super::kill_table::{Entry, Fleet, flagged};
use super::mutant::Parser;
use super::redundant;
use super::twists::{BROKEN, RIGHT};
use super::{dawdle, program, wait_for};

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        Trial::test(format!("parser::{name}"), move || {
            test();
            Ok(())
        })
    };
    vec![
        trial(
            "every_defect_is_found_and_every_check_finds_one",
            kill_table,
        ),
        trial("no_fixture_says_what_another_one_says", redundant::none),
        trial("what_is_right_is_not_accused", conforming),
        trial("a_persistent_driver_is_judged_at_every_split", persistent),
        trial(
            "a_persistent_driver_that_is_given_a_stream_is_told_apart",
            other_mode,
        ),
        trial(
            "a_command_that_is_started_for_each_stream_is_judged",
            one_shot,
        ),
        trial("a_crash_is_the_fault_of_its_stream_alone", crash),
        trial("a_driver_that_hangs_does_not_hang_the_run", hang),
        trial("a_slow_driver_is_not_accused", slow),
        trial("garbage_on_stdout_is_told_apart", garbage),
        trial("a_driver_that_answers_twice_ends_the_run", twice),
        trial("what_a_driver_cannot_do_is_unsupported", unsupported),
        trial("a_command_that_is_not_there_is_no_run", not_there),
    ]
}

fn checks() -> Vec<&'static FixtureCheck> {
    let everything = Selection::new(&[], &[], None).expect("everything can be selected");
    parser::checks(&everything)
}

/// What the parser with this twist makes of a stream, as a driver would tell it.
pub(crate) fn play_here(twist: &'static str, chunks: &[&[u8]]) -> Played {
    let mut parser = Parser::new(twist);
    chunks.iter().for_each(|chunk| parser.feed(chunk));
    parser.finish();
    if parser.crashed {
        return Played::Trouble {
            how: How::Ended("exit status: 101".to_owned()),
            tail: String::new(),
        };
    }
    let told = tell(&parser);
    Played::Seen(Seen {
        events: told["events"]
            .as_array()
            .expect("there are events")
            .iter()
            .map(|event| SeenEvent::deserialize(event).expect("an event"))
            .collect(),
        state: (told.get("state")).map(|state| SeenState::deserialize(state).expect("a state")),
    })
}

/// What a driver with this twist tells of a stream.
fn tell(parser: &Parser) -> Value {
    let twist = parser.twist;
    let events: Vec<Value> = parser
        .events
        .iter()
        .map(|event| {
            let mut told = json!({"type": event.event_type, "data": event.data});
            let id = event.id.as_deref();
            let left_out = match twist {
                "no-ids" => true,
                "empty-id-left-out" => id == Some(""),
                _ => id.is_none(),
            };
            if !left_out {
                told["lastEventId"] = json!(id);
            }
            if twist == "more-members" {
                told["origin"] = json!("http://localhost");
                told["raw"] = json!([1, 2]);
            }
            told
        })
        .collect();
    let time = parser
        .time
        .map(|time| u64::try_from(time).unwrap_or(u64::MAX));
    let id = Some(&parser.committed).filter(|id| twist != "no-id-is-null" || !id.is_empty());
    let mut told =
        json!({"events": events, "state": {"lastEventId": id, "reconnectionTime": time}});
    match twist {
        "no-state" | "no-ids" => {
            told.as_object_mut().expect("an object").remove("state");
        }
        "time-is-a-float" => {
            told["state"]["reconnectionTime"] = json!(parser.time.map(|time| time as f64))
        }
        "only-time" => {
            told["state"]
                .as_object_mut()
                .expect("an object")
                .remove("lastEventId");
        }
        "more-members" => told["took"] = json!({"ms": 1}),
        _ => {}
    }
    told
}

fn bad(rows: &[Row]) -> BTreeSet<String> {
    flagged(rows).into_keys().map(str::to_owned).collect()
}

fn kill_table() {
    let checks = checks();
    let found: Vec<_> = BROKEN
        .iter()
        .map(|(twist, _)| {
            let rows = parser::judge_function(&checks, |chunks| play_here(twist, chunks));
            let found = bad(&rows);
            assert!(!found.is_empty(), "no check finds {twist}");
            found
        })
        .collect();
    let killed_by: Vec<Vec<&str>> = found
        .iter()
        .map(|ids| ids.iter().map(String::as_str).collect())
        .collect();
    let mutants = BROKEN.iter().zip(&killed_by);
    let fleet = Fleet {
        page: "docs/generated/parser-mutants.md",
        title: "Mutants of the parser",
        members: "parsers",
        test: "drivers",
        mutants: mutants
            .map(|((name, what), killed_by)| Entry {
                name,
                what,
                killed_by,
            })
            .collect(),
        right: RIGHT.iter().map(|(name, _)| right(name)).collect(),
        checks: checks
            .iter()
            .map(|check| check.requirement.id.as_str())
            .collect(),
    };
    fleet.is_complete();
    fleet.is_told_as_it_is();
}

fn conforming() {
    let checks = checks();
    for (twist, _) in RIGHT {
        let rows = parser::judge_function(&checks, |chunks| play_here(twist, chunks));
        assert_eq!(right(twist).misjudged(&flagged(&rows)), None);
    }
}

/// A parser that nothing may accuse.
fn right(twist: &'static str) -> Entry<'static> {
    let (name, what) = RIGHT
        .iter()
        .find(|(name, _)| *name == twist)
        .expect("there is one");
    Entry {
        name,
        what,
        killed_by: &[],
    }
}

/// The driver of one test.
pub(crate) fn play(mode: &str, twist: &str) -> ExitCode {
    let twist = BROKEN
        .iter()
        .chain(RIGHT)
        .map(|(known, _)| *known)
        .find(|known| *known == twist)
        .unwrap_or("");
    let mut out = std::io::stdout().lock();
    let told = |chunks: &[Vec<u8>]| {
        let mut parser = Parser::new(twist);
        chunks.iter().for_each(|chunk| parser.feed(chunk));
        parser.finish();
        if parser.crashed {
            let _ = writeln!(std::io::stderr(), "unwrap of an Err in {chunks:?}");
            std::process::exit(101);
        }
        tell(&parser)
    };
    if mode == "once" {
        let mut bytes = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut bytes);
        let told = told(&[bytes]);
        for event in told["events"].as_array().into_iter().flatten() {
            let _ = writeln!(out, "{event}");
        }
        let _ = writeln!(out, "{}", json!({"state": told["state"]}));
        return ExitCode::SUCCESS;
    }
    let features: &[&str] = if twist == "no-state" { &[] } else { &["state"] };
    let _ = writeln!(
        out,
        "{}",
        json!({"driver": 1, "name": "mutant", "version": twist, "features": features})
    );
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let question: Value = serde_json::from_str(&line).expect("a line is JSON");
        let chunks = question["chunks"]
            .as_array()
            .expect("there are chunks")
            .iter();
        let chunks: Vec<_> = chunks
            .map(|chunk| {
                STANDARD
                    .decode(chunk.as_str().expect("text"))
                    .expect("base64")
            })
            .collect();
        let empties = chunks.concat().is_empty();
        match mode {
            "hang" if empties => loop {
                std::thread::park();
            },
            // There is time for some streams, and not for all.
            "slow" => dawdle(Duration::from_millis(25)),
            "garbage" if empties => {
                let _ = writeln!(out, "DEBUG: nothing to do");
                continue;
            }
            "unsupported" if empties => {
                let _ = writeln!(
                    out,
                    "{}",
                    json!({"case": question["case"], "unsupported": "no empty streams"})
                );
                continue;
            }
            _ => {}
        }
        let mut told = told(&chunks);
        told["case"] = question["case"].clone();
        let _ = writeln!(out, "{told}");
        if mode == "twice" {
            let _ = writeln!(out, "{told}");
        }
        if mode == "noisy" {
            let _ = writeln!(std::io::stderr(), "read {} chunks", chunks.len());
        }
    }
    ExitCode::SUCCESS
}

fn run(mode: &str, twist: &str, only: &[&str]) -> Run {
    let only: Vec<_> = only.iter().map(|id| (*id).to_owned()).collect();
    let selection = Selection::new(&only, &[], None).expect("these are checks");
    let settings = Settings {
        program: program(&["parser", mode, twist]),
        name: None,
        persistent: mode != "once",
        jobs: 2,
        time: Duration::from_secs(if mode == "slow" { 2 } else { 600 }),
        timeout_scale: if mode == "hang" { 0.2 } else { 10.0 },
        seed: 0,
    };
    wait_for(parser::check_parser(&settings, &parser::checks(&selection)))
        .expect("the driver starts")
}

fn persistent() {
    let right = run("noisy", "more-members", &["parse/*", "eof/*"]);
    assert_eq!(bad(&right.checks), BTreeSet::new());
    assert!(right.effort.streams > 10_000, "{}", right.effort.streams);
    assert_eq!(right.target.name, "mutant more-members");

    let wrong = run("noisy", "cr-lf-in-chunk", &["parse/*"]);
    let invariance = row(&wrong, "parse/chunk-invariance");
    assert_eq!(invariance.outcome, Outcome::Failed);
    let evidence = invariance.evidence.as_deref().unwrap_or_default();
    assert!(evidence.contains(r"\r\|\n"), "{evidence}");
}

fn one_shot() {
    let wrong = run(
        "once",
        "eof-flush",
        &["eof/*", "parse/cr-lf-split", "parse/chunk-invariance"],
    );
    let failed: BTreeSet<_> = [
        "eof/discard-block",
        "eof/discard-line",
        "eof/id-not-committed",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(bad(&wrong.checks), failed);
    for unseen in ["parse/cr-lf-split", "parse/chunk-invariance"] {
        assert_eq!(
            row(&wrong, unseen).outcome,
            Outcome::NotObserved,
            "{unseen}"
        );
    }
}

fn crash() {
    let crashed = run(
        "persistent",
        "utf8-crash",
        &["parse/eol-*", "parse/utf8-replace", "field/data-append"],
    );
    let replace = row(&crashed, "parse/utf8-replace");
    assert_eq!(replace.outcome, Outcome::Failed);
    assert!(
        replace
            .seen
            .as_deref()
            .unwrap_or_default()
            .contains("crashed"),
        "{replace:?}"
    );
    assert!(
        replace
            .evidence
            .as_deref()
            .unwrap_or_default()
            .contains("unwrap of an Err"),
        "{replace:?}"
    );
    assert_eq!(row(&crashed, "field/data-append").outcome, Outcome::Passed);
    assert_eq!(row(&crashed, "parse/eol-crlf").outcome, Outcome::Passed);
    assert!(!crashed.target_died);
}

fn hang() {
    let hung = run("hang", "", &["parse/bom", "line/blank"]);
    let blamed: Vec<_> = hung
        .checks
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .collect();
    assert!(!blamed.is_empty());
    for row in blamed {
        assert!(
            row.seen
                .as_deref()
                .unwrap_or_default()
                .contains("no answer within"),
            "{row:?}"
        );
    }
}

/// What was played counts, and what was not is told as such.
fn slow() {
    let slow = run("slow", "control", &["parse/*", "line/*"]);
    assert_eq!(bad(&slow.checks), BTreeSet::new());
    assert!(!slow.target_died);
    let cut = row(&slow, "parse/chunk-invariance");
    assert!(
        matches!(cut.outcome, Outcome::NotObserved | Outcome::Note),
        "{cut:?}"
    );
    let seen = cut.seen.as_deref().unwrap_or_default();
    assert!(seen.contains("the time was up"), "{seen}");
    assert!(seen.contains("--for"), "{seen}");
}

fn garbage() {
    let garbled = run("garbage", "", &["parse/bom", "line/blank"]);
    let blamed: Vec<_> = garbled
        .checks
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .collect();
    assert!(!blamed.is_empty());
    for row in blamed {
        assert!(
            row.seen
                .as_deref()
                .unwrap_or_default()
                .contains("DEBUG: nothing to do"),
            "{row:?}"
        );
    }
}

fn twice() {
    let run = run("twice", "", &["line/*"]);
    let driver = row(&run, "target/driver");
    assert_eq!(driver.outcome, Outcome::Failed, "{driver:?}");
}

fn unsupported() {
    let run = run("unsupported", "", &["parse/bom", "line/blank"]);
    assert_eq!(bad(&run.checks), BTreeSet::new());
    let told = run
        .checks
        .iter()
        .filter(|row| row.outcome == Outcome::Unsupported);
    for row in told.clone() {
        assert!(
            row.seen
                .as_deref()
                .unwrap_or_default()
                .contains("no empty streams"),
            "{row:?}"
        );
    }
    assert!(told.count() > 0);
}

fn other_mode() {
    let settings = Settings {
        program: program(&["parser", "persistent", "more-members"]),
        name: None,
        persistent: false,
        jobs: 2,
        time: Duration::from_secs(600),
        timeout_scale: 1.0,
        seed: 0,
    };
    let outcome = wait_for(parser::check_parser(&settings, &checks()));
    let error = outcome.expect_err("it is not spoken to as it wants to be");
    assert!(error.to_string().contains("--persistent"), "{error}");
}

fn not_there() {
    for persistent in [false, true] {
        let settings = Settings {
            program: ssespec::driver::Program::new(["./no-such-program"]),
            name: None,
            persistent,
            jobs: 2,
            time: Duration::from_secs(600),
            timeout_scale: 1.0,
            seed: 0,
        };
        let outcome = wait_for(parser::check_parser(&settings, &checks()));
        let error = outcome.expect_err("there is nothing to judge");
        assert!(
            error.to_string().starts_with("./no-such-program: "),
            "{error}"
        );
    }
}

fn row<'a>(run: &'a Run, id: &str) -> &'a Row {
    run.checks
        .iter()
        .find(|row| row.id == id)
        .unwrap_or_else(|| panic!("{id} is judged: {:?}", run.checks))
}
