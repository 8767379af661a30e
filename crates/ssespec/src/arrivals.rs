//! What the times at which a body came tell: whether its events were held back, and by what.

use std::ops::Range;
use std::time::Duration;

use crate::observation::Arrival;
use crate::transcript::{Block, Dispatched, Transcript};

/// Arrivals that are further apart than this were not sent as one, in microseconds.
pub(crate) const APART: u64 = 50_000;

/// So many events that come one after the other to one client would have come to each, a moment later.
pub(crate) const MANY: usize = 4;

/// Pieces of a body that are further apart than this were not torn by the network, in microseconds.
const PAUSE: u64 = 250_000;

/// The smallest buffer that is looked for, in bytes.
const BUFFER: usize = 512;

/// The size of the buffers of proxies, in bytes.
const PAGE: usize = 4096;

/// As much of what a proxy gets is framing that it does not pass on, in bytes: the sizes and ends of a few chunks.
const FRAMING: usize = 32;

/// Pauses that are longer than systems wait for more to send, in microseconds.
const BEHIND: u64 = 80_000;

/// So many lumps whose events were apart by their own times are no accident.
const HELD_BACK: usize = 2;

/// So many times has something to be seen before it counts as a habit.
const HABIT: usize = 3;

/// So long nothing comes between two lumps, in microseconds.
const BETWEEN_LUMPS: u64 = 300_000;

/// Events that say of themselves that they are further apart than this did not happen together, in milliseconds.
const NOT_TOGETHER: u64 = 250;

/// Events that come several at once, again and again.
pub(crate) struct Lumps {
    /// How many events are in one, the smallest of them.
    pub(crate) events: usize,
    /// From one to the next, the shortest.
    pub(crate) every: Duration,
    /// How far apart the events of one are by the times that they carry, if that is far in several lumps.
    pub(crate) apart: Option<Duration>,
}

/// Where a body was, in bytes, when nothing came for as long as `pause`, in microseconds.
fn pauses(arrivals: &[Arrival], pause: u64) -> Vec<usize> {
    arrivals
        .windows(2)
        .filter(|pair| pair[1].at.saturating_sub(pair[0].at) >= pause)
        .map(|pair| pair[0].end)
        .collect()
}

/// The block that has begun and not ended at `offset`.
fn torn<'t>(transcript: &'t Transcript<'_>, offset: usize) -> Option<&'t Block> {
    let after = transcript
        .blocks
        .partition_point(|block| block.end <= offset);
    let block = transcript.blocks.get(after);
    block.filter(|block| block.start < offset)
}

/// The size of the buffer that the pieces of a stream were cut at, in bytes, if they were: each pause comes after a multiple of it (pieces that were read
/// late count as one), and most of them in the middle of an event.
pub(crate) fn buffer(arrivals: &[Arrival], transcript: &Transcript<'_>) -> Option<usize> {
    let ends = pauses(arrivals, PAUSE);
    let size = ends.iter().fold(0, |size, end| gcd(*end, size));
    let within = ends.iter().filter(|end| torn(transcript, **end).is_some());
    let within = within.count();
    if within < HABIT || 4 * within < 3 * ends.len() {
        return None;
    }
    let lengths = || ends.windows(2).map(|pair| pair[1] - pair[0]);
    if size >= BUFFER && transcript.events.len() > ends.len() {
        Some(size)
    } else {
        (lengths().count() >= HABIT && lengths().all(is_of_pages)).then_some(PAGE)
    }
}

/// Whether so many bytes were whole pages of memory at a proxy, which also counted the framing of what it got.
fn is_of_pages(length: usize) -> bool {
    length >= PAGE - FRAMING && length.wrapping_neg() % PAGE <= FRAMING
}

fn gcd(one: usize, other: usize) -> usize {
    if other == 0 {
        one
    } else {
        gcd(other, one % other)
    }
}

