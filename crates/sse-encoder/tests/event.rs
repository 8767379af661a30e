//! Bytes of whole events, written down by hand from the grammar of the standard.

use std::time::Duration;

use sse_encoder::Event;

#[test]
fn a_field_that_was_not_given_is_not_written() {
    assert_eq!(encoded(Event::new().data("x")), "data: x\n\n");
    assert_eq!(encoded(Event::new().event("e")), "event: e\n\n");
    assert_eq!(encoded(Event::new().id("1")), "id: 1\n\n");
    assert_eq!(
        encoded(Event::new().retry(Duration::from_millis(1500))),
        "retry: 1500\n\n"
    );
    assert_eq!(encoded(Event::new()), "\n");
}

#[test]
fn a_field_that_was_given_empty_is_written_empty() {
    assert_eq!(
        encoded(Event::new().event("").id("").data("")),
        "event: \nid: \ndata: \n\n"
    );
}

#[test]
fn the_last_setting_of_a_field_wins() {
    assert_eq!(
        encoded(Event::new().data("a").event("x").data("b").event("y")),
        "event: y\ndata: b\n\n"
    );
}

#[test]
fn each_end_of_line_begins_a_data_field() {
    for (data, wire) in [
        ("a\nb", "data: a\ndata: b\n\n"),
        ("a\rb", "data: a\ndata: b\n\n"),
        ("a\r\nb", "data: a\ndata: b\n\n"),
        ("a\n\rb", "data: a\ndata: \ndata: b\n\n"),
        ("a\r\r\nb", "data: a\ndata: \ndata: b\n\n"),
        ("a\n\nb", "data: a\ndata: \ndata: b\n\n"),
        ("a\r\n\r\nb", "data: a\ndata: \ndata: b\n\n"),
    ] {
        assert_eq!(encoded(Event::new().data(data)), wire, "{data:?}");
    }
}

#[test]
fn newlines_at_the_edges_survive() {
    for (data, wire) in [
        ("\n", "data: \ndata: \n\n"),
        ("\r", "data: \ndata: \n\n"),
        ("\r\n", "data: \ndata: \n\n"),
        ("\n\n", "data: \ndata: \ndata: \n\n"),
        ("x\n", "data: x\ndata: \n\n"),
        ("x\r", "data: x\ndata: \n\n"),
        ("x\r\n", "data: x\ndata: \n\n"),
        ("x\n\n", "data: x\ndata: \ndata: \n\n"),
        ("\nx", "data: \ndata: x\n\n"),
    ] {
        assert_eq!(encoded(Event::new().data(data)), wire, "{data:?}");
    }
}

#[test]
fn a_space_at_the_start_of_a_value_stands_behind_the_one_that_receivers_remove() {
    let event = Event::new().event(" e").id(" 1").data(" a\n  b\n");
    assert_eq!(
        encoded(event),
        "event:  e\nid:  1\ndata:  a\ndata:   b\ndata: \n\n"
    );
}

#[test]
fn what_looks_like_a_field_stays_data() {
    for data in ["data: x", ": comment", "event: x", ":", "\u{FEFF}data: x"] {
        assert_eq!(
            encoded(Event::new().data(data)),
            format!("data: {data}\n\n"),
            "{data:?}"
        );
    }
    assert_eq!(
        encoded(Event::new().data("safe\r\revent: admin\rdata: forged\r\r")),
        "data: safe\ndata: \ndata: event: admin\ndata: data: forged\ndata: \ndata: \n\n"
    );
}

/// Line breaks for Unicode, for Python's `splitlines` and for C, but not for the standard.
#[test]
fn only_cr_and_lf_end_a_line() {
    let data = "a\u{B}b\u{C}c\u{1C}d\u{1D}e\u{1E}f\u{85}g\u{2028}h\u{2029}i\0j\tk";
    assert_eq!(
        encoded(Event::new().data(data)),
        format!("data: {data}\n\n")
    );
    let name = data.replace('\0', "");
    assert_eq!(
        encoded(Event::new().event(&name).id(&name)),
        format!("event: {name}\nid: {name}\n\n")
    );
}

#[test]
fn text_beyond_ascii_is_left_as_it_is() {
    let text = "\u{E9}\u{4E2D}\u{1F600}e\u{301}\u{202E}\u{10FFFF}";
    let event = Event::new().event(text).id(text).data(text);
    assert_eq!(
        encoded(event),
        format!("event: {text}\nid: {text}\ndata: {text}\n\n")
    );
}

#[test]
fn the_reconnection_time_is_whole_milliseconds_and_never_shorter_than_asked() {
    for (retry, digits) in [
        (Duration::ZERO, "0"),
        (Duration::from_nanos(1), "1"),
        (Duration::from_millis(1), "1"),
        (Duration::from_micros(1_001), "2"),
        (Duration::from_nanos(1_999_999_999), "2000"),
        (Duration::from_secs(3), "3000"),
        (Duration::from_millis(u64::MAX - 1), "18446744073709551614"),
        (Duration::from_millis(u64::MAX), "18446744073709551615"),
        (
            Duration::from_millis(u64::MAX) + Duration::from_nanos(1),
            "18446744073709551615",
        ),
        (Duration::MAX, "18446744073709551615"),
    ] {
        assert_eq!(
            encoded(Event::new().retry(retry)),
            format!("retry: {digits}\n\n"),
            "{retry:?}"
        );
    }
}

#[test]
fn data_of_many_lines_and_of_any_length_is_complete() {
    for length in [
        0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1_023, 1_024, 65_536,
    ] {
        let line = "x".repeat(length);
        assert_eq!(
            encoded(Event::new().data(&line)),
            format!("data: {line}\n\n"),
            "{length} bytes"
        );
        let three = format!("{line}\r\n{line}\r{line}");
        assert_eq!(
            encoded(Event::new().data(&three)),
            format!("data: {line}\ndata: {line}\ndata: {line}\n\n"),
            "three lines of {length} bytes"
        );
    }
}

#[test]
fn events_are_appended() {
    let mut out = b": before\n\n".to_vec();
    Event::new().data("1").encode_into(&mut out).unwrap();
    Event::new().data("2").encode_into(&mut out).unwrap();
    assert_eq!(out, b": before\n\ndata: 1\n\ndata: 2\n\n");
}

fn encoded(event: Event<'_>) -> String {
    let mut out = Vec::new();
    event.encode_into(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}
