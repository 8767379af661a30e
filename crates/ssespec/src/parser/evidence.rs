//! A failure for people: the bytes, what was expected and what came side by side, and what the standard does with the line that went wrong.

use std::fmt::Write as _;

use sse_fixtures::{ExpectedEvent, ExpectedState, Fixture};

use super::board::{Played, Record};
use super::plan::CutPlan;
use super::seen::{Difference, Member, Seen, SeenEvent};
use crate::dump::{self, Step, quoted};

/// How many names a list shows.
const NAMES: usize = 12;
/// How many events are shown before and after the first difference.
const AROUND: usize = 3;
/// How many steps of the standard are shown.
const STEPS: usize = 12;
/// How wide the left of two columns may be, in characters.
const COLUMN: usize = 56;

/// The page of a fixture of which something else came than it says.
pub(super) fn page(
    fixture: &Fixture,
    played: &Played,
    difference: Option<Difference>,
    edges: &[usize],
) -> String {
    let how = match edges {
        [] => "whole".to_owned(),
        edges => format!("as written, cut at {edges:?}"),
    };
    let mut page = head(fixture, &how);
    match (played, difference) {
        (Played::Seen(seen), Some(difference)) => {
            let left = expected_lines(fixture);
            columns(
                &mut page,
                ["expected", "got"],
                &left,
                &seen_lines(seen),
                place(difference),
            );
        }
        (Played::Trouble { how, tail }, _) => {
            let _ = writeln!(page, "it {}", crate::escape::printable(&how.to_string()));
            stderr(&mut page, tail);
        }
        _ => {}
    }
    let steps = steps_of(fixture);
    let guilty = difference.map(|difference| guilty(&steps, difference, played, fixture));
    standard(&mut page, &steps, guilty, edges);
    page
}

/// The page of a cut that changes what comes of a stream.
pub(super) fn comparison(
    fixture: &Fixture,
    whole: &Played,
    cut: &Played,
    plan: &CutPlan,
) -> String {
    let mut page = head(fixture, &plan.to_string());
    let (left, right) = (played_lines(whole), played_lines(cut));
    let first = left
        .iter()
        .zip(&right)
        .position(|(left, right)| left != right);
    let first = first.unwrap_or_else(|| left.len().min(right.len()));
    columns(&mut page, ["from the whole", "cut"], &left, &right, first);
    if let Played::Trouble { tail, .. } = cut {
        stderr(&mut page, tail);
    }
    let steps = steps_of(fixture);
    let edge = plan.edges().first().copied().unwrap_or(0);
    let at = steps.iter().rposition(|step| step.offset < edge);
    standard(&mut page, &steps, at, plan.edges());
    page
}

/// What was seen and what was expected, in one line each.
pub(super) fn words(fixture: &Fixture, seen: &Seen, difference: Difference) -> (String, String) {
    let name = &fixture.name;
    let expected = |place: usize| fixture.events().and_then(|events| events.get(place));
    let number = |place: usize| place + 1;
    let state = |lines: Vec<String>| lines.last().cloned().unwrap_or_default();
    match difference {
        Difference::Event(place, member) => {
            let (name_of_member, seen, expected) =
                match (member, seen.events.get(place), expected(place)) {
                    (Member::Type, seen, expected) => (
                        "type",
                        seen.and_then(|e| e.event_type.as_deref()),
                        expected.and_then(|e| e.event_type.as_deref()),
                    ),
                    (Member::Data, seen, expected) => (
                        "data",
                        seen.and_then(|e| e.data.as_deref()),
                        expected.and_then(|e| e.data.as_deref()),
                    ),
                    (Member::LastEventId, seen, expected) => (
                        "lastEventId",
                        seen.and_then(|e| e.last_event_id.as_deref()),
                        expected.and_then(|e| e.last_event_id.as_deref()),
                    ),
                };
            let (seen, expected) = differing(seen, expected);
            (
                format!(
                    "{name}: event {} has {name_of_member} {seen}",
                    number(place)
                ),
                format!("{name_of_member} {expected}"),
            )
        }
        Difference::Missing(place) => (
            format!("{name}: {} events came", seen.events.len()),
            format!(
                "event {}: {}",
                number(place),
                expected(place).map(expected_line).unwrap_or_default()
            ),
        ),
        Difference::Extra(place) => (
            format!(
                "{name}: one event too many: {}",
                seen.events.get(place).map(seen_line).unwrap_or_default()
            ),
            format!("{place} events"),
        ),
        Difference::LastEventId | Difference::ReconnectionTime => (
            format!("{name}: {}", state(seen_lines(seen))),
            state(expected_lines(fixture)),
        ),
    }
}

