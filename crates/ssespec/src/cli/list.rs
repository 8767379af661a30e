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
        .map(|row| (row, check::roles(&row.id)))
        .filter(|(_, roles)| args.all || !roles.is_empty())
        .collect();
    let mut text = String::new();
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(row, roles)| {
                serde_json::json!({
                    "id": row.id, "level": row.level, "anchor": row.anchor, "says": row.says,
                    "roles": roles, "checked": !roles.is_empty(), "excluded": row.excluded,
                })
            })
            .collect();
        text = serde_json::to_string_pretty(&rows).map_err(Stop::ours)? + "\n";
    } else {
        for (row, roles) in rows {
            let level = row.level(roles.first().copied().unwrap_or(Role::Client));
            let says = match (check::find(&row.id), roles.is_empty()) {
                (Some(check), _) => check.title(),
                (None, false) => row.says.clone(),
                (None, true) if row.excluded.is_some() => format!("(excluded) {}", row.says),
                (None, true) => format!("(no check yet) {}", row.says),
            };
            let _ = writeln!(text, "{:<32} {:<9} {says}", row.id, level.to_string());
        }
    }
    output::print(&text)?;
    Ok(exit::OK)
}
