//! The role of a parser: bytes in, events out, in any language, at every split.
//!
//! A [`plan`] makes streams of the fixtures; a player gives them to the program under test; the board keeps what came of each; and `rows`
//! compares that with the fixtures, one row a requirement.

mod board;
mod evidence;
mod function;
mod once;
mod persistent;
pub mod plan;
mod random;
mod rows;
mod seen;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use board::{Played, Record};
pub use function::judge_function;
pub use random::{Found, play as play_random};
pub use seen::{Difference, Member, Reports, Seen, SeenEvent, SeenState};

use crate::check::Role;
use crate::driver::{DriverError, Greeting, Program};
use crate::fixture_check::{self, FixtureCheck};
use crate::judge::Selection;
use crate::report::{Effort, Run, Target};
use board::Board;
use persistent::Player;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a parser is to be judged.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is under test.
    pub program: Program,
    /// What it is called, if it is to be called otherwise than it says.
    pub name: Option<String>,
    /// Whether it is started once and asked line by line.
    pub persistent: bool,
    /// How many of it run at the same time.
    pub jobs: usize,
    /// No stream is begun after this time.
    pub time: Duration,
    /// Multiplies every deadline.
    pub timeout_scale: f64,
    /// Where the random splits come from.
    pub seed: u64,
}

/// The checks of a parser that `selection` includes, in the order of the catalogue.
pub fn checks(selection: &Selection) -> Vec<&'static FixtureCheck> {
    fixture_check::all()
        .iter()
        .filter(|check| {
            check.roles.contains(&Role::Parser) && selection.includes(&check.requirement.id)
        })
        .collect()
}

/// Plays the fixtures of `checks` to the program and judges what comes of them.
///
/// # Errors
///
/// [`DriverError`] if the program cannot be started, or does not begin as a driver does.
pub async fn check_parser(
    settings: &Settings,
    checks: &[&'static FixtureCheck],
) -> Result<Run, DriverError> {
    let fixtures: Arc<[_]> = fixtures(checks).into();
    let begun = Instant::now();
    let board = Board::new(Arc::clone(&fixtures), begun + settings.time);
    let patience = PATIENCE.mul_f64(settings.timeout_scale);
    let played = if settings.persistent {
        play_persistent(settings, &board, patience).await
    } else {
        play_once(settings, &board, patience).await
    };
    let (greeting, died) = match played {
        Ok(greeting) => (greeting, None),
        // It was there before: what was found so far counts.
        Err(error) if board.any_played() => (None, Some(error.to_string())),
        Err(error) => return Err(error),
    };
    let (stopped, streams) = board.effort();
    let effort = Effort {
        streams,
        watched_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        output: died.clone(),
        ..Effort::default()
    };
    let rows = rows::rows(&rows::Evidence {
        checks,
        fixtures: &fixtures,
        table: &board.table(),
        stopped: stopped.as_deref(),
        persistent: settings.persistent,
        greeting: greeting.as_ref(),
    });
    let target = Target {
        role: Role::Parser,
        name: settings.name.clone().unwrap_or_else(|| {
            (greeting.as_ref().and_then(name)).unwrap_or_else(|| settings.program.shown())
        }),
        url: None,
    };
    Ok(Run::new(target, rows, effort, died.is_some()))
}

fn fixtures(checks: &[&'static FixtureCheck]) -> Vec<&'static sse_fixtures::Fixture> {
    checks
        .iter()
        .flat_map(|check| &check.fixtures)
        .copied()
        .collect()
}

fn name(greeting: &Greeting) -> Option<String> {
    let name = greeting.name.as_deref()?;
    let version = greeting.version.as_deref().unwrap_or_default();
    Some(crate::escape::printable(
        format!("{name} {version}").trim_end(),
    ))
}

async fn play_persistent(
    settings: &Settings,
    board: &Board,
    patience: Duration,
) -> Result<Option<Greeting>, DriverError> {
    let mut players: Vec<_> = (0..settings.jobs.max(1))
        .map(|_| Player::new(&settings.program, patience))
        .collect();
    let greeting = players[0].greet().await?;
    let phases = plan::phases(Arc::clone(&board.fixtures), settings.seed);
    for phase in phases {
        board.put(phase);
        let playing = players.iter_mut().map(|player| player.play(board));
        let outcome = futures_util::future::try_join_all(playing).await;
        outcome?;
    }
    for player in players {
        player.stop().await;
    }
    Ok(Some(greeting))
}

async fn play_once(
    settings: &Settings,
    board: &Board,
    patience: Duration,
) -> Result<Option<Greeting>, DriverError> {
    let [whole, ..] = plan::phases(Arc::clone(&board.fixtures), settings.seed);
    board.put(whole);
    let playing = (0..settings.jobs.max(1)).map(|_| once::play(board, &settings.program, patience));
    futures_util::future::try_join_all(playing).await?;
    Ok(None)
}