/// Which step of the standard the difference comes from, as far as that can be told.
pub(super) fn guilty(
    steps: &[Step],
    difference: Difference,
    played: &Played,
    fixture: &Fixture,
) -> usize {
    let last = steps.len().saturating_sub(1);
    let does = |step: &Step, start: &str| step.does.iter().any(|does| does.starts_with(start));
    let dispatches: Vec<usize> = (0..steps.len())
        .filter(|step| steps[*step].dispatched.is_some())
        .collect();
    let latest = |until: usize, start: &str| {
        (0..=until.min(last))
            .rev()
            .find(|step| does(&steps[*step], start))
    };
    match difference {
        Difference::Event(place, member) => {
            let Some(&end) = dispatches.get(place) else {
                return last;
            };
            let begin = place
                .checked_sub(1)
                .and_then(|before| dispatches.get(before))
                .map_or(0, |before| before + 1);
            match member {
                Member::Type => latest(end, "event:")
                    .filter(|step| *step >= begin)
                    .unwrap_or(end),
                Member::LastEventId => latest(end, "id:").unwrap_or(end),
                Member::Data => {
                    let lines: Vec<usize> = (begin..end)
                        .filter(|step| does(&steps[*step], "data:"))
                        .collect();
                    lines
                        .get(data_line(place, played, fixture))
                        .or_else(|| lines.last())
                        .copied()
                        .unwrap_or(end)
                }
            }
        }
        Difference::Missing(place) => dispatches.get(place).copied().unwrap_or(last),
        Difference::Extra(place) => {
            let begin = place
                .checked_sub(1)
                .and_then(|before| dispatches.get(before))
                .map_or(0, |before| before + 1);
            let blank =
                (begin..steps.len()).find(|step| does(&steps[*step], "the data buffer is empty"));
            dispatches.get(place).copied().or(blank).unwrap_or(last)
        }
        Difference::LastEventId => latest(last, "id:").unwrap_or(last),
        Difference::ReconnectionTime => latest(last, "retry:").unwrap_or(last),
    }
}

/// In which line of the data the first difference is.
fn data_line(place: usize, played: &Played, fixture: &Fixture) -> usize {
    let Played::Seen(seen) = played else { return 0 };
    let got = seen
        .events
        .get(place)
        .and_then(|event| event.data.as_deref())
        .unwrap_or_default();
    let expected = fixture
        .events()
        .and_then(|events| events.get(place)?.data.as_deref())
        .unwrap_or_default();
    let same = expected
        .bytes()
        .zip(got.bytes())
        .take_while(|(a, b)| a == b);
    same.filter(|(byte, _)| *byte == b'\n').count()
}

