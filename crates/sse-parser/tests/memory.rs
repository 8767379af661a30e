//! What is allocated: nothing for an event, and never more than the limits say.

use allocation_counter::measure;
use proptest::prelude::*;
use sse_parser::{EventStream, Limits, Lines};

/// Reads all of it; how many events there were, and how many were too long.
fn read(stream: &mut EventStream, bytes: &[u8], size: usize) -> (usize, usize) {
    let (mut events, mut exceeded) = (0, 0);
    for chunk in bytes.chunks(size) {
        let mut feed = stream.feed(chunk);
        while let Some(event) = feed.next_event() {
            match event {
                Ok(_) => events += 1,
                Err(_) => exceeded += 1,
            }
        }
    }
    (events, exceeded)
}

#[test]
fn nothing_is_allocated_for_an_event() {
    let block =
        "event: update\nid: 7\ndata: one\r\ndata: \u{20AC}\r\n\r\n: hi\n\nretry: 5\n\n".repeat(100);
    for size in [block.len(), 1000, 64, 3, 1] {
        let mut stream = EventStream::new();
        read(&mut stream, block.as_bytes(), size); // the buffers grow
        let allocated = measure(|| {
            assert_eq!(read(&mut stream, block.as_bytes(), size), (100, 0));
        });
        assert_eq!(allocated.count_total, 0, "in chunks of {size}");
    }
}

#[test]
fn a_huge_event_is_given_back() {
    let huge = ["data: ", &"x".repeat(4 << 20), "\ndata: y\n\ndata: z\n\n"].concat();
    let mut stream = EventStream::new();
    let held = measure(|| {
        assert_eq!(read(&mut stream, huge.as_bytes(), 1460), (2, 0));
        assert_eq!(read(&mut stream, b"data: a\ndata: b\n\n", 3), (1, 0));
    });
    let held =
        usize::try_from(held.bytes_current).expect("nothing is freed that was not allocated");
    assert!(held <= 2 * Limits::RETAINED, "{held} bytes are held");
}

/// Endless in every way that a stream can be.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "data:",
        "data: x\n",
        "data\n",
        "id: 1",
        "id:",
        "event: y",
        "event:",
        ": c",
        "unknown",
        "retry: 9",
        "9",
        "xxxxxxxx",
        "\n",
        "\r\n",
        "\0",
        "\u{20AC}",
    ]);
    let bytes = prop_oneof![
        4 => piece.prop_map(|text| text.as_bytes().to_vec()),
        1 => Just(vec![0xFF; 9]),
    ];
    let repeated = (bytes, 1..400_usize).prop_map(|(bytes, times)| bytes.repeat(times));
    prop::collection::vec(repeated, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn memory_is_bounded_by_the_limits(
        bytes in hostile(),
        size in prop_oneof![1..100_usize, Just(usize::MAX)],
        line in 1..500_usize,
        event in 1..500_usize,
        id in 1..50_usize,
    ) {
        let limits = Limits::NONE.line(line).event(event).id(id);
        let allocated = measure(|| {
            read(&mut EventStream::with_limits(limits), &bytes, size);
        });
        // Even the smallest allocation of a vector has 8 bytes.
        let most = 10 * (event + id) + 5 * 8;
        prop_assert!(allocated.bytes_max as usize <= most, "{} bytes, at most {most}", allocated.bytes_max);

        let allocated = measure(|| {
            let mut lines = Lines::with_limit(line);
            for chunk in bytes.chunks(size) {
                let mut feed = lines.feed(chunk);
                while feed.next_line().is_some() {}
            }
        });
        let most = 6 * line + 4 * 8;
        prop_assert!(allocated.bytes_max as usize <= most, "{} bytes, at most {most}", allocated.bytes_max);
    }
}
