//! What the standard says, by hand, and what this crate promises beyond it.

use std::time::Duration;

use sse_parser::{EventStream, Limit, Limits, Lines};

/// Data of the events of one stream, fed in the given chunks.
fn data(stream: &mut EventStream, chunks: &[&[u8]]) -> Vec<String> {
    let mut seen = Vec::new();
    for chunk in chunks {
        let mut feed = stream.feed(chunk);
        while let Some(event) = feed.next_event() {
            seen.push(event.expect("no limits").data().to_owned());
        }
    }
    seen
}

#[test]
fn a_line_that_ends_with_cr_acts_before_the_next_byte() {
    let mut stream = EventStream::new();
    assert_eq!(data(&mut stream, &[b"data: a\r\r"]), ["a"]);
    assert_eq!(data(&mut stream, &[b"\ndata: b\r", b"\n\r"]), ["b"]);
}

#[test]
fn crlf_cut_in_the_middle_is_one_end() {
    let mut stream = EventStream::new();
    let chunks: [&[u8]; 5] = [b"data: A\r\n", b"data: B\r", b"\ndata: C\r\n", b"\r", b"\n"];
    assert_eq!(data(&mut stream, &chunks), ["A\nB\nC"]);
}

#[test]
fn an_empty_chunk_is_nothing() {
    let mut stream = EventStream::new();
    let chunks: [&[u8]; 6] = [b"", b"\xEF", b"", b"\xBB\xBFdata:1\r", b"", b"\n\n"];
    assert_eq!(data(&mut stream, &chunks), ["1"]);
}

#[test]
fn retry_acts_at_its_line() {
    let mut stream = EventStream::new();
    assert!(data(&mut stream, &[b"retry: 20\n"]).is_empty());
    assert_eq!(stream.reconnection_time(), Some(Duration::from_millis(20)));
    assert!(
        data(
            &mut stream,
            &[b"retry: 3", b"0 \n", b"retry:\n", b"retry\n"]
        )
        .is_empty()
    );
    assert_eq!(stream.reconnection_time(), Some(Duration::from_millis(20)));
}

#[test]
fn an_id_counts_from_its_blank_line_and_outlives_the_connection() {
    let mut stream = EventStream::new().with_last_event_id("0");
    assert_eq!(stream.last_event_id(), "0");
    assert!(data(&mut stream, &[b"id: 1\n"]).is_empty());
    assert_eq!(stream.last_event_id(), "0");
    assert!(data(&mut stream, &[b"\n"]).is_empty());
    assert_eq!(stream.last_event_id(), "1");

    assert!(data(&mut stream, &[b"id: 2\ndata: lost\n"]).is_empty());
    let discarded = stream.finish();
    assert_eq!(
        (discarded.line, discarded.data, discarded.id),
        (0, Some(4), true)
    );
    assert_eq!(stream.last_event_id(), "1");

    let mut feed = stream.feed(b"data: a\n\n");
    let event = feed.next_event().expect("an event").expect("no limits");
    assert_eq!(event.last_event_id(), "1");
}

