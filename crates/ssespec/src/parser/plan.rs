//! Which streams are played: every fixture in every way to cut it, the whole ones first.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sse_fixtures::{Fixture, cuts};

use crate::driver::Question;

pub use sse_fixtures::cuts::CutPlan;

/// How many random ways to cut each fixture is played in.
const RANDOM: u64 = 64;

/// How much longer an answer may take for each chunk: who takes long for a chunk is slow, and does not hang.
const EACH_CHUNK: Duration = Duration::from_millis(2);

/// One stream to be played.
#[derive(Clone, Debug)]
pub struct Task {
    /// The place of its fixture in the list.
    pub fixture: usize,
    /// How it is cut.
    pub cut: Cut,
}

/// Why a stream is cut as it is.
#[derive(Clone, Debug)]
pub enum Cut {
    /// Not at all.
    Whole,
    /// Where the author of the fixture cut it.
    AsWritten(CutPlan),
    /// Anywhere else.
    Split(CutPlan),
}

impl Cut {
    /// The edges between the chunks.
    pub fn edges(&self) -> &[usize] {
        match self {
            Self::Whole => &[],
            Self::AsWritten(plan) | Self::Split(plan) => plan.edges(),
        }
    }
}

/// Streams that are played one after the other.
pub type Phase = Box<dyn Iterator<Item = Task> + Send>;

/// What is to be played, in three parts: whole, as written and byte by byte, all other cuts. What comes of the whole streams must be known
/// before anything is compared with it, and a slow parser gets through the first parts at least.
pub fn phases(fixtures: Arc<[&'static Fixture]>, seed: u64) -> [Phase; 3] {
    let count = fixtures.len();
    let whole = (0..count).map(|fixture| Task {
        fixture,
        cut: Cut::Whole,
    });
    let all = Arc::clone(&fixtures);
    let by_hand = (0..count).flat_map(move |fixture| {
        let stream = all[fixture].stream();
        let written = stream
            .filter(|stream| !stream.cuts.is_empty())
            .map(|stream| Cut::AsWritten(cuts::as_written(stream)));
        let bytewise = Cut::Split(cuts::bytewise(length(all[fixture])));
        let cuts = written.into_iter().chain([bytewise]);
        cuts.map(move |cut| Task { fixture, cut })
    });
    let other = (0..count).flat_map(move |fixture| {
        let length = length(fixtures[fixture]);
        let random = (0..RANDOM).map(move |number| cuts::random(length, seed ^ number));
        let cuts = cuts::two_way(length).chain(random).map(Cut::Split);
        cuts.map(move |cut| Task { fixture, cut })
    });
    [Box::new(whole), Box::new(by_hand), Box::new(other)]
}

fn length(fixture: &Fixture) -> usize {
    fixture.stream().map_or(0, |stream| stream.bytes.len())
}

/// The line that asks a persistent driver for the events of `bytes` in these chunks.
pub fn question(case: String, bytes: &[u8], edges: &[usize]) -> Question {
    let mut line = String::with_capacity(64 + bytes.len() * 4 / 3 + edges.len() * 7);
    line.push_str("{\"case\":");
    line.push_str(&serde_json::Value::from(case.as_str()).to_string());
    line.push_str(",\"chunks\":[");
    let mut from = 0;
    for &edge in edges.iter().chain([&bytes.len()]) {
        let edge = edge.min(bytes.len());
        if !line.ends_with('[') {
            line.push(',');
        }
        line.push('"');
        STANDARD.encode_string(&bytes[from..edge], &mut line);
        line.push('"');
        from = edge;
    }
    line.push_str("]}\n");
    Question {
        case,
        line: line.into_bytes(),
        allowance: EACH_CHUNK * u32::try_from(edges.len()).unwrap_or(u32::MAX),
    }
}
