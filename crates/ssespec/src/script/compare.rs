//! What a client sees of a step against what it must see.

use sse_fixtures::ScriptStep;
use sse_parser::FieldName;

use super::injection::injected;
use super::played::{Came, Fault, Wrong};
use super::region::Region;
use super::{has_line_end, texts, with_line_feeds};
use crate::transcript::Dispatched;

/// Compares what came of a step with the step.
pub(super) fn compare(region: &Region<'_>) -> Came {
    let wrong = injected(region)
        .or_else(|| events(region))
        .or_else(|| fields(region))
        .or_else(|| next(region));
    wrong.map_or(Came::Kept, Came::Wrong)
}

/// How many events came, and the data and type of the one that should.
fn events(region: &Region<'_>) -> Option<Wrong> {
    let (event, data) = match region.step {
        ScriptStep::Event { event, data, .. } => (event.as_deref(), data.as_deref()),
        _ => (None, None),
    };
    let Some(data) = data else {
        let first = region.events.first()?;
        let plain = region.events.len() == 1 && first.data.is_empty();
        return Some(Wrong {
            fault: if plain {
                Fault::SilentChange
            } else {
                region.changed()
            },
            seen: describe(region.events),
            expected: "no event, for no data was given".to_owned(),
            offset: first.offset,
        });
    };
    let data = with_line_feeds(data);
    let expected = format!("one event with the data {}", short(&data));
    match region.events {
        [one] => {
            data_of(region, one, &data).or_else(|| type_of(region, one, event.unwrap_or_default()))
        }
        [] => Some(Wrong {
            fault: match data.trim_end_matches('\n') {
                "" => Fault::EmptyData,
                _ => region.changed(),
            },
            seen: "no event".to_owned(),
            expected,
            offset: region.from,
        }),
        many => Some(Wrong {
            fault: Fault::RoundTrip,
            seen: describe(many),
            expected,
            offset: many[0].offset,
        }),
    }
}

fn data_of(region: &Region<'_>, event: &Dispatched, expected: &str) -> Option<Wrong> {
    let given = match region.step {
        ScriptStep::Event {
            data: Some(data), ..
        } => data.as_str(),
        _ => expected,
    };
    let got = event.data.as_str();
    let fault = if got == expected {
        return None;
    } else if got == expected.trim_end_matches('\n') || is_shorter_by_line_feeds(got, expected) {
        Fault::TrailingNewline
    } else if loses_spaces(got, expected) {
        Fault::LeadingSpace
    } else if given.contains('\r') && same_but_for_line_ends(got, expected) {
        Fault::SilentChange
    } else {
        region.changed()
    };
    Some(Wrong {
        fault,
        seen: format!("the data {}", short(got)),
        expected: format!("the data {}", short(expected)),
        offset: event.offset,
    })
}

fn type_of(region: &Region<'_>, event: &Dispatched, given: &str) -> Option<Wrong> {
    let expected = if given.is_empty() { "message" } else { given };
    let got = event.event_type.as_str();
    let fault = if got == expected {
        return None;
    } else if has_line_end(given) {
        Fault::SilentChange
    } else if loses_spaces(got, expected)
        || (got == "message" && given.bytes().all(|byte| byte == b' '))
    {
        Fault::LeadingSpace
    } else {
        region.changed()
    };
    Some(Wrong {
        fault,
        seen: format!("the type {}", short(got)),
        expected: format!("the type {}", short(expected)),
        offset: event.offset,
    })
}

/// The id and the reconnection time, as they stand on their lines: what a client remembers of them may come from elsewhere.
fn fields(region: &Region<'_>) -> Option<Wrong> {
    let ScriptStep::Event { id, retry, .. } = region.step else {
        return None;
    };
    let id = id.as_deref().and_then(|id| id_of(region, id));
    id.or_else(|| retry.and_then(|retry| retry_of(region, retry)))
}

