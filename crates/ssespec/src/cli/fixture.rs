//! `ssespec fixture`: the corpus for people and for programs in other languages.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use sse_fixtures::{Fixture, corpus};

use super::{Stop, exit, output};
use crate::export;

/// Options of `fixture`.
#[derive(Debug, clap::Args)]
pub(crate) struct FixtureArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the names of all fixtures and what they show
    List {
        /// Only those whose name matches
        #[arg(value_name = "GLOB")]
        pattern: Option<String>,
    },
    /// Show a fixture
    Show {
        /// Its name, such as field/id-null/nul-in-the-middle
        id: String,
    },
    /// Print all fixtures as one JSON document, with bytes in base64
    Export {
        /// Only those whose name matches
        #[arg(value_name = "GLOB")]
        pattern: Option<String>,
    },
    /// Check that files are fixtures
    Lint {
        /// Files, or folders of them
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

pub(crate) fn run(args: &FixtureArgs) -> Result<u8, Stop> {
    match &args.command {
        Command::List { pattern } => {
            let mut text = String::new();
            for fixture in chosen(pattern.as_deref())? {
                let _ = writeln!(text, "{:<52} {}", fixture.id, fixture.summary);
            }
            output::print(&text)?;
        }
        Command::Show { id } => {
            let fixture = corpus().iter().find(|fixture| fixture.id == *id);
            let fixture = fixture.ok_or_else(|| {
                Stop::usage(format!(
                    "there is no fixture {id:?}; `ssespec fixture list` shows all"
                ))
            })?;
            output::print(&fixture.to_text())?;
        }
        Command::Export { pattern } => {
            output::print(&export::json(&chosen(pattern.as_deref())?))?;
        }
        Command::Lint { paths } => return lint(paths),
    }
    Ok(exit::OK)
}

fn chosen(pattern: Option<&str>) -> Result<Vec<&'static Fixture>, Stop> {
    let Some(pattern) = pattern else {
        return Ok(corpus().iter().collect());
    };
    let matcher = globset::Glob::new(pattern)
        .map_err(Stop::usage)?
        .compile_matcher();
    let chosen: Vec<_> = corpus()
        .iter()
        .filter(|fixture| matcher.is_match(&fixture.id))
        .collect();
    if chosen.is_empty() {
        return Err(Stop::usage(format!(
            "no fixture matches {pattern:?}; write a name such as field/id-null/*"
        )));
    }
    Ok(chosen)
}

fn lint(paths: &[PathBuf]) -> Result<u8, Stop> {
    let (mut fine, mut wrong) = (0, 0);
    for path in paths {
        let outcome = if path.is_dir() {
            sse_fixtures::load(path)
                .map(|fixtures| fixtures.len())
                .map_err(|error| match std::error::Error::source(&error) {
                    Some(source) => format!("{error}: {source}"),
                    None => error.to_string(),
                })
        } else {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
            Fixture::parse(&path.to_string_lossy(), &text)
                .map(|_| 1)
                .map_err(|error| error.to_string())
        };
        match outcome {
            Ok(count) => fine += count,
            Err(why) => {
                wrong += 1;
                output::complain(&why);
            }
        }
    }
    output::tell(&format!("{fine} fixtures are fine"));
    Ok(if wrong == 0 { exit::OK } else { exit::USAGE })
}