/// Where the first event is, in bytes, whose last line end came with the event after it, if that is what nearly all of them wait for.
pub(crate) fn one_behind(arrivals: &[Arrival], transcript: &Transcript<'_>) -> Option<usize> {
    let ends = pauses(arrivals, BEHIND);
    let waits_for_its_end = |end: &usize| {
        let block = torn(transcript, *end).filter(|block| block.event.is_some())?;
        let rest = &transcript.bytes()[*end..block.end];
        let only_line_ends = rest.iter().all(|byte| matches!(byte, b'\n' | b'\r'));
        only_line_ends.then_some(block.start)
    };
    let waiting: Vec<_> = ends.iter().filter_map(waits_for_its_end).collect();
    // What comes after a comment says nothing.
    let whole = ends.iter().filter(|end| {
        let blocks = &transcript.blocks;
        blocks.binary_search_by_key(*end, |block| block.end).is_ok()
    });
    let habit = waiting.len() >= HABIT && waiting.len() >= 4 * whole.count();
    waiting.first().copied().filter(|_| habit)
}

/// How many of those that came at these `times`, in microseconds, came apart from each other: what comes in one lump counts as one.
pub(crate) fn one_after_the_other(times: &[u64]) -> usize {
    let apart = times
        .windows(2)
        .filter(|pair| pair[1].saturating_sub(pair[0]) >= APART);
    apart.count() + usize::from(!times.is_empty())
}

/// Which of the `events` came together.
pub(crate) fn together(events: &[Dispatched]) -> Vec<Range<usize>> {
    let mut lumps: Vec<Range<usize>> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        match lumps.last_mut() {
            Some(lump) if event.at.saturating_sub(events[lump.end - 1].at) < APART => {
                lump.end = number + 1;
            }
            _ => lumps.push(number..number + 1),
        }
    }
    lumps
}

/// The lumps in which events come, if nearly all do. The first is left out, which may be a replay.
pub(crate) fn lumps(events: &[Dispatched]) -> Option<Lumps> {
    let lumps = together(events);
    let [_, inner @ ..] = lumps.as_slice() else {
        return None;
    };
    // The last one may have been cut when the stream was left.
    let inner = match inner {
        [whole @ .., one, last] if last.len() < one.len() => &inner[..=whole.len()],
        _ => inner,
    };
    let smallest = inner.iter().map(ExactSizeIterator::len).min()?;
    let starts = lumps.windows(2).map(|pair| {
        let silence = events[pair[1].start].at - events[pair[0].end - 1].at;
        (silence, events[pair[1].start].at - events[pair[0].start].at)
    });
    let (silence, every) = starts.min()?;
    if inner.len() < HELD_BACK || smallest < HABIT || silence < BETWEEN_LUMPS {
        return None;
    }
    let spread = |lump: &Range<usize>| {
        let stamps = events[lump.clone()].iter().filter_map(stamp);
        let (least, most) = stamps.fold((u64::MAX, 0), |(least, most), stamp| {
            (least.min(stamp), most.max(stamp))
        });
        most.saturating_sub(least)
    };
    // What is further apart than the lumps themselves is a history that is told.
    let held_back = NOT_TOGETHER..=2 * every / 1_000;
    let spreads = inner.iter().map(spread);
    let spreads: Vec<_> = spreads
        .filter(|spread| held_back.contains(spread))
        .collect();
    let apart = spreads.iter().min().filter(|_| spreads.len() >= HELD_BACK);
    // Without times it has to be seen more often.
    (apart.is_some() || inner.len() >= HABIT).then(|| Lumps {
        events: smallest,
        every: Duration::from_micros(every),
        apart: apart.copied().map(Duration::from_millis),
    })
}

/// The first time in the data of `event`, in milliseconds of something: as `Date.now()`, `time.time()` and `toISOString()` write it.
fn stamp(event: &Dispatched) -> Option<u64> {
    let data = event.data.as_bytes();
    (0..data.len()).find_map(|at| clock(&data[at..]).or_else(|| epoch(data, at)))
}