fn id_of(region: &Region<'_>, given: &str) -> Option<Wrong> {
    let last = region.values(FieldName::Id).last();
    let got = last.map(|(value, _)| String::from_utf8_lossy(value).into_owned());
    let offset = last.map_or(region.from, |(_, offset)| offset);
    let expected = format!("the id {}", short(given));
    let wrong = |fault, seen: String| {
        Some(Wrong {
            fault,
            seen,
            expected: expected.clone(),
            offset,
        })
    };
    match got {
        Some(got) if got.contains('\0') => wrong(
            Fault::IdNul,
            format!("the id {} on the wire, which clients ignore", short(&got)),
        ),
        Some(got) if got == given => match region.events {
            [event] if event.last_event_id != given => wrong(
                region.changed(),
                format!(
                    "an event with the last event ID {}",
                    short(&event.last_event_id)
                ),
            ),
            _ => None,
        },
        Some(got) if loses_spaces(&got, given) => {
            wrong(Fault::LeadingSpace, format!("the id {}", short(&got)))
        }
        Some(got) => wrong(region.changed(), format!("the id {}", short(&got))),
        None if given.is_empty() => wrong(Fault::SilentChange, "no id".to_owned()),
        None => wrong(region.changed(), "no id".to_owned()),
    }
}

/// Above this a JSON reader that keeps numbers in doubles has changed it before the encoder sees it.
const EXACT: u64 = (1 << 53) - 1;

fn retry_of(region: &Region<'_>, given: u64) -> Option<Wrong> {
    let last = region.values(FieldName::Retry).last();
    let (fault, seen, offset) = match last {
        Some((value, offset)) => {
            let got = String::from_utf8_lossy(value).into_owned();
            let digits = got.bytes().all(|byte| byte.is_ascii_digit()) && !got.is_empty();
            if digits && (got.parse() == Ok(given) || given > EXACT) {
                return None;
            }
            (
                region.changed(),
                format!("the retry {}", short(&got)),
                offset,
            )
        }
        None if given == 0 => (Fault::SilentChange, "no retry".to_owned(), region.from),
        None => (Fault::RoundTrip, "no retry".to_owned(), region.from),
    };
    Some(Wrong {
        fault,
        seen,
        expected: format!("the retry {given}"),
        offset,
    })
}

/// What follows is not touched. What is written around all events alike is not the doing of this one.
fn next(region: &Region<'_>) -> Option<Wrong> {
    let behind = region.behind?;
    let around = |event: &Dispatched| {
        let (before, rest) = event.data.split_once(super::MARKER)?;
        let (_, after) = rest.split_once('-')?;
        Some((
            before.to_owned(),
            after.to_owned(),
            event.event_type.clone(),
        ))
    };
    let usual = match region.before {
        Some(before) => around(before),
        None => Some(("\"".to_owned(), "\"".to_owned(), "message".to_owned())),
    };
    if around(behind) == usual {
        return None;
    }
    Some(Wrong {
        fault: region.changed(),
        seen: format!(
            "the event that follows it has the type {} and the data {}",
            short(&behind.event_type),
            short(&behind.data)
        ),
        expected: "an event that follows it, untouched".to_owned(),
        offset: region.from,
    })
}

fn is_shorter_by_line_feeds(got: &str, expected: &str) -> bool {
    expected
        .strip_prefix(got)
        .is_some_and(|rest| rest.bytes().all(|byte| byte == b'\n'))
}

/// Whether `got` is `expected` with the spaces at the start of its lines taken away, all or one of each.
fn loses_spaces(got: &str, expected: &str) -> bool {
    let each = |change: fn(&str) -> &str| got.split('\n').eq(expected.split('\n').map(change));
    each(|line| line.strip_prefix(' ').unwrap_or(line)) || each(|line| line.trim_start_matches(' '))
}

fn same_but_for_line_ends(got: &str, expected: &str) -> bool {
    let text = |text: &str| text.replace('\n', "");
    text(got) == text(expected)
}

fn describe(events: &[Dispatched]) -> String {
    let shown: Vec<_> = events
        .iter()
        .take(3)
        .map(|event| format!("{} {}", short(&event.event_type), short(&event.data)))
        .collect();
    let more = if events.len() > 3 { " …" } else { "" };
    match events.len() {
        1 => format!("an event, {}", shown[0]),
        count => format!("{count} events, {}{more}", shown.join(" and ")),
    }
}

/// How many characters of a text are shown.
const SHOWN: usize = 60;

/// A text in quotes, cut if it is long.
pub(super) fn short(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN).collect();
    if cut.len() == text.len() {
        format!("{text:?}")
    } else {
        format!("{cut:?}… ({} bytes)", text.len())
    }
}

/// Whether any text of the step has a line end.
pub(crate) fn any_line_end(step: &ScriptStep) -> bool {
    texts(step).any(|(_, text)| has_line_end(text))
}
