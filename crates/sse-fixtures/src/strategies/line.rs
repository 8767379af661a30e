//! The lines that a stream is put together from: each knows its bytes and its meaning.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::text::one_line;

/// A line without its end.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Blank,
    Comment(Value),
    Data(Value, Form),
    Event(Value, Form),
    Id(Value, Form),
    /// A number of milliseconds, after this many zeros.
    Retry(u32, usize, Form),
    /// A `retry` field that is not one, or a field of another name.
    Dead(&'static str, Value, Form),
}

/// How a field is written; a form that would change the value gives way to the next one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// `name`, if the value is empty.
    Bare,
    /// `name:value`, if the value does not start with a space.
    Tight,
    /// `name: value`.
    Spaced,
}

/// Text without line ends, and how it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    pub(super) bytes: Vec<u8>,
    pub(super) text: String,
}

/// Ill-formed bytes and [how many](https://encoding.spec.whatwg.org/#utf-8-decoder) U+FFFD take their place.
const ILL_FORMED: &[(&[u8], usize)] = &[
    (b"\x80", 1),
    (b"\xff", 1),
    (b"\xc3", 1),
    (b"\xc0\xaf", 2),
    (b"\xe2\x82", 1),
    (b"\xe0\x9f\xbf", 3),
    (b"\xed\xa0\x80", 3),
    (b"\xf0\x9f\x98", 1),
    (b"\xf0\x8f\xbf\xbf", 4),
    (b"\xf4\x90\x80\x80", 4),
    (b"\xf5\x80", 2),
];

/// Names that are no field's, whatever they look like.
const DEAD_NAMES: &[&str] = &[
    "Data",
    "DATA",
    " data",
    "data ",
    "dat",
    "dataa",
    "data\0",
    "\0data",
    "\t",
    "ID",
    "events",
    "Retry",
    "foo",
    "{\"a\"",
    "\u{feff}data",
    "\u{feff}",
    "d\u{e0}ta",
    "data\u{2028}",
];

/// Values that are no reconnection time. The empty one is left out: the standard does not settle it.
const DEAD_TIMES: &[&str] = &[
    "5 ", "  5", "+5", "-5", "5.0", "1e3", "0x10", "5x", "x5", "1 000", "1_000", "5\0", "\u{663}",
    "\u{ff15}", "\u{b2}", "\t5",
];

impl Line {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Blank => Vec::new(),
            Self::Comment(text) => [b":", &*text.bytes].concat(),
            Self::Data(value, form) => field("data", &value.bytes, *form),
            Self::Event(value, form) => field("event", &value.bytes, *form),
            Self::Id(value, form) => field("id", &value.bytes, *form),
            Self::Retry(time, zeros, form) => {
                let value = format!("{}{time}", "0".repeat(*zeros));
                field("retry", value.as_bytes(), *form)
            }
            Self::Dead(name, value, form) => field(name, &value.bytes, *form),
        }
    }
}

fn field(name: &str, value: &[u8], form: Form) -> Vec<u8> {
    let between: &[u8] = match form {
        Form::Bare if value.is_empty() => b"",
        Form::Bare | Form::Tight if !value.starts_with(b" ") => b":",
        _ => b": ",
    };
    [name.as_bytes(), between, value].concat()
}

pub(super) fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        4 => Just(Line::Blank),
        6 => (value(), form()).prop_map(|(value, form)| Line::Data(value, form)),
        2 => (value(), form()).prop_map(|(value, form)| Line::Event(value, form)),
        2 => (value(), form()).prop_map(|(value, form)| Line::Id(value, form)),
        // more than 31 bits may be ignored
        1 => (0..=0x7fff_ffffu32, 0..3usize, form()).prop_map(|(time, zeros, form)| Line::Retry(time, zeros, form)),
        1 => value().prop_map(Line::Comment),
        1 => (select(DEAD_NAMES), value(), form()).prop_map(|(name, value, form)| Line::Dead(name, value, form)),
        1 => (select(DEAD_TIMES), form()).prop_map(|(time, form)| Line::Dead("retry", Value::known(time), form)),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Spaced), Just(Form::Tight), Just(Form::Bare)]
}

impl Value {
    fn known(text: &str) -> Self {
        Self {
            bytes: text.into(),
            text: text.to_owned(),
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    let ill_formed = select(ILL_FORMED).prop_map(|(bytes, replacements)| {
        // two ill-formed pieces side by side could form a character: a letter keeps them apart
        Value {
            bytes: [bytes, b"i"].concat(),
            text: "\u{fffd}".repeat(replacements) + "i",
        }
    });
    let piece = prop_oneof![
        5 => one_line().prop_map(|text| Value::known(&text)),
        1 => ill_formed,
    ];
    vec(piece, 0..3).prop_map(|pieces| {
        let mut whole = Value::default();
        for piece in pieces {
            whole.bytes.extend(piece.bytes);
            whole.text.push_str(&piece.text);
        }
        whole
    })
}