/// `T12:34:56.789`, as it stands in ISO 8601: milliseconds of the day.
fn clock(text: &[u8]) -> Option<u64> {
    let [b'T' | b' ', time @ ..] = text else {
        return None;
    };
    let part = |at: usize| number(time.get(at..at + 2)?);
    if time.get(2) != Some(&b':') || time.get(5) != Some(&b':') {
        return None;
    }
    let seconds = 3_600 * part(0)? + 60 * part(3)? + part(6)?;
    let fraction = match time.get(8) {
        Some(b'.') => number(time.get(9..12)?)?,
        _ => 0,
    };
    Some(1_000 * seconds + fraction)
}

/// 13 digits, or 10 with a fraction: milliseconds and seconds since 1970.
fn epoch(data: &[u8], at: usize) -> Option<u64> {
    let begins = at == 0 || !data[at - 1].is_ascii_digit();
    let digits = data[at..].iter().take_while(|byte| byte.is_ascii_digit());
    let digits = digits.count();
    if !begins || data[at] != b'1' {
        return None;
    }
    match (digits, data.get(at + digits)) {
        (13, _) => number(&data[at..at + 13]),
        (10, Some(b'.')) => {
            let fraction = number(data.get(at + 11..at + 14)?)?;
            Some(1_000 * number(&data[at..at + 10])? + fraction)
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    let all = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits)
        .ok()
        .filter(|_| all)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Body;

    fn body(pieces: &[(&str, u64)]) -> Body {
        let mut body = Body::default();
        for (piece, milliseconds) in pieces {
            body.push(piece.as_bytes(), milliseconds * 1_000, usize::MAX);
        }
        body
    }

    #[test]
    fn a_line_end_that_comes_with_the_next_event_is_seen() {
        let behind = [
            ("data: a\n", 0),
            ("\ndata: b\n", 400),
            ("\ndata: c\n", 800),
            ("\ndata: d\n", 1_200),
        ];
        let in_lines = [
            ("data: a\n", 0),
            ("data: b\n", 400),
            ("data: c\n", 800),
            ("\ndata: d\n", 1_200),
        ];
        for (pieces, seen) in [(&behind, Some(0)), (&in_lines, None)] {
            let body = body(pieces);
            let transcript = Transcript::read(&body);
            assert_eq!(one_behind(&body.arrivals, &transcript), seen);
        }
    }

    #[test]
    fn events_that_say_when_they_happened_show_that_they_were_held_back() {
        let written = |times: &[u64], text: &dyn Fn(u64) -> String| {
            let lump = |number: u64| -> String {
                let times = times.iter().map(|time| 2_000 * number + time);
                times
                    .map(|time| format!("data: {}\n\n", text(time)))
                    .collect()
            };
            let texts: Vec<_> = (0..6).map(lump).collect();
            let at = (0..).map(|number| 2_000 * number);
            let pieces: Vec<_> = texts.iter().map(String::as_str).zip(at).collect();
            let seen = lumps(&Transcript::read(&body(&pieces)).events);
            seen.map(|lumps| (lumps.events, lumps.apart))
        };
        let millis = |time: u64| format!("{{\"n\":{time},\"at\":{}}}", 1_700_000_000_000 + time);
        let seconds = |time: u64| format!("17000{:05}.{:03}421", time / 1_000, time % 1_000);
        let clock = |time: u64| {
            format!(
                "at 2026-11-25T08:15:{:02}.{:03}Z",
                time / 1_000,
                time % 1_000
            )
        };
        let none = |time: u64| format!("event {time}");
        let apart = Some((3, Some(Duration::from_millis(800))));
        assert_eq!(written(&[0, 400, 800], &millis), apart);
        assert_eq!(written(&[0, 400, 800], &seconds), apart);
        assert_eq!(written(&[0, 400, 800], &clock), apart);
        assert_eq!(written(&[0, 400, 800], &none), Some((3, None)));
        assert_eq!(written(&[0, 0, 0], &millis), Some((3, None)));
        assert_eq!(written(&[0, 9_000, 90_000], &millis), Some((3, None)));
        assert_eq!(written(&[0], &millis), None);
    }
}
