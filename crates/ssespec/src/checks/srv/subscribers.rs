//! Clients that read at the same time get the same events by the same ids and in the same order.
//!
//! Two clients read side by side. Only where they have events in common something is said: a stream whose events are made for each
//! connection, such as an answer of a language model, has none. Ids that are others for each client are a finding where a client that comes later
//! is led into the middle of the stream, so that it is one for all. An event that came to one of them alone is a finding only between events that came to
//! both, in a stream that counts evenly, and if the other one has none of its own there. Where two clients get different numbers of one counter, it is
//! seen whether several clients together get more than one that is alone: if not, events are dealt out among them.
//!
//! ## Why it matters
//!
//! A load balancer leads a client that comes back to another process, and two tabs of one page read the same stream. An id that each connection counts for
//! itself, or an order that each connection has of its own, resumes at the wrong place.
//!
//! ## How to fix
//!
//! Number events where they are made, once, and not where they are written. Let one queue decide on the order.

use std::collections::HashMap;

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::resume_exact::step_of;
use crate::observation::Observation;
use crate::probe::{LIVE, SEVERAL};
use crate::transcript::{Dispatched, Transcript, only};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/subscribers",
    roles: &[Role::Server],
    probe: Probe::Subscribers,
    judge: subscribers,
};

/// So many events in a row are the same stream, and no accident.
const IN_A_ROW: usize = 3;

fn subscribers(seen: &Observation) -> Judgement {
    if let Some(dealt_out) = dealt_out(seen) {
        return Ok(dealt_out);
    }
    let (mine, also_mine) = (seen.stream("mine")?, seen.stream("also-mine")?);
    let (mine, also_mine) = (Transcript::of(mine), Transcript::of(also_mine));
    let (one, other) = (mine.ids(), also_mine.ids());
    let (Some(places), Some(of_one)) = (by_id(&other), by_id(&one)) else {
        return NotObserved::because("ids are given out twice in one stream");
    };
    let fail_in = |transcript: &Transcript<'_>, event: &Dispatched, seen: String| {
        let expected = "the same events by the same ids, in the same order";
        Ok(Verdict::fail_at(
            seen,
            expected,
            transcript.bytes(),
            event.offset,
        ))
    };
    let fail = |event: &Dispatched, seen: String| fail_in(&mine, event, seen);
    let shared: Vec<_> = one
        .iter()
        .filter_map(|event| Some((event, *places.get(&event.last_event_id)?)))
        .collect();
    let same: Vec<_> = shared
        .iter()
        .filter(|(event, place)| event.is_like(other[*place]))
        .collect();
    if let Some((one, two)) = same
        .windows(2)
        .map(|pair| (pair[0], pair[1]))
        .find(|(one, two)| one.1 > two.1)
    {
        let (first, then) = (&one.0.last_event_id, &two.0.last_event_id);
        return fail(
            two.0,
            format!("one client gets {first} and then {then}, another one {then} and then {first}"),
        );
    }
    if let (Some(_), Some((event, _))) = (
        same.first(),
        shared
            .iter()
            .find(|(event, place)| !event.is_like(other[*place])),
    ) {
        let id = &event.last_event_id;
        return fail(
            event,
            format!("the id {id} is another event for another client that reads at the same time"),
        );
    }
    if let Some((event, twin)) = renumbered(&one, &other, &of_one) {
        let (id, number) = (&event.last_event_id, &twin.last_event_id);
        return fail(
            event,
            format!(
                "the event with the id {id} has the id {number} for another client that reads at the same time"
            ),
        );
    }
    if let (true, Some((event, twin))) = (seen.facts.contains_key(LIVE), of_other_ids(&one, &other))
    {
        let (id, number) = (&event.last_event_id, &twin.last_event_id);
        return fail(
            event,
            format!(
                "each event has an id of its own for each client: what has the id {id} for one has the id {number} for another that reads at the same time"
            ),
        );
    }
    let of_mine = lost(&one, &other).map(|event| (&mine, event));
    let of_other = || lost(&other, &one).map(|event| (&also_mine, event));
    if let Some((transcript, event)) = of_mine.or_else(of_other) {
        let id = &event.last_event_id;
        return fail_in(
            transcript,
            event,
            format!(
                "the event with the id {id} came to one client, and to another one that reads at the same time only those before and behind it"
            ),
        );
    }
    match same.len() {
        0 => NotObserved::because("no event came to both of two clients"),
        _ => Ok(Verdict::Pass),
    }
}

