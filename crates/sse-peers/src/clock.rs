//! How long something takes.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time of this thread that it takes: what other programs do meanwhile does not count.
pub fn time(run: impl FnOnce()) -> Duration {
    let begun = now();
    run();
    now().saturating_sub(begun)
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.try_into().unwrap_or_default()
}

/// The one in the middle; `None` if there is none.
#[must_use]
pub fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}
