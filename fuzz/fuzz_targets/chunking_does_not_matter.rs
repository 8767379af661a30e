//! However the bytes are cut, and whatever the limits: the same events, the same lines, the same number of errors, the same state.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sse_fixtures::cuts::{self, CutPlan};
use sse_parser::{Discarded, EventStream, Limits, Lines, OwnedEvent};

// The first byte says how to cut, the second how much is allowed; the rest is the stream.
fuzz_target!(|input: &[u8]| {
    let [seed, limit, bytes @ ..] = input else {
        return;
    };
    let limit = if *limit == 0 { usize::MAX } else { usize::from(*limit) };
    let whole = Seen::of(&cuts::whole(), bytes, limit);
    for plan in [cuts::bytewise(bytes.len()), cuts::random(bytes.len(), u64::from(*seed))] {
        assert_eq!(Seen::of(&plan, bytes, limit), whole, "{plan}");
    }
});

#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<OwnedEvent>,
    exceeded: usize,
    last_event_id: String,
    reconnection_time: Option<Duration>,
    discarded: Discarded,
    lines: Vec<(u64, Vec<u8>)>,
    lines_exceeded: usize,
}

impl Seen {
    fn of(plan: &CutPlan, bytes: &[u8], limit: usize) -> Self {
        let mut stream = EventStream::with_limits(Limits::NONE.line(limit).event(limit).id(limit / 2));
        let mut lines = Lines::with_limit(limit);
        let (mut events, mut exceeded) = (Vec::new(), 0);
        let (mut located, mut lines_exceeded) = (Vec::new(), 0);
        for chunk in plan.chunks(bytes) {
            // To stop after an event and to go on with the rest is one more way to cut.
            let mut rest = chunk;
            loop {
                let mut feed = stream.feed(rest);
                match feed.next_event() {
                    Some(Ok(event)) => events.push(event.to_owned()),
                    Some(Err(_)) => exceeded += 1,
                    None => break,
                }
                rest = feed.stop();
            }
            let mut feed = lines.feed(chunk);
            while let Some(line) = feed.next_line() {
                match line {
                    Ok(line) => located.push((line.offset, line.raw.to_vec())),
                    Err(_) => lines_exceeded += 1,
                }
            }
        }
        let discarded = stream.finish();
        Self {
            events,
            exceeded,
            last_event_id: stream.last_event_id().to_owned(),
            reconnection_time: stream.reconnection_time(),
            discarded,
            lines: located,
            lines_exceeded,
        }
    }
}
