//! `ssespec explain ID`: the page of a check.

use std::fmt::Write as _;

use super::{Stop, exit, output};
use crate::{check, fixture_check, profile, requirement};

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// A check, requirement or profile, such as resp/content-type or llm-openai
    id: String,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<u8, Stop> {
    let page = page(&args.id)
        .or_else(|| profile::page(&args.id))
        .or_else(|| profile::rule_page(&args.id));
    let Some(page) = page else {
        return Err(Stop::usage(format!(
            "{:?} is not a check or requirement{}; `ssespec list --all` shows all",
            args.id,
            nearest(&args.id)
        )));
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
        let _ = writeln!(page, "- {role}: {}", row.level(*role));
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

/// The ids that are most like `id`, to be put behind a complaint.
fn nearest(id: &str) -> String {
    let rule = id.rsplit('/').next().unwrap_or(id);
    let like: Vec<_> = requirement::all()
        .iter()
        .map(|row| row.id.as_str())
        .chain(profile::rule_ids())
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