/// That each event comes to one client only, if so: numbers of one counter come to several clients, none to two of them and hardly one to nobody, and to
/// all together hardly more in the same time than to one that is alone.
fn dealt_out(seen: &Observation) -> Option<Verdict> {
    let numbers = |name: &str| Transcript::of(seen.stream(name).ok()?).numbers();
    let alone = numbers("alone")?;
    let together: Option<Vec<_>> = (1..=SEVERAL)
        .map(|number| numbers(&format!("together-{number}")))
        .collect();
    let together = together?;
    let step = alone
        .get(1)?
        .checked_sub(alone[0])
        .filter(|step| *step > 0)?;
    let follow = |numbers: &[u64]| {
        numbers
            .windows(2)
            .all(|pair| pair[1].checked_sub(pair[0]) == Some(step))
    };
    let mut all = together.concat();
    all.sort_unstable();
    let is_shared = together
        .iter()
        .all(|numbers| numbers.len() >= IN_A_ROW && !follow(numbers));
    let no_more = 2 * all.len() <= 3 * alone.len();
    // Some may have been dealt to who has just left.
    let numbers = all
        .last()
        .zip(all.first())
        .map(|(last, first)| (last - first) / step + 1)?;
    let are_dealt = all
        .windows(2)
        .all(|pair| pair[0] < pair[1] && (pair[1] - pair[0]) % step == 0);
    let nearly_all = 4 * numbers <= 5 * all.len() as u64;
    (is_shared && no_more && follow(&alone) && are_dealt && nearly_all).then(|| {
        let counts: Vec<_> = together.iter().map(|numbers| numbers.len().to_string()).collect();
        Verdict::fail(
            format!(
                "events are dealt out: {} came to a client that was alone, and to {SEVERAL} at the same time {}, none of them to two",
                alone.len(),
                counts.join(", ")
            ),
            "each event to each client",
        )
    })
}

/// Where each id stands; `None` if one is there twice.
fn by_id<'a>(events: &[&'a Dispatched]) -> Option<HashMap<&'a String, usize>> {
    let places: HashMap<_, _> = (0..)
        .zip(events)
        .map(|(place, event)| (&event.last_event_id, place))
        .collect();
    (places.len() == events.len()).then_some(places)
}

