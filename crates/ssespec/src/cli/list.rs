//! `ssespec list`: all checks.

use std::fmt::Write as _;

use super::{Stop, exit, output};
use crate::check::Role;
use crate::{check, profile, requirement};

/// Options of `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Show all requirements, also those without a check
    #[arg(long)]
    all: bool,
    /// Show the profiles and their rules instead
    #[arg(long)]
    profiles: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ListArgs) -> Result<u8, Stop> {
    if args.profiles {
        output::print(&profiles(args.json)?)?;
        return Ok(exit::OK);
    }
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

fn profiles(json: bool) -> Result<String, Stop> {
    if json {
        let rows: Vec<_> = profile::all()
            .iter()
            .map(|profile| {
                let rules: Vec<_> = profile
                    .rules
                    .iter()
                    .map(|rule| serde_json::json!({"id": rule.id, "level": rule.level, "anchor": rule.anchor, "says": rule.says}))
                    .collect();
                serde_json::json!({"name": profile.name, "title": profile.title, "source": profile.source, "rules": rules})
            })
            .collect();
        return Ok(serde_json::to_string_pretty(&rows).map_err(Stop::ours)? + "\n");
    }
    let mut text = String::new();
    for profile in profile::all() {
        let _ = writeln!(text, "{:<42} {}", profile.name, profile.title);
        for rule in &profile.rules {
            let _ = writeln!(
                text,
                "  {:<40} {:<9} {}",
                rule.id,
                rule.level.to_string(),
                rule.says
            );
        }
    }
    Ok(text)
}
