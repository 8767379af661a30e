//! Compares what is embedded with the folders of the workspace.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sse_fixtures::{Fixture, load};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fixtures() -> Vec<Fixture> {
    load(workspace().join("fixtures")).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_embedded_corpus_is_fresh() {
    let mut wanted = String::from(
        "Generated from fixtures/; do not edit. Write it anew: SSESPEC_GENERATE=1 cargo test -p sse-fixtures\n",
    );
    for fixture in fixtures() {
        let text = fs::read_to_string(&fixture.path).unwrap();
        write!(wanted, "\n=== {}.fixture\n{text}", fixture.id).unwrap();
    }
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/corpus.txt");
    if std::env::var_os("SSESPEC_GENERATE").is_some() {
        fs::write(&bundle, &wanted).unwrap();
    }
    let committed = fs::read_to_string(&bundle).unwrap();
    assert!(
        committed == wanted,
        "src/corpus.txt is stale; run `SSESPEC_GENERATE=1 cargo test -p sse-fixtures`"
    );
}

#[test]
fn every_file_ends_in_one_line_feed() {
    for fixture in fixtures() {
        let text = fs::read_to_string(&fixture.path).unwrap();
        assert!(
            text.ends_with('\n') && !text.ends_with("\n\n"),
            "{}",
            fixture.path
        );
    }
}

#[test]
fn nothing_else_lies_below_fixtures() {
    let mut folders = vec![workspace().join("fixtures")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
            }
        }
    }
    assert_eq!(
        files,
        fixtures().len(),
        "a file below fixtures/ has another extension than .fixture"
    );
}

#[test]
fn every_folder_is_a_requirement() {
    let mut catalogue =
        fs::read_to_string(workspace().join("conformance/requirements.toml")).unwrap();
    for profile in fs::read_dir(workspace().join("conformance/profiles")).unwrap() {
        catalogue += &fs::read_to_string(profile.unwrap().path()).unwrap();
    }
    let ids = catalogue
        .lines()
        .filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
    let known: BTreeSet<&str> = ids.collect();
    assert!(
        known.contains("field/id-null"),
        "the catalogue has another layout than this test expects"
    );
    for fixture in fixtures() {
        assert!(
            known.contains(&*fixture.check),
            "{}: no requirement `{}`",
            fixture.path,
            fixture.check
        );
        for verdict in fixture.verdicts().unwrap_or_default() {
            assert!(
                known.contains(&*verdict.check),
                "{}: no requirement `{}`",
                fixture.path,
                verdict.check
            );
        }
    }
}
