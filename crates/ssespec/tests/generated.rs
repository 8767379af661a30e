//! What is generated and committed is fresh. `SSESPEC_GENERATE=1 cargo test -p ssespec` rewrites it.

mod fresh;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ssespec::check::{self, Registered};
use ssespec::{checks, export, fixture_check, report, requirement};

use crate::fresh::{HEADER, fresh, root};

/// The files of checks, as `group/rule`.
fn files() -> BTreeSet<String> {
    let folder = root().join("crates/ssespec/src/checks");
    let mut ids = BTreeSet::new();
    for group in std::fs::read_dir(&folder)
        .expect("the folder of checks can be read")
        .flatten()
    {
        if !group.path().is_dir() {
            continue;
        }
        for rule in std::fs::read_dir(group.path())
            .expect("a group can be read")
            .flatten()
        {
            let rule = rule.path();
            let stem = rule
                .file_stem()
                .expect("a file has a name")
                .to_string_lossy()
                .replace('_', "-");
            ids.insert(format!("{}/{stem}", group.file_name().to_string_lossy()));
        }
    }
    ids
}

/// The name of the module of a check.
fn module(rule: &str) -> String {
    if rule.starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{rule}")
    } else {
        rule.to_owned()
    }
}

/// The other checks in a file: other ways to see the same requirement.
fn also(group: &str, rule: &str) -> Vec<String> {
    let file = root().join(format!("crates/ssespec/src/checks/{group}/{rule}.rs"));
    let source = std::fs::read_to_string(file).expect("a check can be read");
    let names = source.lines().filter_map(|line| {
        let line = line.strip_prefix("pub(crate) const ")?;
        line.strip_suffix(": Check = Check {")
    });
    names
        .filter(|name| *name != "CHECK")
        .map(|name| format!("&{group}::{rule}::{name}"))
        .collect()
}

#[test]
fn the_registry_holds_every_file_of_a_check() {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in files() {
        let (group, rule) = id.split_once('/').expect("an id has a group");
        groups
            .entry(group.replace('-', "_"))
            .or_default()
            .push(rule.replace('-', "_"));
    }
    let mut text = format!(
        "//! All checks.\n//!\n//! {HEADER}\n\n#[cfg(test)]\nmod evidence;\n\nuse crate::check::Registered;\n"
    );
    for (group, rules) in &groups {
        let _ = write!(text, "\nmod {group} {{\n");
        for rule in rules {
            // The name of a module cannot begin with a digit.
            match module(rule).as_str() {
                name if name == rule => {
                    let _ = writeln!(text, "    pub(super) mod {rule};");
                }
                name => {
                    let _ = writeln!(
                        text,
                        "    #[path = \"{rule}.rs\"]\n    pub(super) mod {name};"
                    );
                }
            }
        }
        text.push_str("}\n");
    }
    text.push_str("\n/// All checks, by name.\npub static ALL: &[Registered] = &[\n");
    for (group, rules) in &groups {
        for rule in rules {
            let _ = write!(
                text,
                "    Registered {{\n        check: &{group}::{}::CHECK,\n        also: &[{}],\n        source: include_str!(\"{group}/{rule}.rs\"),\n    }},\n",
                module(rule),
                also(group, rule).join(", ")
            );
        }
    }
    text.push_str("];\n");
    fresh("crates/ssespec/src/checks/mod.rs", &text);
}

#[test]
fn the_catalogue_inside_of_the_crate_is_the_one_of_the_repository() {
    let catalogue = std::fs::read_to_string(root().join("conformance/requirements.toml"))
        .expect("the catalogue can be read");
    fresh("crates/ssespec/generated/requirements.toml", &catalogue);
}

#[test]
fn the_schema_of_the_report_is_published() {
    let schema = schemars::schema_for!(report::Report);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
    text.push('\n');
    fresh("docs/generated/report.schema.json", &text);
}

#[test]
fn the_schema_of_the_exported_fixtures_is_published() {
    let schema = schemars::schema_for!(export::Export);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
    text.push('\n');
    fresh("docs/generated/fixtures.schema.json", &text);
}

#[test]
fn every_check_has_a_page() {
    let mut index = format!(
        "<!-- {HEADER} -->\n\n# The checks\n\n| check | level | what holds when it passes |\n|---|---|---|\n"
    );
    for row in requirement::all() {
        let id = &row.id;
        let Some(role) = check::roles(id).first().copied() else {
            continue;
        };
        let page = ssespec::cli::page(id).expect("a check has a page");
        fresh(
            &format!("docs/generated/checks/{id}.md"),
            &format!("<!-- {HEADER} -->\n\n{page}"),
        );
        let title = check::find(id).map_or_else(|| row.says.clone(), Registered::title);
        let _ = writeln!(index, "| [{id}]({id}.md) | {} | {title} |", row.level(role));
    }
    fresh("docs/generated/checks/index.md", &index);
}

#[test]
fn the_coverage_is_told_as_it_is() {
    let (mut checked, mut excluded, mut open) = (0, 0, 0);
    let mut table =
        String::from("| requirement | level | roles | judged by |\n|---|---|---|---|\n");
    for row in requirement::all() {
        let roles: Vec<_> = row.roles.iter().map(ToString::to_string).collect();
        let judged = check::roles(&row.id);
        let by = match &row.excluded {
            _ if !judged.is_empty() => {
                checked += 1;
                let roles: Vec<_> = judged.iter().map(ToString::to_string).collect();
                let what = match (check::find(&row.id), fixture_check::find(&row.id)) {
                    (Some(_), Some(_)) => "check and fixtures",
                    (Some(_), None) => "check",
                    (None, _) => "fixtures",
                };
                format!("{what}, for {}", roles.join(", "))
            }
            Some(reason) => {
                excluded += 1;
                format!("excluded: {reason}")
            }
            None => {
                open += 1;
                "**nothing yet**".to_owned()
            }
        };
        let _ = writeln!(
            table,
            "| [`{}`]({}) | {} | {} | {by} |",
            row.id,
            row.anchor,
            row.level,
            roles.join(", ")
        );
    }
    let all = requirement::all().len();
    let text = format!(
        "<!-- {HEADER} -->\n\n# Coverage\n\n{all} requirements: {checked} have a check, {excluded} are excluded with a reason, {open} have nothing yet.\n\n{table}"
    );
    fresh("docs/generated/coverage.md", &text);
}

#[test]
fn every_check_is_a_requirement_and_says_what_it_is_about() {
    for registered in checks::ALL {
        let id = registered.check.requirement;
        let row = requirement::find(id)
            .unwrap_or_else(|| panic!("{id} has no row in conformance/requirements.toml"));
        assert!(row.excluded.is_none(), "{id} is excluded and has a check");
        for role in registered.roles() {
            assert!(
                row.roles.contains(&role),
                "{id}: the catalogue does not hold a {role} to it"
            );
        }
        let page = registered.page();
        for section in ["\n## Why it matters\n", "\n## How to fix\n"] {
            assert!(page.contains(section), "{id}: its page has no {section:?}");
        }
        assert!(
            registered.title().ends_with('.'),
            "{id}: its title is a sentence"
        );
    }
}

#[test]
fn the_name_of_a_file_is_the_name_of_its_check() {
    let registered: BTreeSet<_> = checks::ALL
        .iter()
        .map(|registered| registered.check.requirement.to_owned())
        .collect();
    assert_eq!(registered, files());
    assert_eq!(registered.len(), checks::ALL.len());
}