#[test]
fn after_the_end_a_byte_order_mark_is_one_again() {
    let mut stream = EventStream::new();
    assert_eq!(
        data(&mut stream, &[b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB"]),
        ["a"]
    );
    assert_eq!(stream.finish().line, 2);
    assert_eq!(data(&mut stream, &[b"\xEF\xBB\xBFdata: b\n\n"]), ["b"]);
    stream.finish();
    assert_eq!(data(&mut stream, &[b"\xEF\xBB"]), [""; 0]);
    assert_eq!(stream.finish().line, 2);
}

#[test]
fn dropping_a_feed_reads_its_rest() {
    let mut stream = EventStream::new();
    let mut feed = stream.feed(b"data: a\n\nid: 7\ndata: b\n\ndata: c");
    assert_eq!(
        feed.next_event()
            .expect("an event")
            .expect("no limits")
            .data(),
        "a"
    );
    drop(feed);
    assert_eq!(stream.last_event_id(), "7");
    assert_eq!(data(&mut stream, &[b"\n\n"]), ["c"]);
}

#[test]
fn ill_formed_bytes_are_replaced_one_for_each_maximal_part() {
    let cases: [(&[u8], usize); 7] = [
        (b"\xC3", 1),
        (b"\xE2\x82", 1),
        (b"\xF0\x9F\x98", 1),
        (b"\xC0\xAF", 2),
        (b"\xED\xA0\x80", 3),
        (b"\xF5\x80", 2),
        (b"\xFF\xFE", 2),
    ];
    for (bytes, replaced) in cases {
        let mut stream = EventStream::new();
        let text = [b"data: ", bytes, b"\ndata: x\n\n"].concat();
        assert_eq!(
            data(&mut stream, &[&text]),
            ["\u{FFFD}".repeat(replaced) + "\nx"],
            "{bytes:?}"
        );
    }
}

#[test]
fn what_is_too_long_is_one_error_and_the_next_event_comes() {
    let limits = Limits::NONE.line(20).event(30).id(3);
    let cases: [(&[u8], Limit, usize); 4] = [
        (b": 0123456789012345678901234\n", Limit::Line, 20),
        (
            b"data: 0123456789\ndata: 0123456789\ndata: 0123456789\n",
            Limit::Event,
            30,
        ),
        (
            b"event: 0123456789\ndata: 0123456789\ndata: 0123456789\n",
            Limit::Event,
            30,
        ),
        (b"id: 1234\n", Limit::Id, 3),
    ];
    for (bytes, limit, allowed) in cases {
        let text = [b"id: 1\n", bytes, b"data: lost\nretry: 5\n\ndata: next\n\n"].concat();
        for size in [1, 7, text.len()] {
            let mut stream = EventStream::with_limits(limits);
            let (mut exceeded, mut events) = (Vec::new(), Vec::new());
            for chunk in text.chunks(size) {
                let mut feed = stream.feed(chunk);
                while let Some(event) = feed.next_event() {
                    match event {
                        Ok(event) => events.push(event.to_owned()),
                        Err(error) => exceeded.push((error.limit, error.allowed)),
                    }
                }
            }
            assert_eq!(exceeded, [(limit, allowed)], "in chunks of {size}");
            assert_eq!(events.len(), 1, "in chunks of {size}");
            assert_eq!((&*events[0].data, &*events[0].last_event_id), ("next", ""));
            assert_eq!(stream.reconnection_time(), None);
        }
    }
}

#[test]
fn a_line_that_never_ends_is_told_while_it_comes() {
    let mut stream = EventStream::with_limits(Limits::default().line(1000));
    let mut errors = 0;
    for _ in 0..100 {
        let mut feed = stream.feed(&[b'x'; 100]);
        while let Some(event) = feed.next_event() {
            assert_eq!(event.expect_err("there is no event").limit, Limit::Line);
            errors += 1;
        }
    }
    assert_eq!(errors, 1);
    assert_eq!(
        data(&mut stream, &[b"\n", b"data: a\n\n", b"data: b\n\n"]),
        ["b"]
    );
}

#[test]
fn lines_tell_their_places() {
    let mut lines = Lines::new();
    let mut seen = Vec::new();
    for chunk in [&b"\xEF\xBB"[..], b"\xBFdata: a\r", b"\n: c\r\n\nid"] {
        let mut feed = lines.feed(chunk);
        while let Some(line) = feed.next_line() {
            let line = line.expect("no limit");
            seen.push((line.offset, String::from_utf8_lossy(line.raw).into_owned()));
        }
    }
    let expected = [(3, "data: a"), (12, ": c"), (17, "")];
    assert_eq!(
        seen,
        expected.map(|(offset, line)| (offset, line.to_owned()))
    );
    assert!(lines.had_bom());
    let last = lines.finish().expect("a line without its end");
    assert_eq!((last.offset, &*last.bytes), (18, &b"id"[..]));
}

#[cfg(feature = "serde")]
#[test]
fn an_owned_event_is_json_in_the_words_of_the_standard() {
    let mut stream = EventStream::new();
    let mut feed = stream.feed(b"id: 1\nevent: x\ndata: a\0\n\n");
    let event = feed
        .next_event()
        .expect("an event")
        .expect("no limits")
        .to_owned();
    let json = r#"{"type":"x","data":"a\u0000","lastEventId":"1"}"#;
    assert_eq!(serde_json::to_string(&event).expect("it is text"), json);
    assert_eq!(
        serde_json::from_str::<sse_parser::OwnedEvent>(json).expect("it is an event"),
        event
    );
}
