//! What is encoded is what a parser that follows the standard reads, whatever the text is.

use std::time::Duration;

use proptest::prelude::*;
use sse_encoder::{Event, comment_into};
use sse_parser::{EventStream, OwnedEvent};

/// Text in which what matters to the format is frequent.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::sample::select(vec!['\n', '\r', ' ', ':', '\0', '\u{FEFF}', '\u{85}', '\u{2028}', 'a', '\u{FFFD}']),
        1 => any::<char>(),
    ];
    prop_oneof![
        prop::collection::vec(character, 0..90).prop_map(String::from_iter),
        // long enough for every width that is searched at once
        (0..200_usize, "[\r\n ]{0,3}", 0..200_usize)
            .prop_map(|(before, end, after)| "x".repeat(before) + &end + &"y".repeat(after)),
    ]
}

fn one_line() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace(['\r', '\n'], ""))
}

fn decode(bytes: &[u8]) -> (Vec<OwnedEvent>, EventStream) {
    let mut stream = EventStream::new();
    let mut events = Vec::new();
    let mut feed = stream.feed(bytes);
    while let Some(event) = feed.next_event() {
        events.push(event.expect("there are no limits").to_owned());
    }
    drop(feed);
    (events, stream)
}

/// The format cannot say which end of a line it was.
fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_in_comes_out(
        event_type in prop::option::of(one_line()),
        id in prop::option::of(one_line().prop_map(|id| id.replace('\0', ""))),
        data in prop::option::of(text()),
        retry in prop::option::of(any::<u64>()),
    ) {
        let event = Event::new();
        let event = event_type.as_deref().map_or(event, |name| event.event(name));
        let event = id.as_deref().map_or(event, |id| event.id(id));
        let event = data.as_deref().map_or(event, |data| event.data(data));
        let event = retry.map_or(event, |retry| event.retry(Duration::from_millis(retry)));

        let mut bytes = Vec::new();
        event.encode_into(&mut bytes).expect("nothing in it is forbidden");
        let (events, stream) = decode(&bytes);

        let expected = data.map(|data| OwnedEvent {
            event_type: event_type.filter(|name| !name.is_empty()).unwrap_or_else(|| "message".to_owned()),
            data: with_lf(&data),
            last_event_id: id.clone().unwrap_or_default(),
        });
        prop_assert_eq!(events, Vec::from_iter(expected));
        prop_assert_eq!(stream.last_event_id(), id.unwrap_or_default());
        prop_assert_eq!(stream.reconnection_time(), retry.map(Duration::from_millis));
    }

    #[test]
    fn nothing_is_forged(event_type in text(), id in text(), comment in text(), data in text()) {
        let mut bytes = Vec::new();
        let refused = Event::new().event(&event_type).id(&id).data(&data).encode_into(&mut bytes);
        let expressible = !event_type.contains(['\r', '\n']) && !id.contains(['\r', '\n', '\0']);
        prop_assert_eq!(refused.is_ok(), expressible);
        let commented = comment_into(&comment, &mut bytes);
        prop_assert_eq!(commented.is_ok(), !comment.contains(['\r', '\n']));
        prop_assert_eq!(decode(&bytes).0.len(), usize::from(expressible));
    }
}
