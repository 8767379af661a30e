//! `ssespec explain ID`: the page of a check.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sse_fixtures::Fixture;

use super::{Stop, exit, output};
use crate::{apart, check, dump, fixture_check, profile, requirement};

/// How long a stream may be that is explained, in bytes (16 MiB).
const LONGEST: u64 = 16 << 20;

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// A check, requirement or profile, such as resp/content-type or llm-openai; a file that holds a stream; or - for stdin
    #[arg(value_name = "ID|FILE|-")]
    what: String,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<u8, Stop> {
    let page = page(&args.what)
        .or_else(|| apart::page(&args.what))
        .or_else(|| profile::page(&args.what))
        .or_else(|| profile::rule_page(&args.what));
    let page = match page {
        Some(page) => page,
        None => stream(&args.what)?,
    };
    output::print(&page)?;
    Ok(exit::OK)
}

/// The page of the requirement `id` in Markdown: what it says, its level and anchor, and an example from the fixtures.
pub fn page(id: &str) -> Option<String> {
    let row = requirement::find(id)?;
    let mut page = format!("# {id}\n\n");
    let check = check::find(id);
    match (check, fixture_check::find(id), &row.excluded) {
        (Some(check), _, _) => page.push_str(&check.page()),
        (None, Some(check), _) => page.push_str(&check.page()),
        (None, None, Some(reason)) => {
            let _ = write!(page, "{}\n\nNo check: {reason}\n", row.says);
        }
        (None, None, None) => {
            let _ = write!(page, "{}\n\nNo check yet.\n", row.says);
        }
    }
    let _ = write!(page, "\n## The requirement\n\n{}\n\n", row.says);
    for role in &row.roles {
        let _ = write!(page, "- {role}: {}", row.level(*role));
        // Where the whole row is excluded, the reason stands above.
        if let Some(reason) = row.excluded_for.get(role) {
            let _ = write!(page, "; no check, because: {reason}");
        }
        page.push('\n');
    }
    let _ = writeln!(page, "- source: <{}>", row.anchor);
    if let Some(fixture) = sse_fixtures::corpus()
        .iter()
        .find(|fixture| fixture.check == id)
    {
        let _ = write!(
            page,
            "\n## An example\n\n`fixtures/{}.fixture`\n\n```text\n{}```\n",
            fixture.id,
            fixture.to_text()
        );
    }
    Some(page)
}

/// What the standard does with the stream in a file, or with that of a fixture in one.
fn stream(what: &str) -> Result<String, Stop> {
    let mut bytes = Vec::new();
    let read = if what == "-" {
        std::io::stdin()
            .lock()
            .take(LONGEST + 1)
            .read_to_end(&mut bytes)
    } else if Path::new(what).exists() {
        File::open(what).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
    } else {
        return Err(Stop::usage(format!(
            "{what:?} is not a check, a requirement or a file{}; `ssespec list --all` shows all checks",
            nearest(what)
        )));
    };
    read.map_err(|error| Stop::usage(format!("{what}: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Stop::usage(format!(
            "{what}: a stream of more than {LONGEST} bytes: cut out the part that matters"
        )));
    }
    if what.ends_with(".fixture") {
        let text = String::from_utf8_lossy(&bytes);
        let fixture = Fixture::parse(what, &text).map_err(Stop::usage)?;
        let Some(stream) = fixture.stream() else {
            return Err(Stop::usage(format!("{what}: not a fixture of one stream")));
        };
        bytes.clone_from(&stream.bytes);
    }
    Ok(dump::write(&dump::steps(&bytes)))
}

/// The ids that are most like `id`, to be put behind a complaint.
fn nearest(id: &str) -> String {
    let rule = id.rsplit('/').next().unwrap_or(id);
    let like: Vec<_> = requirement::all()
        .iter()
        .map(|row| row.id.as_str())
        .chain(profile::rule_ids())
        .chain(apart::ids())
        .filter(|known| {
            known.contains(rule)
                || known
                    .rsplit('/')
                    .next()
                    .is_some_and(|known| rule.contains(known))
        })
        .take(5)
        .collect();
    if like.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", like.join(", "))
    }
}
