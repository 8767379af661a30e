//! What the parser reads can be written by the encoder, and is then read as the same; so is any text as data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sse_encoder::Event;
use sse_parser::{EventStream, OwnedEvent};

fuzz_target!(|bytes: &[u8]| {
    let events = parse(bytes);
    let mut written = Vec::new();
    for event in &events {
        write(event, &mut written);
    }
    assert_eq!(parse(&written), events);

    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut event = OwnedEvent {
        event_type: "message".to_owned(),
        data: text,
        last_event_id: String::new(),
    };
    written.clear();
    write(&event, &mut written);
    // The format cannot say which end of a line it was.
    event.data = event.data.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(parse(&written), [event]);
});

fn write(event: &OwnedEvent, out: &mut Vec<u8>) {
    Event::new()
        .event(&event.event_type)
        .id(&event.last_event_id)
        .data(&event.data)
        .encode_into(out)
        .expect("what was read can be written");
}

fn parse(bytes: &[u8]) -> Vec<OwnedEvent> {
    let mut stream = EventStream::new();
    let mut feed = stream.feed(bytes);
    let mut events = Vec::new();
    while let Some(event) = feed.next_event() {
        events.push(event.expect("there are no limits").to_owned());
    }
    events
}