/// What came of the streams of an ambiguous requirement.
pub(super) fn measured(records: &[(&'static Fixture, &Record)]) -> String {
    let open = |fixture: &Fixture| {
        fixture
            .state()
            .is_none_or(|state| state.reconnection_time.is_none())
    };
    let said: Vec<_> = records
        .iter()
        .filter(|(fixture, _)| open(fixture))
        .filter_map(|(fixture, record)| match &record.whole {
            Some(Played::Seen(seen)) => {
                let time = seen
                    .state
                    .as_ref()
                    .and_then(|state| state.reconnection_time)?;
                let time = time.map_or_else(|| "null".to_owned(), |time| time.to_string());
                Some(format!("{}: reconnectionTime {time}", fixture.name))
            }
            _ => None,
        })
        .collect();
    if said.is_empty() {
        "the stream goes on, as it must; what becomes of the time is left open, and the driver does not report it".to_owned()
    } else {
        format!("the standard leaves it open; {}", said.join("; "))
    }
}

/// Some names, and how many more there are.
pub(super) fn list(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMES)].join(", ");
    match names.len().checked_sub(NAMES) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

fn head(fixture: &Fixture, how: &str) -> String {
    format!("{}: {}\nplayed {how}\n", fixture.id, fixture.summary)
}

fn stderr(page: &mut String, tail: &str) {
    if !tail.is_empty() {
        page.push_str("its stderr:\n");
        for line in tail.lines() {
            let _ = writeln!(page, "  | {line}");
        }
    }
}

fn steps_of(fixture: &Fixture) -> Vec<Step> {
    fixture
        .stream()
        .map(|stream| dump::steps(&stream.bytes))
        .unwrap_or_default()
}

/// The place of the difference among the lines of the columns.
fn place(difference: Difference) -> usize {
    match difference {
        Difference::Event(place, _) | Difference::Missing(place) | Difference::Extra(place) => {
            place
        }
        Difference::LastEventId | Difference::ReconnectionTime => usize::MAX,
    }
}

/// Two lists side by side, around the first difference.
fn columns(page: &mut String, heads: [&str; 2], left: &[String], right: &[String], first: usize) {
    let count = left.len().max(right.len());
    let first = first.min(count.saturating_sub(1));
    let shown = first.saturating_sub(AROUND)..count.min(first + 1 + AROUND);
    let width = left[shown.start.min(left.len())..shown.end.min(left.len())]
        .iter()
        .map(|line| line.chars().count())
        .chain([heads[0].len()])
        .max()
        .unwrap_or(0);
    let none = "-".to_owned();
    let wide = width > COLUMN;
    if !wide {
        let _ = writeln!(page, "      {:<width$}   {}", heads[0], heads[1]);
    }
    for place in shown {
        let (left, right) = (
            left.get(place).unwrap_or(&none),
            right.get(place).unwrap_or(&none),
        );
        let mark = if left == right { ' ' } else { '!' };
        let number = place + 1;
        if wide {
            let _ = writeln!(
                page,
                "{mark} {number:>2}  {}: {left}\n      {}: {right}",
                heads[0], heads[1]
            );
        } else {
            let _ = writeln!(page, "{mark} {number:>2}  {left:<width$}   {right}");
        }
    }
}

/// The steps of the standard around the guilty one.
fn standard(page: &mut String, steps: &[Step], guilty: Option<usize>, edges: &[usize]) {
    page.push_str("what the standard does:\n");
    let middle = guilty.unwrap_or(0);
    let begin = middle.saturating_sub(STEPS / 2);
    let end = steps.len().min(begin + STEPS);
    let edges = if edges.len() > STEPS { &[] } else { edges };
    if begin > 0 {
        let _ = writeln!(page, "   … {begin} lines before");
    }
    for (number, step) in steps.iter().enumerate().take(end).skip(begin) {
        let mark = if guilty == Some(number) { '>' } else { ' ' };
        for (place, line) in dump::step_lines(step, edges).iter().enumerate() {
            let mark = if place == 0 { mark } else { ' ' };
            let _ = writeln!(page, "{mark} {line}");
        }
    }
    if end < steps.len() {
        let _ = writeln!(
            page,
            "   … {} more; `ssespec explain FILE` shows all of a stream",
            steps.len() - end
        );
    }
}

fn played_lines(played: &Played) -> Vec<String> {
    match played {
        Played::Seen(seen) => seen_lines(seen),
        Played::Unsupported(why) => vec![format!("unsupported: {}", crate::escape::printable(why))],
        Played::Trouble { how, .. } => vec![crate::escape::printable(&how.to_string())],
    }
}

fn seen_lines(seen: &Seen) -> Vec<String> {
    let mut lines: Vec<_> = seen.events.iter().map(seen_line).collect();
    let state = seen.state.as_ref();
    let id = state.and_then(|state| state.last_event_id.as_ref());
    let time = state.and_then(|state| state.reconnection_time);
    lines.push(state_line(
        id.map(|id| id.as_deref().map_or_else(|| "null".to_owned(), quoted)),
        time.map(|time| time.map_or_else(|| "null".to_owned(), |time| time.to_string())),
    ));
    lines
}

fn expected_lines(fixture: &Fixture) -> Vec<String> {
    let events = fixture.events().unwrap_or_default();
    let mut lines: Vec<_> = events.iter().map(expected_line).collect();
    let none = ExpectedState::default();
    let state = fixture.state().unwrap_or(&none);
    let id = state.last_event_id.as_ref();
    let time = match (state.reconnection_time, state.reconnection_time_at_least) {
        (Some(time), _) => Some(time.map_or_else(|| "null".to_owned(), |time| time.to_string())),
        (None, Some(least)) => Some(format!("null or at least {least}")),
        (None, None) => None,
    };
    lines.push(state_line(
        id.map(|id| id.as_deref().map_or_else(|| "null".to_owned(), quoted)),
        time,
    ));
    lines
}

fn state_line(id: Option<String>, time: Option<String>) -> String {
    match (id, time) {
        (None, None) => "end of the stream".to_owned(),
        (Some(id), None) => format!("at the end: lastEventId {id}"),
        (None, Some(time)) => format!("at the end: reconnectionTime {time}"),
        (Some(id), Some(time)) => format!("at the end: lastEventId {id} reconnectionTime {time}"),
    }
}

fn seen_line(event: &SeenEvent) -> String {
    event_line(
        [&event.event_type, &event.data, &event.last_event_id],
        "absent",
    )
}

fn expected_line(event: &ExpectedEvent) -> String {
    event_line(
        [&event.event_type, &event.data, &event.last_event_id],
        "any",
    )
}

fn event_line([event_type, data, id]: [&Option<String>; 3], none: &str) -> String {
    let shown = |text: &Option<String>| text.as_deref().map_or_else(|| none.to_owned(), quoted);
    format!("{} {} id {}", shown(event_type), shown(data), shown(id))
}

/// Both texts in quotation marks; of long ones the part around the first difference.
fn differing(seen: Option<&str>, expected: Option<&str>) -> (String, String) {
    let (Some(seen), Some(expected)) = (seen, expected) else {
        let shown = |text: Option<&str>| text.map_or_else(|| "absent".to_owned(), quoted);
        return (shown(seen), shown(expected));
    };
    let same = seen
        .chars()
        .zip(expected.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let skip = if same > 40 { same - 20 } else { 0 };
    let part = |text: &str| {
        let shown: String = text.chars().skip(skip).collect();
        if skip > 0 {
            format!("…{} ({} bytes)", quoted(&shown), text.len())
        } else {
            quoted(&shown)
        }
    };
    (part(seen), part(expected))
}
