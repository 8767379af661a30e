//! The [`event` production](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
//! from fields to text.
//!
//! Each value stands after `: `, never after a bare colon: receivers remove one space, so a value that begins with a space
//! keeps it only behind another one.

use core::time::Duration;

use crate::event::Event;
use crate::scan::{LineEnds, first_line_end};
use crate::sink::Sink;

/// Writes an event whose fields have been verified.
#[inline]
pub(crate) fn write_event<S: Sink<E> + ?Sized, E>(
    event: &Event<'_>,
    sink: &mut S,
) -> Result<(), E> {
    sink.expect(size_of_one_line(event));
    if let Some(name) = event.event {
        write_field("event: ", name, sink)?;
    }
    if let Some(id) = event.id {
        write_field("id: ", id, sink)?;
    }
    if let Some(retry) = event.retry {
        write_retry(retry, sink)?;
    }
    if let Some(data) = event.data {
        write_data(data, sink)?;
    }
    sink.put("\n")
}

#[inline]
fn write_field<S: Sink<E> + ?Sized, E>(name: &str, value: &str, sink: &mut S) -> Result<(), E> {
    sink.put(name)?;
    sink.put(value)?;
    sink.put("\n")
}

/// One `data` field for each line, the empty one after a last end-of-line too: the receiver puts an LF behind each and then
/// removes [exactly one](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage).
#[inline]
fn write_data<S: Sink<E> + ?Sized, E>(data: &str, sink: &mut S) -> Result<(), E> {
    match first_line_end(data.as_bytes()) {
        None => write_field("data: ", data, sink),
        Some(first) => write_lines(data, first, sink),
    }
}

fn write_lines<S: Sink<E> + ?Sized, E>(data: &str, first: usize, sink: &mut S) -> Result<(), E> {
    let bytes = data.as_bytes();
    let mut start = 0;
    for end in LineEnds::new(bytes, first) {
        let second_of_crlf =
            end == start && end > 0 && bytes[end - 1] == b'\r' && bytes[end] == b'\n';
        if !second_of_crlf {
            write_field("data: ", &data[start..end], sink)?;
        }
        start = end + 1;
    }
    write_field("data: ", &data[start..], sink)
}

fn write_retry<S: Sink<E> + ?Sized, E>(retry: Duration, sink: &mut S) -> Result<(), E> {
    let mut digits = [0; DIGITS];
    write_field(
        "retry: ",
        decimal(whole_milliseconds(retry), &mut digits),
        sink,
    )
}

fn whole_milliseconds(retry: Duration) -> u64 {
    let begun = u64::from(retry.subsec_nanos().div_ceil(1_000_000));
    retry.as_secs().saturating_mul(1_000).saturating_add(begun)
}

/// As many digits as [`u64::MAX`] has.
const DIGITS: usize = 20;

fn decimal(mut number: u64, digits: &mut [u8; DIGITS]) -> &str {
    let mut start = DIGITS;
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    core::str::from_utf8(&digits[start..]).expect("decimal digits are ASCII")
}

/// Exactly what an event takes if its data is one line; more lines let the buffer grow as they come.
#[inline]
fn size_of_one_line(event: &Event<'_>) -> usize {
    let field =
        |name: &str, value: Option<&str>| value.map_or(0, |value| name.len() + value.len() + 1);
    let retry = event.retry.map_or(0, |retry| {
        let digits = whole_milliseconds(retry)
            .checked_ilog10()
            .map_or(1, |exponent| exponent as usize + 1);
        "retry: ".len() + digits + 1
    });
    field("event: ", event.event)
        + field("id: ", event.id)
        + retry
        + field("data: ", event.data)
        + 1
}
