//! The [`event` production](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
//! from fields to text.
//!
//! Each value stands after `: `, never after a bare colon: receivers remove one space, so a value that begins with a space
//! keeps it only behind another one.

use core::time::Duration;

use memchr::memchr2;

use crate::event::Event;
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
pub(crate) fn write_field<S: Sink<E> + ?Sized, E>(
    name: &str,
    value: &str,
    sink: &mut S,
) -> Result<(), E> {
    sink.put(name)?;
    sink.put(value)?;
    sink.put("\n")
}

/// One `data` field for each line, the empty one after a last end-of-line too: the receiver puts an LF behind each and then
/// removes [exactly one](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage).
#[inline]
pub(crate) fn write_data<S: Sink<E> + ?Sized, E>(data: &str, sink: &mut S) -> Result<(), E> {
    let mut rest = data;
    while let Some(end) = memchr2(b'\r', b'\n', rest.as_bytes()) {
        write_field("data: ", &rest[..end], sink)?;
        let end_of_line = if rest.as_bytes()[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = &rest[end + end_of_line..];
    }
    write_field("data: ", rest, sink)
}

pub(crate) fn write_retry<S: Sink<E> + ?Sized, E>(retry: Duration, sink: &mut S) -> Result<(), E> {
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

/// How much an event takes if its data is one line; more lines let the buffer grow as they come.
#[inline]
fn size_of_one_line(event: &Event<'_>) -> usize {
    let field =
        |name: &str, value: Option<&str>| value.map_or(0, |value| name.len() + value.len() + 1);
    let retry = if event.retry.is_some() {
        "retry: ".len() + DIGITS + 1
    } else {
        0
    };
    field("event: ", event.event)
        + field("id: ", event.id)
        + retry
        + field("data: ", event.data)
        + 1
}
