//! What is generated and committed is fresh. `SSESPEC_GENERATE=1 cargo test -p ssespec` rewrites it.

mod fresh;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ssespec::check::{self, Registered, Role};
use ssespec::requirement::Requirement;
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

/// The members of an array, broken as rustfmt breaks them.
fn list(members: &[String]) -> String {
    let line = members.join(", ");
    match line.len() <= ARRAY {
        true => line,
        false => format!(
            "\n            {},\n        ",
            members.join(",\n            ")
        ),
    }
}

/// The longest text of an array on one line, in characters.
const ARRAY: usize = 58;

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
        "//! All checks.\n//!\n//! {HEADER}\n\n#[cfg(test)]\npub(crate) mod evidence;\n\nuse crate::check::Registered;\n"
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
                list(&also(group, rule))
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
    for id in ssespec::apart::ids() {
        let page = ssespec::apart::page(id).expect("it has one");
        fresh(
            &format!("docs/generated/checks/{id}.md"),
            &format!("<!-- {HEADER} -->\n\n{page}"),
        );
        let title = page.lines().nth(2).expect("a page begins with a sentence");
        let _ = writeln!(index, "| [{id}]({id}.md) | of the run | {title} |");
    }
    fresh("docs/generated/checks/index.md", &index);
}

#[test]
fn the_samples_of_the_manual_are_those_of_the_matrix() {
    let read = |path: &str| {
        std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let manual = read("docs/testable.md");
    let mut shown = BTreeSet::new();
    for part in manual.split("<!-- ").skip(1) {
        let sample = part.split_once(" -->\n```").and_then(|(path, rest)| {
            let (_, rest) = rest.split_once('\n')?;
            Some((path, rest.split_once("\n```\n")?.0))
        });
        let (path, sample) = sample.expect("docs/testable.md: a path stands before each sample");
        assert!(
            read(path).contains(sample),
            "{path} does not hold what docs/testable.md shows of it: copy it anew"
        );
        shown.extend(path.split('/').nth(2).map(str::to_owned));
    }
    let targets = std::fs::read_dir(root().join("conformance/targets")).expect("there are targets");
    for target in targets.flatten() {
        let name = target.file_name().to_string_lossy().into_owned();
        let Ok(text) = std::fs::read_to_string(target.path().join("target.toml")) else {
            continue;
        };
        let copied = shown
            .iter()
            .any(|other| text.contains(&format!("../{other}/")));
        let has_a_route = text.contains("replay = \"http") || text.contains("[publish]");
        assert!(
            !has_a_route || copied || shown.contains(&name),
            "docs/testable.md shows nothing of {name}"
        );
    }
}

/// The roles that are under test so far: each of their requirements has a check, or a reason why it has none.
const JUDGED: [Role; 3] = [Role::Server, Role::Parser, Role::Encoder];

/// All roles, in the order of the columns.
const ROLES: [Role; 5] = [
    Role::Server,
    Role::Parser,
    Role::Encoder,
    Role::Client,
    Role::Proxy,
];

/// How a requirement is accounted for where a role is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Account {
    /// The role cannot be held to it.
    Nobody,
    Check,
    Fixtures,
    Excluded,
    Open,
}

fn account(row: &Requirement, role: Role) -> Account {
    let by_check = check::find(&row.id).is_some_and(|check| check.roles().contains(&role));
    let by_fixture = fixture_check::find(&row.id).is_some_and(|check| check.roles.contains(&role));
    match row.exclusion(role) {
        _ if !row.roles.contains(&role) => Account::Nobody,
        _ if by_check => Account::Check,
        _ if by_fixture => Account::Fixtures,
        Some(_) => Account::Excluded,
        None => Account::Open,
    }
}

#[test]
fn the_coverage_is_told_as_it_is() {
    let count = |role, wanted| {
        let accounts = requirement::all().iter().map(|row| account(row, role));
        accounts.filter(|account| *account == wanted).count()
    };
    let mut text = format!(
        "<!-- {HEADER} -->\n\n# Coverage\n\nEach requirement, and how it is accounted for where a role is under test: by a check in code, by its fixtures, or by a reason why there is none.\n\n| role | requirements | judged by a check | by fixtures | excluded with a reason | open | accounted for |\n|---|---|---|---|---|---|---|\n"
    );
    for role in ROLES {
        let all = requirement::all().len() - count(role, Account::Nobody);
        let open = count(role, Account::Open);
        let whole = if JUDGED.contains(&role) {
            assert_eq!(open, 0, "{role}: a requirement has no check and no reason");
            "100 %"
        } else {
            "not under test yet"
        };
        let _ = writeln!(
            text,
            "| {role} | {all} | {} | {} | {} | {open} | {whole} |",
            count(role, Account::Check),
            count(role, Account::Fixtures),
            count(role, Account::Excluded),
        );
    }
    text.push_str("\n`–`: the role cannot be held to it. `open`: nothing yet.\n\n| requirement | level | server | parser | encoder | client | proxy |\n|---|---|---|---|---|---|---|\n");
    let mut reasons = String::new();
    for row in requirement::all() {
        let name = if check::roles(&row.id).is_empty() {
            format!("[`{}`]({})", row.id, row.anchor)
        } else {
            format!("[`{0}`](checks/{0}.md)", row.id)
        };
        let _ = write!(text, "| {name} | {} |", row.level);
        for role in ROLES {
            let cell = match account(row, role) {
                Account::Nobody => "–",
                Account::Check => "check",
                Account::Fixtures => "fixtures",
                Account::Excluded => "excluded",
                Account::Open => "open",
            };
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
        let excluded: Vec<_> = ROLES
            .into_iter()
            .filter(|role| account(row, *role) == Account::Excluded)
            .filter_map(|role| Some((role, row.exclusion(role)?)))
            .collect();
        let mut told = BTreeSet::new();
        for (_, reason) in &excluded {
            let whom: Vec<_> = excluded
                .iter()
                .filter(|(_, other)| other == reason)
                .map(|(role, _)| role.to_string())
                .collect();
            if told.insert(*reason) {
                let _ = writeln!(reasons, "| `{}` | {} | {reason} |", row.id, whom.join(", "));
            }
        }
    }
    let _ = write!(
        text,
        "\n## Why there is no check\n\n| requirement | role | reason |\n|---|---|---|\n{reasons}"
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
                row.exclusion(role).is_none(),
                "{id} is excluded for a {role} and has a check"
            );
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
