//! `ssespec list`: all checks.

use std::fmt::Write as _;

use super::{Stop, exit, output};
use crate::check::Role;
use crate::{check, requirement};

/// Options of `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Show all requirements, also those without a check
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ListArgs) -> Result<u8, Stop> {
    let rows: Vec<_> = requirement::all()
        .iter()
        .map(|row| (row, check::find(&row.id)))
        .filter(|(_, check)| args.all || check.is_some())
        .collect();
    let mut text = String::new();
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(row, check)| {
                serde_json::json!({
                    "id": row.id, "level": row.level, "anchor": row.anchor, "says": row.says,
                    "roles": check.map_or(&[][..], |check| check.check.roles), "checked": check.is_some(), "excluded": row.excluded,
                })
            })
            .collect();
        text = serde_json::to_string_pretty(&rows).map_err(Stop::ours)? + "\n";
    } else {
        for (row, check) in rows {
            let level = row.level(
                check
                    .and_then(|check| check.check.roles.first().copied())
                    .unwrap_or(Role::Client),
            );
            let says = match check {
                Some(check) => check.title(),
                None => format!(
                    "({}) {}",
                    if row.excluded.is_some() {
                        "excluded"
                    } else {
                        "no check yet"
                    },
                    row.says
                ),
            };
            let _ = writeln!(text, "{:<32} {:<9} {says}", row.id, level.to_string());
        }
    }
    output::print(&text)?;
    Ok(exit::OK)
}
