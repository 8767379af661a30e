//! The [grammar of a line](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream), as nom parsers over bytes that are all there.
//!
//! The grammar of the standard is over characters *after* decoding. Here lines and fields are split on bytes: every byte that
//! matters is ASCII, and decoding UTF-8 with replacement neither makes nor swallows an ASCII byte, so both orders give the same.
//!
//! # Examples
//!
//! ```
//! use sse_parser::{EndOfLine, Line, grammar};
//!
//! let (rest, (line, end)) = grammar::line(b"data: a\r\nid")?;
//! assert_eq!(line, Line::Field { name: b"data", value: b"a" });
//! assert_eq!(end, EndOfLine::CrLf);
//! assert_eq!(rest, b"id");
//! # Ok::<(), nom::Err<nom::error::Error<&[u8]>>>(())
//! ```

use memchr::{memchr, memchr2};
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{eof, opt, rest, value, verify};
use nom::error::{Error, ErrorKind};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use crate::line::{EndOfLine, FieldName, Line};

/// One line with its end.
///
/// A CR that is the last byte of the input ends the line as [`EndOfLine::Cr`]: nobody has to wait for what may follow.
///
/// # Errors
///
/// [`ErrorKind::CrLf`] if there is no end of a line in the input.
pub fn line(input: &[u8]) -> IResult<&[u8], (Line<'_>, EndOfLine)> {
    let (input, line) = until_end_of_line(input)?;
    let (input, end) = end_of_line(input)?;
    Ok((input, (content(line), end)))
}

/// CRLF, LF or CR.
///
/// # Errors
///
/// [`ErrorKind::Tag`] if the input begins with none of them.
pub fn end_of_line(input: &[u8]) -> IResult<&[u8], EndOfLine> {
    alt((
        value(EndOfLine::CrLf, tag("\r\n")),
        value(EndOfLine::Lf, tag("\n")),
        value(EndOfLine::Cr, tag("\r")),
    ))
    .parse(input)
}

/// What a line is, given without its end; every line is something.
///
/// # Examples
///
/// ```
/// use sse_parser::{Line, grammar::content};
///
/// assert_eq!(content(b""), Line::Blank);
/// assert_eq!(content(b": hi"), Line::Comment(b" hi"));
/// assert_eq!(content(b"data:  x:y"), Line::Field { name: b"data", value: b" x:y" });
/// assert_eq!(content(b"data"), Line::Field { name: b"data", value: b"" });
/// ```
#[must_use]
#[inline]
pub fn content(line: &[u8]) -> Line<'_> {
    if let Ok((_, comment)) = comment(line) {
        return Line::Comment(comment);
    }
    match field(line) {
        Ok((_, (name, value))) => Line::Field { name, value },
        Err(_) => Line::Blank,
    }
}

/// A comment without the end of its line: what stands behind the colon.
///
/// # Errors
///
/// [`ErrorKind::Tag`] if the line does not begin with a colon.
#[inline]
pub fn comment(line: &[u8]) -> IResult<&[u8], &[u8]> {
    preceded(literal(b":"), rest).parse(line)
}

/// A field without the end of its line: its name, and its value without one leading space.
///
/// # Errors
///
/// [`ErrorKind::Verify`] if there is no name: the line is blank or a comment.
#[inline]
pub fn field(line: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    (
        verify(name, |name: &[u8]| !name.is_empty()),
        preceded((opt(tag(":")), opt(tag(" "))), rest),
    )
        .parse(line)
}

/// A field without the end of its line whose name [is processed](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField): what it is processed as, and its value without one leading space.
///
/// # Errors
///
/// [`ErrorKind::Tag`] or [`ErrorKind::Eof`] if the line is anything else: blank, a comment or a field that is ignored.
///
/// # Examples
///
/// ```
/// use sse_parser::{FieldName, grammar::known_field};
///
/// assert_eq!(known_field(b"id: 7")?.1, (FieldName::Id, &b"7"[..]));
/// assert_eq!(known_field(b"data")?.1, (FieldName::Data, &b""[..]));
/// assert!(known_field(b"ids: 7").is_err());
/// # Ok::<(), nom::Err<nom::error::Error<&[u8]>>>(())
/// ```
#[inline]
pub fn known_field(line: &[u8]) -> IResult<&[u8], (FieldName, &[u8])> {
    alt((
        (value(FieldName::Data, literal(b"data")), field_value),
        (value(FieldName::Event, literal(b"event")), field_value),
        (value(FieldName::Id, literal(b"id")), field_value),
        (value(FieldName::Retry, literal(b"retry")), field_value),
    ))
    .parse(line)
}

/// A `data` field without the end of its line: its value without one leading space.
///
/// # Errors
///
/// [`ErrorKind::Tag`] or [`ErrorKind::Eof`] if the line is anything else.
#[inline(always)]
pub fn data_field(line: &[u8]) -> IResult<&[u8], &[u8]> {
    let (input, _name) = literal(b"data")(line)?;
    field_value(input)
}

/// What follows the name of a field: a colon and the value, or nothing. A leaf of our own, because there is one in each line, and the
/// combinators that say the same are calls.
#[inline(always)]
fn field_value(input: &[u8]) -> IResult<&[u8], &[u8]> {
    match input {
        [] => eof(input),
        [b':', b' ', value @ ..] | [b':', value @ ..] => rest(value),
        [..] => Err(nom::Err::Error(Error::new(input, ErrorKind::Tag))),
    }
}

/// The start of a [`known_field`] of which not everything is there: what it is processed as. The colon is taken, a space is not.
///
/// # Errors
///
/// [`ErrorKind::Tag`] if the input begins with anything else, or with less.
#[inline]
pub fn start_of_known_field(input: &[u8]) -> IResult<&[u8], FieldName> {
    alt((
        value(FieldName::Data, literal(b"data:")),
        value(FieldName::Event, literal(b"event:")),
        value(FieldName::Id, literal(b"id:")),
        value(FieldName::Retry, literal(b"retry:")),
    ))
    .parse(input)
}

/// What `tag` does, but in one comparison: `tag` looks at one byte after the other.
#[inline]
fn literal<'a, const N: usize>(
    text: &'static [u8; N],
) -> impl Fn(&'a [u8]) -> IResult<&'a [u8], &'a [u8]> {
    move |input: &'a [u8]| match input.split_first_chunk::<N>() {
        Some((start, rest)) if start == text => Ok((rest, start)),
        _ => Err(nom::Err::Error(Error::new(input, ErrorKind::Tag))),
    }
}

/// Everything before the first colon, or everything.
#[inline]
fn name(line: &[u8]) -> IResult<&[u8], &[u8]> {
    let end = memchr(b':', line).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    Ok((rest, name))
}

/// A leaf of our own, because `take_till` looks at each byte, and nom's streaming `tag("\r\n")` would hold back a CR at the end.
fn until_end_of_line(input: &[u8]) -> IResult<&[u8], &[u8]> {
    match memchr2(b'\r', b'\n', input) {
        Some(end) => {
            let (line, rest) = input.split_at(end);
            Ok((rest, line))
        }
        None => Err(nom::Err::Error(Error::new(input, ErrorKind::CrLf))),
    }
}
