//! What cannot be expressed is refused, named, and leaves no trace.

use sse_encoder::{EncodeError, Event, Field, comment_into};

#[test]
fn cr_and_lf_are_refused_wherever_they_stand() {
    for (value, character, position) in [
        ("\n", '\n', 0),
        ("\r", '\r', 0),
        ("\r\n", '\r', 0),
        ("x\n", '\n', 1),
        ("x\ndata: forged", '\n', 1),
        ("x\revent: admin", '\r', 1),
        ("\u{4E2D}\u{1F600}\n", '\n', 7),
        ("0123456\n", '\n', 7),
        ("01234567\r", '\r', 8),
        ("0123456789abcdef\r", '\r', 16),
        ("0123456789abcdefghijklmnopqrstuvwxyz\n0\r", '\n', 36),
    ] {
        let seen = refused(Event::new().event(value));
        assert_eq!(
            (seen.field, seen.character, seen.position),
            (Field::Event, character, position),
            "{value:?}"
        );
        let seen = refused(Event::new().id(value));
        assert_eq!(
            (seen.field, seen.character, seen.position),
            (Field::Id, character, position),
            "{value:?}"
        );
        let seen = refused_comment(value);
        assert_eq!(
            (seen.field, seen.character, seen.position),
            (Field::Comment, character, position),
            "{value:?}"
        );
    }
}

#[test]
fn nul_is_refused_in_an_id_only() {
    for (value, position) in [("\0", 0), ("a\0b", 1), ("abcdefgh\0", 8), (" \0\n", 1)] {
        let seen = refused(Event::new().id(value));
        assert_eq!(
            (seen.field, seen.character, seen.position),
            (Field::Id, '\0', position),
            "{value:?}"
        );
    }
    let mut out = Vec::new();
    Event::new()
        .event("a\0b")
        .data("\0")
        .encode_into(&mut out)
        .unwrap();
    comment_into("\0", &mut out).unwrap();
    assert_eq!(out, b"event: a\0b\ndata: \0\n\n: \0\n\n");
}

/// Every byte of every position, against a list of three.
#[test]
fn no_other_character_is_refused() {
    for length in [1, 7, 8, 9, 16, 33] {
        for position in 0..length {
            for character in '\0'..='\u{FF}' {
                let mut value = "x".repeat(position);
                value.push(character);
                value.push_str(&"x".repeat(length - position - 1));
                let line = matches!(character, '\r' | '\n');
                assert_eq!(
                    Event::new().event(&value).check().is_err(),
                    line,
                    "event {value:?}"
                );
                assert_eq!(
                    Event::new().id(&value).check().is_err(),
                    line || character == '\0',
                    "id {value:?}"
                );
                assert_eq!(
                    comment_into(&value, &mut Vec::new()).is_err(),
                    line,
                    "comment {value:?}"
                );
            }
        }
    }
}

#[test]
fn the_first_bad_field_and_its_first_bad_character_are_named() {
    let seen = refused(Event::new().id("\0").event("ok\r\n"));
    assert_eq!(
        (seen.field, seen.character, seen.position),
        (Field::Event, '\r', 2)
    );
}

#[test]
fn the_message_says_what_to_do_instead() {
    assert_eq!(
        refused(Event::new().event("a\rb")).to_string(),
        "event contains CARRIAGE RETURN (U+000D) at byte 1: it is one line; send text of several lines as data"
    );
    assert_eq!(
        refused(Event::new().id("a\n")).to_string(),
        "id contains LINE FEED (U+000A) at byte 1: it is one line; send text of several lines as data"
    );
    assert_eq!(
        refused(Event::new().id("\0")).to_string(),
        "id contains NULL (U+0000) at byte 0: clients ignore such an id; send one without it"
    );
    assert_eq!(
        refused_comment("a\nb").to_string(),
        "comment contains LINE FEED (U+000A) at byte 1: a comment is one line; send one comment for each line"
    );
}

#[test]
fn the_lossy_variant_shows_what_it_replaced() {
    for (event, wire) in [
        (
            Event::new().event("a\r\nb").data("a\r\nb"),
            "event: a\u{FFFD}\u{FFFD}b\ndata: a\ndata: b\n\n",
        ),
        (
            Event::new().id("\0\u{4E2D}\n"),
            "id: \u{FFFD}\u{4E2D}\u{FFFD}\n\n",
        ),
        (Event::new().event("a\0").id("7"), "event: a\0\nid: 7\n\n"),
        (
            Event::new().event("\u{80}\u{FF}"),
            "event: \u{80}\u{FF}\n\n",
        ),
    ] {
        let mut out = Vec::new();
        event.encode_lossy_into(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), wire, "{event:?}");
    }
}

fn refused(event: Event<'_>) -> EncodeError {
    let mut out = b"before".to_vec();
    let error = event.data("data").encode_into(&mut out).unwrap_err();
    assert_eq!(out, b"before", "nothing is written for {event:?}");
    assert_eq!(event.check().unwrap_err(), error);
    error
}

fn refused_comment(text: &str) -> EncodeError {
    let mut out = b"before".to_vec();
    let error = comment_into(text, &mut out).unwrap_err();
    assert_eq!(out, b"before", "nothing is written for {text:?}");
    error
}
