//! Whatever the bytes: events, last event ID and reconnection time are those of the standard's steps, taken one by one.
#![no_main]

#[path = "../../crates/sse-parser/tests/reference/mod.rs"]
mod reference;

use libfuzzer_sys::fuzz_target;
use reference::{Interpreted, interpret};
use sse_parser::EventStream;

fuzz_target!(|bytes: &[u8]| {
    let mut stream = EventStream::new();
    let mut events = Vec::new();
    let mut feed = stream.feed(bytes);
    while let Some(event) = feed.next_event() {
        let event = event.expect("there are no limits");
        assert_eq!(String::from_utf8_lossy(event.data_bytes()), event.data());
        events.push(event.to_owned());
    }
    drop(feed);
    let seen = Interpreted {
        events,
        last_event_id: stream.last_event_id().to_owned(),
        reconnection_time: stream.reconnection_time(),
    };
    assert_eq!(seen, interpret(bytes));
});
