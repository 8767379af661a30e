//! Playing to a function in this process: how the judge itself is tested, without a program for each parser.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::board::{Board, Played};
use super::{fixtures, plan, rows};
use crate::fixture_check::FixtureCheck;
use crate::report::Row;

/// Longer than any test may take.
const TIME: Duration = Duration::from_secs(3600);

/// Judges `play` with `checks`. It gets the chunks of one stream after the other: every fixture whole, as its author cut it, and byte by byte.
pub fn judge_function(
    checks: &[&'static FixtureCheck],
    mut play: impl FnMut(&[&[u8]]) -> Played,
) -> Vec<Row> {
    let fixtures: Arc<[_]> = fixtures(checks).into();
    let board = Board::new(Arc::clone(&fixtures), Instant::now() + TIME);
    let [whole, by_hand, _] = plan::phases(Arc::clone(&fixtures), 0);
    for phase in [whole, by_hand] {
        board.put(phase);
        while let Some(task) = board.next() {
            let bytes = fixtures[task.fixture]
                .stream()
                .map_or(&[][..], |stream| &stream.bytes);
            let plan = sse_fixtures::cuts::at(task.cut.edges().iter().copied());
            let chunks: Vec<_> = plan.chunks(bytes).collect();
            board.record(&task, play(&chunks));
        }
    }
    rows::rows(&rows::Evidence {
        checks,
        fixtures: &fixtures,
        table: &board.table(),
        stopped: None,
        persistent: true,
        greeting: None,
    })
}
