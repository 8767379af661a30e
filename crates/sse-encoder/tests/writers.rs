//! Every way out gives the same bytes.
#![cfg(feature = "std")]

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use sse_encoder::{EncodeError, Event};

#[test]
fn every_writer_gets_the_same_bytes() {
    let lines = "line\r\n".repeat(400);
    let long = "x".repeat(5_000);
    for event in [
        Event::new(),
        Event::new()
            .event("e")
            .id("1")
            .retry(Duration::from_secs(1))
            .data("a\nb"),
        Event::new().event(&long).id("2").data(&lines),
        Event::new().id("3").data(&long),
    ] {
        let mut expected = Vec::new();
        event.encode_into(&mut expected).unwrap();
        let text = std::str::from_utf8(&expected).unwrap();

        assert_eq!(event.check().unwrap().to_string(), text);
        let mut formatted = String::new();
        write!(formatted, "{}", event.check().unwrap()).unwrap();
        assert_eq!(formatted, text);

        let mut written = Vec::new();
        event.write_to(&mut written).unwrap();
        assert_eq!(written, expected);

        #[cfg(feature = "bytes")]
        {
            assert_eq!(event.to_bytes().unwrap(), expected);
            let mut buffer = bytes::BytesMut::new();
            event.encode_into_bytes(&mut buffer).unwrap();
            assert_eq!(buffer, expected);
        }
    }
}

#[test]
fn an_event_of_one_kibibyte_is_one_write() {
    let data = "x".repeat(1_024 - "id: 1\ndata: \n\n".len());
    let mut socket = Writes::default();
    Event::new()
        .id("1")
        .data(&data)
        .write_to(&mut socket)
        .unwrap();
    assert_eq!(socket.sizes, [1_024]);
}

#[test]
fn a_long_value_is_written_without_a_copy() {
    let data = "x".repeat(1_025);
    let mut socket = Writes::default();
    Event::new()
        .id("1")
        .data(&data)
        .write_to(&mut socket)
        .unwrap();
    assert_eq!(socket.sizes, ["id: 1\ndata: ".len(), 1_025, "\n\n".len()]);
}

#[test]
fn a_refused_event_is_invalid_input_and_writes_nothing() {
    let mut socket = Writes::default();
    let error = Event::new()
        .id("\0")
        .data("x")
        .write_to(&mut socket)
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let refused = error
        .into_inner()
        .unwrap()
        .downcast::<EncodeError>()
        .unwrap();
    assert_eq!(refused.character, '\0');
    assert!(socket.sizes.is_empty());
}

#[test]
fn the_error_of_the_writer_is_passed_on() {
    let mut full = io::Cursor::new([0; 4]);
    let error = Event::new().data("x").write_to(&mut full).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}

/// Remembers how much each write brought.
#[derive(Default)]
struct Writes {
    sizes: Vec<usize>,
}

impl io::Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sizes.push(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
