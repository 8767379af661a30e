//! What holds for any bytes and any way to cut them.

mod reference;

use proptest::prelude::*;
use reference::{Interpreted, interpret};
use sse_parser::{EventStream, LimitExceeded, Limits, Lines, OwnedEvent, Unterminated, grammar};

/// Pieces that mean something, more often than chance would make them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"data"[..],
        b"event",
        b"id",
        b"retry",
        b"data:",
        b"event:",
        b"id:",
        b"retry:",
        b"data: ",
        b"id: ",
        b"da",
        b"ta",
        b":",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\r\r",
        b"\r\n\r\n",
        b"\0",
        b"x",
        b"1",
        b"25",
        b"\xEF\xBB\xBF",
        b"\xEF\xBB",
        b"\xEF",
        b"\xE2\x82\xAC",
        b"\xE2\x82",
        b"\xC3",
        b"\xF0\x9F\x98\x80",
        b"\xED\xA0\x80",
        b"\xFF",
        b"Data: ",
        b"unknown: ",
        b"\xC2\x85",
        b"\xE2\x80\xA8",
        b"\x0B",
        b"99999999999999999999",
        b"+1",
        b"data: 0123456789012345678901234567890123456789\n\n",
    ]);
    prop_oneof![
        9 => known.prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..80),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..12_usize, 0..200)
}

/// Chunks of the given sizes, empty ones too; the rest is the last one.
fn chunks<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut chunks = Vec::new();
    for &size in sizes {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks.push(rest);
    chunks
}

fn parse(chunks: &[&[u8]], limits: Limits) -> (Interpreted, Vec<LimitExceeded>) {
    let mut stream = EventStream::with_limits(limits);
    let (mut events, mut exceeded) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let mut feed = stream.feed(chunk);
        while let Some(event) = feed.next_event() {
            match event {
                Ok(event) => {
                    assert_eq!(String::from_utf8_lossy(event.data_bytes()), event.data());
                    events.push(event.to_owned());
                }
                Err(limit) => exceeded.push(limit),
            }
        }
    }
    stream.finish();
    let seen = Interpreted {
        events,
        last_event_id: stream.last_event_id().to_owned(),
        reconnection_time: stream.reconnection_time(),
    };
    (seen, exceeded)
}

/// Offset and bytes of each line; how many were too long; the last one.
type Located = (Vec<(u64, Vec<u8>)>, usize, Option<Unterminated>);

/// The end of a line is left out because it depends on what the chunk shows of it.
fn located(chunks: &[&[u8]], limit: usize) -> Located {
    let mut lines = Lines::with_limit(limit);
    let (mut seen, mut exceeded) = (Vec::new(), 0);
    for chunk in chunks {
        let mut feed = lines.feed(chunk);
        while let Some(line) = feed.next_line() {
            match line {
                Ok(line) => {
                    assert_eq!(line.line, grammar::content(line.raw));
                    seen.push((line.offset, line.raw.to_vec()));
                }
                Err(_) => exceeded += 1,
            }
        }
    }
    (seen, exceeded, lines.finish())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_steps_of_the_standard(bytes in stream(), sizes in cuts()) {
        let (seen, exceeded) = parse(&chunks(&bytes, &sizes), Limits::NONE);
        prop_assert_eq!(seen, interpret(&bytes));
        prop_assert!(exceeded.is_empty());
    }

    #[test]
    fn chunking_does_not_matter_even_beyond_the_limits(bytes in stream(), sizes in cuts(), line in 0..60_usize, event in 0..60_usize, id in 0..9_usize) {
        // Which limit is told depends on the cuts where a line breaks two of them; that one is told does not.
        let limits = Limits::default().line(line).event(event).id(id);
        let (seen, exceeded) = parse(&chunks(&bytes, &sizes), limits);
        let (whole, whole_exceeded) = parse(&[&bytes], limits);
        prop_assert_eq!(seen, whole);
        prop_assert_eq!(exceeded.len(), whole_exceeded.len());
    }

    #[test]
    fn to_stop_and_go_on_is_one_more_cut(bytes in stream(), limit in 0..60_usize) {
        let limits = Limits::default().line(limit).event(limit).id(limit / 4);
        let mut stream = EventStream::with_limits(limits);
        let (mut events, mut exceeded) = (Vec::new(), 0);
        let mut rest = &bytes[..];
        loop {
            let mut feed = stream.feed(rest);
            match feed.next_event() {
                Some(Ok(event)) => events.push(event.to_owned()),
                Some(Err(_)) => exceeded += 1,
                None => break,
            }
            rest = feed.stop();
        }
        let (whole, whole_exceeded) = parse(&[&bytes], limits);
        prop_assert_eq!(events, whole.events);
        prop_assert_eq!(exceeded, whole_exceeded.len());
        stream.finish();
        prop_assert_eq!(stream.last_event_id(), whole.last_event_id);
    }

    #[test]
    fn limits_only_take_events_away(bytes in stream(), sizes in cuts(), line in 0..60_usize, event in 0..60_usize) {
        let chunks = chunks(&bytes, &sizes);
        let (limited, exceeded) = parse(&chunks, Limits::NONE.line(line).event(event));
        let (whole, _) = parse(&chunks, Limits::NONE);
        let mut rest = whole.events.iter();
        for event in &limited.events {
            let same = |other: &&OwnedEvent| other.data == event.data && other.event_type == event.event_type;
            prop_assert!(rest.any(|other| same(&other)), "{event:?} is not an event of the stream");
        }
        if exceeded.is_empty() {
            prop_assert_eq!(limited, whole);
        }
    }

    #[test]
    fn lines_are_where_they_say(bytes in stream(), sizes in cuts()) {
        let (lines, exceeded, unterminated) = located(&chunks(&bytes, &sizes), usize::MAX);
        prop_assert_eq!(exceeded, 0);
        let mut expected = bytes.strip_prefix(b"\xEF\xBB\xBF").map_or(0, |_| 3);
        for (offset, raw) in &lines {
            prop_assert_eq!(*offset as usize, expected);
            let end = expected + raw.len();
            prop_assert_eq!(&bytes[expected..end], &raw[..]);
            expected = end + if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
        }
        let left = unterminated.map_or_else(Vec::new, |last| {
            assert_eq!(last.offset as usize, expected);
            last.bytes
        });
        prop_assert_eq!(&bytes[expected..], &left[..]);
    }

    #[test]
    fn lines_do_not_depend_on_chunks_even_beyond_the_limit(bytes in stream(), sizes in cuts(), limit in 0..40_usize) {
        let (lines, exceeded, last) = located(&chunks(&bytes, &sizes), limit);
        let (whole_lines, whole_exceeded, whole_last) = located(&[&bytes], limit);
        prop_assert_eq!(lines, whole_lines);
        prop_assert_eq!(exceeded, whole_exceeded);
        prop_assert_eq!(last.map(|last| last.offset), whole_last.map(|last| last.offset));
    }

    #[test]
    fn the_grammar_reads_the_same_lines(bytes in stream()) {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let mut rest = text;
        let mut lines = Vec::new();
        while let Ok((after, (_, end))) = grammar::line(rest) {
            lines.push(rest[..rest.len() - after.len() - end.len()].to_vec());
            rest = after;
        }
        let (located, _, _) = located(&[&bytes], usize::MAX);
        prop_assert_eq!(lines, located.into_iter().map(|(_, raw)| raw).collect::<Vec<_>>());
    }
}