/// An event of `one` that is in `other` under an id by which `one` has another event, in a row of different events that are the same in both.
fn renumbered<'a>(
    one: &[&'a Dispatched],
    other: &[&'a Dispatched],
    of_one: &HashMap<&String, usize>,
) -> Option<(&'a Dispatched, &'a Dispatched)> {
    let rows = one
        .windows(IN_A_ROW)
        .flat_map(|row| other.windows(IN_A_ROW).map(move |twin| (row, twin)));
    let mut alike = rows.filter(|(row, twin)| {
        let differ = |one: usize, other: usize| !row[one].is_like(row[other]);
        let differ = differ(0, 1) && differ(0, 2) && differ(1, 2);
        differ
            && row.iter().zip(*twin).all(|(event, twin)| {
                event.is_like(twin) && event.last_event_id != twin.last_event_id
            })
    });
    alike.find_map(|(row, twin)| {
        let known = of_one.get(&twin[0].last_event_id)?;
        (!one[*known].is_like(twin[0])).then_some((row[0], twin[0]))
    })
}

/// An event and its twin, if no event that came to both, and once to each, has the same id in both.
fn of_other_ids<'a>(
    one: &[&'a Dispatched],
    other: &[&'a Dispatched],
) -> Option<(&'a Dispatched, &'a Dispatched)> {
    let only_in = |of: &[&'a Dispatched], event: &Dispatched| {
        only(of.iter().copied().filter(|twin| twin.is_like(event)))
    };
    let twins = one
        .iter()
        .filter_map(|event| Some((only_in(one, event)?, only_in(other, event)?)));
    let twins: Vec<_> = twins.collect();
    let all_differ = twins
        .iter()
        .all(|(event, twin)| event.last_event_id != twin.last_event_id);
    (twins.len() >= IN_A_ROW && all_differ).then(|| twins[0])
}

/// An event of `one` that did not come in `other`, between events that came in both. Where each of them has some of its own it may be meant so.
fn lost<'a>(one: &[&'a Dispatched], other: &[&'a Dispatched]) -> Option<&'a Dispatched> {
    let came = |event: &Dispatched, to: &[&Dispatched]| {
        to.iter()
            .any(|twin| event.is_like(twin) && event.last_event_id == twin.last_event_id)
    };
    let between = |events: &[&'a Dispatched], to: &[&Dispatched]| -> Vec<&'a Dispatched> {
        let first = events.iter().position(|event| came(event, to));
        let last = events.iter().rposition(|event| came(event, to));
        let (Some(first), Some(last)) = (first, last) else {
            return Vec::new();
        };
        events[first..=last].to_vec()
    };
    let (one, other) = (between(one, other), between(other, one));
    // A stream that counts evenly is a log. Of one that leaves out what is old, clients may see different parts.
    if step_of(&one).is_none()
        || other.len() < IN_A_ROW
        || !other.iter().all(|event| came(event, &one))
    {
        return None;
    }
    // What came by another id did come.
    one.into_iter()
        .find(|event| !other.iter().any(|twin| event.is_like(twin)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn judged(one: &[(&str, &str)], other: &[(&str, &str)]) -> &'static str {
        let body = |events: &[(&str, &str)]| -> String {
            events
                .iter()
                .map(|(id, data)| format!("id: {id}\ndata: {data}\n\n"))
                .collect()
        };
        let mut seen = Evidence::of(body(one).as_bytes())
            .named("mine")
            .observation(Probe::Subscribers);
        seen.exchanges.push(
            Evidence::of(body(other).as_bytes())
                .named("also-mine")
                .exchange(),
        );
        named(subscribers(&seen))
    }

    const ONE: &[(&str, &str)] = &[("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"), ("5", "e")];

    #[test]
    fn events_that_are_dealt_out_are_told_from_events_of_each_clients_own() {
        let judged = |alone: std::ops::Range<u64>, several: [&[u64]; SEVERAL]| {
            let stream = |name: String, numbers: &[u64]| {
                let events = numbers
                    .iter()
                    .map(|number| format!("id: s:{number}\ndata: {number}\n\n"));
                Evidence::of(events.collect::<String>().as_bytes())
                    .named(&name)
                    .exchange()
            };
            let alone: Vec<_> = alone.collect();
            let mut seen =
                Observation::of(Probe::Subscribers, vec![stream("alone".to_owned(), &alone)]);
            let several = (1..).zip(several);
            seen.exchanges.extend(
                several.map(|(number, numbers)| stream(format!("together-{number}"), numbers)),
            );
            dealt_out(&seen).is_some()
        };
        let dealt: [&[u64]; SEVERAL] = [&[30, 33, 36], &[31, 34, 37], &[32, 35, 38]];
        assert!(judged(1..10, dealt));
        // As many for each of them as for one: each has a stream of its own.
        assert!(!judged(1..4, dealt));
        assert!(!judged(
            1..10,
            [&[30, 31, 32], &[30, 31, 32], &[30, 31, 32]]
        ));
        assert!(!judged(
            1..10,
            [&[30, 33, 36], &[31, 34, 37], &[32, 35, 60]]
        ));
    }

    #[test]
    fn other_ids_and_another_order_fail() {
        assert_eq!(judged(ONE, &ONE[2..]), "pass");
        assert_eq!(judged(ONE, &[("1", "a"), ("3", "c"), ("2", "b")]), "fail");
        assert_eq!(judged(ONE, &[("1", "a"), ("2", "x")]), "fail");
        assert_eq!(judged(ONE, &[("1", "c"), ("2", "d"), ("3", "e")]), "fail");
    }

    #[test]
    fn what_one_of_them_does_not_get_fails() {
        let without_c = [("1", "a"), ("2", "b"), ("4", "d"), ("5", "e")];
        assert_eq!(judged(ONE, &without_c), "fail");
        assert_eq!(judged(&without_c, ONE), "fail");
        let own = |id, data| [("1", "a"), ("2", "b"), (id, data), ("4", "d")];
        let part = [("3", "a"), ("7", "b"), ("8", "c"), ("12", "d"), ("13", "e")];
        assert_eq!(judged(&part, &[part[0], part[1], part[3], part[4]]), "pass");
        assert_eq!(judged(&own("m", "mine"), &own("t", "theirs")), "pass");
    }

    #[test]
    fn what_is_made_for_each_connection_is_not_accused() {
        assert_eq!(
            judged(ONE, &[("1", "x"), ("2", "y"), ("3", "z")]),
            "not observed"
        );
        assert_eq!(
            judged(ONE, &[("u", "a"), ("v", "b"), ("w", "c")]),
            "not observed"
        );
        assert_eq!(judged(ONE, &[("9", "z")]), "not observed");
        assert_eq!(judged(&[("1", "x"), ("1", "y")], ONE), "not observed");
    }
}
