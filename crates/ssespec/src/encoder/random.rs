//! Scripts that nobody thought of.

use sse_fixtures::ScriptStep;

/// What texts are made of: ordinary text, line ends of all kinds, and what looks like lines of the format.
const PIECES: &[&str] = &[
    "a",
    "B",
    "7",
    "xyz",
    " x",
    ":",
    "\u{e9}",
    "\u{65e5}",
    "\u{1f600}",
    "\n",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "data: y",
    "id: 9",
    "event: z",
    "retry: 1",
    ": c",
    "\u{2028}",
    "\u{85}",
    "\0",
    "\u{feff}b",
];

/// The most pieces of one text.
const MOST_PIECES: u64 = 6;

/// The most steps of one script.
const MOST_STEPS: u64 = 5;

/// Gives `count` scripts; the same `seed` gives the same.
pub(super) fn scripts(count: usize, seed: u64) -> impl Iterator<Item = Vec<ScriptStep>> {
    let mut chance = Chance(seed);
    (0..count).map(move |_| {
        let steps = 1 + chance.below(MOST_STEPS);
        (0..steps).map(|_| chance.step()).collect()
    })
}

/// SplitMix64: enough for variety, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn text(&mut self) -> String {
        let pieces = self.below(MOST_PIECES + 1);
        let piece = |_| PIECES[self.below(PIECES.len() as u64) as usize];
        (0..pieces).map(piece).collect()
    }

    fn step(&mut self) -> ScriptStep {
        if self.below(8) == 0 {
            return ScriptStep::Comment(self.text());
        }
        ScriptStep::Event {
            event: (self.below(3) == 0).then(|| self.text()),
            id: (self.below(3) == 0).then(|| self.text()),
            retry: (self.below(5) == 0).then(|| self.below(100_000)),
            data: Some(self.text()),
        }
    }
}
