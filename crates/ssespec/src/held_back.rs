//! Whether a coding held events back: when they came with it, against when they came without it.

use std::ops::Range;

use crate::arrivals::{APART, MANY, one_after_the_other, together};
use crate::observation::{Body, Response};
use crate::transcript::{Dispatched, Transcript, only};

/// So much longer than an uncoded stream needed for its events a coded one was watched in vain, in microseconds.
const PATIENCE: u64 = 500_000;

/// Events that are further apart than this come one by one, in microseconds.
const ONE_BY_ONE: u64 = 150_000;

/// So long before another event what waits for it may come, in microseconds.
const A_MOMENT: u64 = 20_000;

/// Events that are closer come one by one if the last comes so much later than the first, in microseconds.
const IN_A_ROW: u64 = 300_000;

/// Whether events were there without the coding, and not with it. Both streams were read at the same time.
pub(crate) fn held_back(coded: &Response, decoded: &Body, plain: &Response) -> Option<String> {
    let events = since_head(coded, decoded);
    let usual = since_head(plain, &plain.body);
    // Of a stream that is the same for all a head that came early makes none of its events late.
    let since_request = || {
        let events = Transcript::read(decoded).events;
        late(&events, &Transcript::of(plain).events)
    };
    let late = late(&events, &usual).and_then(|_| since_request());
    if let Some(late) = late.or_else(|| in_lumps(&events, &usual)) {
        return Some(late);
    }
    if let Some(stops) = stops(&events, &usual, coded.lasted()) {
        return Some(stops);
    }
    // Two of them, so that it is a stream that flows and not one whose next event may be an hour away.
    let usual = usual.get(1)?.at;
    let at = events.first().map(|event| event.at);
    let watched = at.unwrap_or_else(|| coded.lasted());
    if watched < usual + PATIENCE {
        return None;
    }
    let seconds = |micros| std::time::Duration::from_micros(micros).as_secs_f64();
    Some(match at {
        Some(at) => format!(
            "the first event could be read after {:.1} s, the second one without a coding after {:.1} s",
            seconds(at),
            seconds(usual)
        ),
        None => format!(
            "no event could be read in {:.1} s ({} coded bytes), two of them without a coding in {:.1} s",
            seconds(watched),
            coded.body.bytes.len(),
            seconds(usual)
        ),
    })
}

/// Whether each event came only when the next one was there: a compressor that keeps the last block. Two of them, each later than a busy machine
/// makes it, and not before the one behind it came without a coding; or more that are less late, each as late as that one.
fn late(events: &[Dispatched], usual: &[Dispatched]) -> Option<String> {
    // When it came, when it was due, and when the next one was.
    let times = |event: &Dispatched| {
        let place = place_of(event, usual)?;
        let next = usual.get(place + 1);
        Some((event.at, usual[place].at, next.map(|next| next.at)))
    };
    let times: Vec<_> = events.iter().filter_map(times).collect();
    // What comes with the next one may come a moment before it.
    let each = |later: u64, nearly: fn(u64, u64) -> u64| {
        times.iter().all(|(at, due, next)| {
            *at >= due + later && next.is_none_or(|next| *at >= nearly(*due, next))
        })
    };
    let time = match times.len() {
        2.. if each(PATIENCE, u64::midpoint) => PATIENCE,
        MANY.. if each(ONE_BY_ONE, |_, next| next.saturating_sub(A_MOMENT)) => ONE_BY_ONE,
        _ => return None,
    };
    Some(format!(
        "each of {} events could be read {:.2} s later than without a coding, or more: together with the one behind it",
        times.len(),
        std::time::Duration::from_micros(time).as_secs_f64()
    ))
}

/// Whether events that came one by one without the coding come several at once with it, each time: a compressor that is flushed now and then. Only the
/// first may have come alone, and the last, which was all that was left.
fn in_lumps(events: &[Dispatched], usual: &[Dispatched]) -> Option<String> {
    let due = |event: &Dispatched| Some(usual[place_of(event, usual)?].at);
    let due_of = |lump: &Range<usize>| {
        let events = events[lump.clone()].iter();
        events.map(due).collect::<Option<Vec<_>>>()
    };
    let waited = |(at, due): &(u64, Vec<u64>)| {
        let all_apart = |least: u64| {
            let mut pairs = due.windows(2);
            pairs.all(|pair| pair[1].saturating_sub(pair[0]) >= least)
        };
        let [first, .., last] = due.as_slice() else {
            return false;
        };
        let one_by_one = all_apart(ONE_BY_ONE);
        let in_a_row = all_apart(APART) && *last >= first + IN_A_ROW && *at >= first + IN_A_ROW;
        *at >= first + ONE_BY_ONE && (one_by_one || in_a_row)
    };
    let lumps = together(events);
    // What was not seen in both of the streams tells nothing.
    let lumps = lumps
        .iter()
        .filter_map(|lump| Some((events[lump.start].at, due_of(lump)?)));
    let lumps: Vec<_> = lumps.collect();
    let lumps = match lumps.as_slice() {
        [first, rest @ ..] if !waited(first) => rest,
        all => all,
    };
    let lumps = match lumps {
        [rest @ .., (_, last)] if last.len() == 1 => rest,
        all => all,
    };
    let habit = lumps.len();
    (habit > 1 && lumps.iter().all(waited)).then(|| {
        format!(
            "events that come one by one without a coding can be read several at once, {habit} times in a row"
        )
    })
}

/// Whether nothing can be read any more behind an event that others came behind without the coding, one after the other, until long before the coded
/// stream was left.
fn stops(events: &[Dispatched], usual: &[Dispatched], watched: u64) -> Option<String> {
    let place = place_of(events.last()?, usual)?;
    let due = usual[place + 1..].iter().map(|event| event.at);
    let due: Vec<_> = due.filter(|at| at + PATIENCE <= watched).collect();
    (one_after_the_other(&due) >= MANY).then(|| {
        format!(
            "behind {} events nothing more could be read, and {} came without a coding in that time",
            events.len(),
            due.len()
        )
    })
}

/// The events in a body of `response`, at the times since its head.
fn since_head(response: &Response, body: &Body) -> Vec<Dispatched> {
    let mut events = Transcript::read(body).events;
    for event in &mut events {
        event.at = event.at.saturating_sub(response.head_at);
    }
    events
}

/// Where `event` is among the `usual` ones. What is sent twice cannot be told apart.
fn place_of(event: &Dispatched, usual: &[Dispatched]) -> Option<usize> {
    only((0..usual.len()).filter(|place| is_same(&usual[*place], event)))
}

/// Whether they are the same event by the same id.
pub(crate) fn is_same(one: &Dispatched, other: &Dispatched) -> bool {
    one.is_like(other) && one.last_event_id == other.last_event_id
}
