//! After a reconnection the stream goes on behind the `Last-Event-ID`, with no gap and nothing twice.
//!
//! The probe pretends to have lost the connection at several places of what it saw, and comes back with the ids that it had then; once it
//! loses the connection a second time before any new event.
//!
//! The cuts are behind the last event but three, the last but one and the first. A cut inside of an event needs no probe of its own: a client throws
//! away the half that it has, comes back with the id of the event before, and the server cannot tell it from a cut behind that event. With a replay
//! endpoint a script of known events is resumed behind an id in its middle, one that comes twice, its last one and one that nobody gave out, which
//! shows what a live stream cannot: that nothing is missing.
//!
//! That nothing at all is replayed is told in a note, because a server need not keep a log; only one that replays after one cut and not after
//! another one has lost something. One that replays what was missed has to go on with what is new: where that looks doubtful it is asked once more,
//! beside a client without an id. Where ids are given out twice, or fewer than two events have one, nothing can be told.
//!
//! ## Why it matters
//!
//! Ids are a promise: a client that has one expects the rest. A server that starts from the beginning makes it see everything twice; one that
//! goes on with what is new loses what was sent in between, and nobody is told.
//!
//! ## How to fix
//!
//! Keep a log of the last events with their ids. Find the id, send what stands behind it, then go over to live events without a gap between the two:
//! subscribe first, then replay, then drop what came twice. Where there is no log, send no ids.

use std::collections::BTreeSet;

use crate::check::{Check, Judgement, NOT_REPLAYED, NotObserved, Probe, Role, Verdict};
use crate::checks::srv::last_event_id_read::{broken, silent_with_id};
use crate::escape;
use crate::observation::{End, Exchange, Observation};
use crate::probe::LIVE;
use crate::script::delivery;
use crate::transcript::{Dispatched, Transcript, only};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/resume-exact",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: resume_exact,
};

pub(crate) const REPLAYED: Check = Check {
    requirement: "srv/resume-exact",
    roles: &[Role::Server],
    probe: Probe::Replay,
    judge: replayed,
};

fn resume_exact(seen: &Observation) -> Judgement {
    let stream = seen.stream("first")?;
    let first = Transcript::of(stream);
    let before = first.ids();
    let unique: BTreeSet<_> = before.iter().map(|event| &event.last_event_id).collect();
    if unique.len() < before.len() {
        return NotObserved::because("ids are given out twice, so the place of one cannot be told");
    }
    // But for the first event, which may be a greeting.
    let all_have_ids = first.events.iter().skip(1).all(|event| event.own_id);
    let goes_on = stream.end != End::Complete;
    let (mut judgements, mut over, mut sent_away) = (Vec::new(), Vec::new(), None);
    // The plain reconnections first: what they show needs no explanation.
    let cuts = seen.facts.iter().filter(|(name, _)| *name != LIVE);
    let (again, plain): (Vec<_>, Vec<_>) = cuts.partition(|(name, _)| *name == AGAIN);
    for (name, id) in plain.into_iter().chain(again) {
        let exchange = seen.exchange(name)?;
        if let Some(broken) = broken(exchange)? {
            return Ok(Verdict::fail(
                format!(
                    "Last-Event-ID: {id}, which this server gave out, is answered with {broken}"
                ),
                "the events behind it",
            ));
        }
        if exchange
            .response()
            .is_ok_and(|response| response.age().is_some())
        {
            return NotObserved::because(
                "who comes back is answered by a cache, of which http/cache speaks",
            );
        }
        let Ok(resumed) = seen.stream(name) else {
            sent_away = Some(id); // a 204: there is nothing more
            continue;
        };
        // Of a stream that ends after a while it may have been the end.
        let soon = resumed.lasted() < stream.lasted() / 2
            && Transcript::of(resumed).events.len() < first.events.len();
        if resumed.end == End::Complete && soon {
            over.push(id);
        }
        let again = if name == AGAIN {
            " (for the second time, as if the first answer had been lost)"
        } else {
            ""
        };
        let resumed = Transcript::of(resumed);
        let other_id = renamed(&before, id, &resumed);
        let judged = match other_id.or_else(|| bare_of_ids(&before, id, &resumed)) {
            Some(bare) if all_have_ids => Ok(bare),
            _ => behind(&before, id, again, &resumed),
        };
        judgements.push((name, judged));
    }
    let place = |name: &String| place_of(&before, seen.facts.get(name)?);
    forgive_what_is_too_old(&before, place, seen, &mut judgements);
    let passed = |judged: &Judgement| *judged == Ok(Verdict::Pass);
    let replays = judgements.iter().any(|(_, judged)| passed(judged));
    if only_if_spelt(&judgements) && is_spelt(seen) {
        return Ok(Verdict::fail(
            format!("events are replayed to who sends {SPELT}, and not to who sends last-event-id"),
            "names of header fields read without regard to case, as HTTP asks",
        ));
    }
    // What is replayed after one cut could have been replayed after a later one; what is older may have left the log.
    let replayed = judgements.iter().filter(|(_, judged)| passed(judged));
    let oldest = replayed.filter_map(|(name, _)| place(name)).min();
    for (name, judged) in &judgements {
        match judged {
            Ok(Verdict::Fail(_)) => return judged.clone(),
            Ok(Verdict::Note(lost)) if oldest.is_some() && place(name) >= oldest => {
                return Ok(Verdict::fail(lost.clone(), EXPECTED));
            }
            _ => {}
        }
    }
    // Where each client has a stream of its own, that of the one who comes back may be over.
    let is_live = seen.facts.contains_key(LIVE);
    if let (Some(came), true) = (silent_with_id(seen, &first), replays || is_live) {
        let behind = match replays {
            true => "what was missed, and then nothing",
            false => "nothing",
        };
        return Ok(Verdict::fail(
            format!(
                "after a Last-Event-ID that this server gave out comes {behind}, while {came} new events come to a client without it"
            ),
            EXPECTED_LIVE,
        ));
    }
    if let ([id, _, ..], true, true) = (over.as_slice(), goes_on, replays) {
        return Ok(Verdict::fail(
            format!(
                "after Last-Event-ID: {id} comes what was missed, and then the response ends; without the header it goes on"
            ),
            EXPECTED_LIVE,
        ));
    }
    let judgements: Vec<_> = judgements.into_iter().map(|(_, judged)| judged).collect();
    let is_old = |judged: &&Judgement| matches!(judged, Ok(Verdict::Note(_)));
    let told = judgements
        .iter()
        .find(|judged| is_old(judged) && replays)
        .or_else(|| judgements.iter().find(|judged| passed(judged)))
        .or_else(|| judgements.iter().find(|judged| judged.is_ok()));
    match (told, judgements.first().cloned()) {
        (Some(told), _) => told.clone(),
        (None, Some(first)) => first,
        (None, None) if goes_on => {
            let told = format!(
                "Last-Event-ID: {}, which this server gave out, is answered with 204: who loses the connection is sent away for good, while the stream goes on",
                sent_away.map_or("", String::as_str)
            );
            // Where each client has a stream of its own, it may be over with the connection.
            Ok(match is_live {
                true => Verdict::fail(told, EXPECTED_LIVE),
                false => Verdict::Note(told),
            })
        }
        (None, None) => {
            NotObserved::because("a known id is answered with 204: nothing more to come")
        }
    }
}

/// Makes a note of what an early cut lacks and a later one got whole: the log does not reach back so far, and what is left of it comes without a gap.
fn forgive_what_is_too_old(
    before: &[&Dispatched],
    place: impl Fn(&String) -> Option<usize>,
    seen: &Observation,
    judgements: &mut [(&String, Judgement)],
) {
    let whole = judgements
        .iter()
        .filter(|(_, judged)| *judged == Ok(Verdict::Pass));
    let latest = whole.filter_map(|(name, _)| place(name)).max();
    for (name, judged) in judgements {
        let (Some(place), Some(latest), Ok(resumed)) = (place(name), latest, seen.stream(name))
        else {
            continue;
        };
        let resumed = Transcript::of(resumed);
        let after = resumed.ids();
        let missed = &before[place + 1..];
        let same = |one: &Dispatched, other: &Dispatched| one.last_event_id == other.last_event_id;
        let first = after
            .first()
            .and_then(|next| missed.iter().position(|one| same(one, next)));
        let Some(lost) = first.filter(|lost| *lost > 0 && place < latest) else {
            continue;
        };
        let mut pairs = missed[lost..].iter().zip(&after);
        let is_whole = pairs.all(|(one, other)| same(one, other));
        let comes = |one: &&Dispatched| after.iter().any(|other| same(one, other));
        if is_whole && !missed[..lost].iter().any(comes) {
            let (id, next) = (&before[place].last_event_id, &after[0].last_event_id);
            *judged = Ok(Verdict::Note(format!(
                "after Last-Event-ID: {id} comes {next}, and {lost} events in between are lost: what is replayed does not reach back further"
            )));
        }
    }
}

/// The same cut for the second time, with the name of the header as browsers write it.
const AGAIN: &str = "again";
const SPELT: &str = "Last-Event-ID";
const EXPECTED_LIVE: &str = "the events behind the id, and then those that are new";
const EXPECTED: &str = "each event behind the id, once and in order";

/// Whether what was missed came the second time and never before, although it was seen more than once what came instead.
fn only_if_spelt(judgements: &[(&String, Judgement)]) -> bool {
    let (again, plain): (Vec<_>, Vec<_>) = judgements.iter().partition(|(name, _)| *name == AGAIN);
    let instead = |judged: &Judgement| matches!(judged, Ok(Verdict::Note(_) | Verdict::Fail(_)));
    plain.len() > 1
        && plain.iter().all(|(_, judged)| instead(judged))
        && matches!(again[..], [(_, Ok(Verdict::Pass))])
}

fn is_spelt(seen: &Observation) -> bool {
    let sent = |exchange: &Exchange| {
        exchange
            .request
            .headers
            .iter()
            .any(|sent| sent.name == SPELT)
    };
    seen.exchange(AGAIN).is_ok_and(sent)
}

/// Where the event with `id` is.
fn place_of(before: &[&Dispatched], id: &str) -> Option<usize> {
    before.iter().position(|event| event.last_event_id == id)
}

/// That the event with `id` or one which was missed after it comes without the id that it had, if so. Asked only where every event has one.
fn bare_of_ids(before: &[&Dispatched], id: &str, resumed: &Transcript<'_>) -> Option<Verdict> {
    let from = &before[place_of(before, id)?..];
    let mut bare = resumed.events.iter().take_while(|event| !event.own_id);
    let event = bare.find(|event| from.iter().any(|known| known.is_like(event)))?;
    let again = if from[0].is_like(event) {
        "again, "
    } else {
        ""
    };
    Some(Verdict::fail_at(
        format!(
            "after Last-Event-ID: {id} comes the event \"{}\" {again}without the id that it had before",
            escape::excerpt(event.data.as_bytes(), 60)
        ),
        EXPECTED,
        resumed.bytes(),
        event.offset,
    ))
}

/// That the event which is next after `id` comes by another id than it had, if so. Its data was there once only.
fn renamed(before: &[&Dispatched], id: &str, resumed: &Transcript<'_>) -> Option<Verdict> {
    let missed = before.get(place_of(before, id)? + 1)?;
    let event = resumed.events.first()?;
    let known = place_of(before, &event.last_event_id).is_some();
    let twin = only(before.iter().filter(|one| one.is_like(event)));
    let is_missed = twin.is_some_and(|twin| twin.last_event_id == missed.last_event_id);
    (event.own_id && !known && is_missed).then(|| {
        Verdict::fail_at(
            format!(
                "after Last-Event-ID: {id} comes the event \"{}\" with the id {}; it had the id {} before",
                escape::excerpt(event.data.as_bytes(), 60),
                event.last_event_id,
                missed.last_event_id
            ),
            EXPECTED,
            resumed.bytes(),
            event.offset,
        )
    })
}

/// What came in `resumed` behind `id`, held against the events of the first stream.
fn behind(before: &[&Dispatched], id: &str, again: &str, resumed: &Transcript<'_>) -> Judgement {
    let after = resumed.ids();
    let Some(place) = place_of(before, id) else {
        return NotObserved::because("the id was not seen in the first stream");
    };
    let Some(next) = after.first() else {
        return match resumed.events.as_slice() {
            [event, _, ..] => Ok(Verdict::fail_at(
                format!(
                    "after Last-Event-ID: {id}{again} events come without ids, and had some before"
                ),
                EXPECTED,
                resumed.bytes(),
                event.offset,
            )),
            _ => NotObserved::because("no event with an id came after the reconnection"),
        };
    };
    let missed = &before[place + 1..];
    let fail = |event: &Dispatched, seen: String| {
        Ok(Verdict::fail_at(
            seen,
            EXPECTED,
            resumed.bytes(),
            event.offset,
        ))
    };
    let came = format!(
        "after Last-Event-ID: {id}{again} comes {}",
        next.last_event_id
    );
    let old = |event: &Dispatched| event.last_event_id == next.last_event_id;
    if let Some(at) = before[..=place].iter().position(|event| old(event)) {
        if at == 0 && !before[0].is_like(next) {
            // Another event by the id of the first: srv/id-stable speaks of that.
            return Ok(Verdict::Note(format!(
                "{NOT_REPLAYED}: {came}, which is another event than before: each connection counts for itself"
            )));
        }
        let start = if at == 0 {
            ": the stream begins with its first event again"
        } else {
            " again"
        };
        return fail(next, format!("{came}{start}"));
    }
    if !missed.iter().any(|event| old(event)) {
        let is_missed = |event: &&&Dispatched| {
            missed
                .iter()
                .any(|missed| missed.last_event_id == event.last_event_id)
        };
        if let Some(late) = after.iter().find(is_missed) {
            return fail(
                late,
                format!("{came}, and {} only behind it", late.last_event_id),
            );
        }
        if rises(before) && number(next) < number(before[place]) && number(next).is_some() {
            return fail(next, format!("{came}, which is older"));
        }
        let lost = format!("{came}, and {} events in between are lost", missed.len());
        return Ok(Verdict::Note(format!("{NOT_REPLAYED}: {lost}")));
    }
    for (expected, event) in missed.iter().zip(&after) {
        if expected.last_event_id != event.last_event_id {
            return fail(
                event,
                format!(
                    "after Last-Event-ID: {id}{again} comes {} where {} was before",
                    event.last_event_id, expected.last_event_id
                ),
            );
        }
    }
    let mut known = BTreeSet::new();
    if let Some(twice) = after
        .iter()
        .find(|event| !known.insert(&event.last_event_id))
    {
        return fail(
            twice,
            format!(
                "after Last-Event-ID: {id} comes {} twice",
                twice.last_event_id
            ),
        );
    }
    let step = step_of(before);
    if let Some(pair) = after
        .windows(2)
        .find(|pair| step.is_some_and(|step| !follows(pair[0], pair[1], step)))
    {
        let (from, to) = (&pair[0].last_event_id, &pair[1].last_event_id);
        return fail(
            pair[1],
            format!(
                "after Last-Event-ID: {id} comes {from} and then {to}, in a stream that counts by {}",
                step.unwrap_or_default()
            ),
        );
    }
    Ok(Verdict::Pass)
}

/// Whether the ids are numbers, each larger than the one before.
fn rises(events: &[&Dispatched]) -> bool {
    let is_more =
        |pair: &[&Dispatched]| number(pair[1]).is_some() && number(pair[0]) < number(pair[1]);
    events.windows(2).all(is_more) && events.iter().all(|event| number(event).is_some())
}

/// By how much the ids count, if they are numbers, each as much more than the one before, often enough to be no accident.
pub(crate) fn step_of(events: &[&Dispatched]) -> Option<u64> {
    let [first, second, _, _, ..] = events else {
        return None;
    };
    let step = number(second)?.checked_sub(number(first)?)?;
    let mut pairs = events.windows(2);
    (step > 0 && pairs.all(|pair| follows(pair[0], pair[1], step))).then_some(step)
}

fn follows(one: &Dispatched, next: &Dispatched, step: u64) -> bool {
    number(one).and_then(|one| one.checked_add(step)) == number(next) && number(next).is_some()
}

fn number(event: &Dispatched) -> Option<u64> {
    event.last_event_id.parse().ok()
}

/// The same script once more, with a `Last-Event-ID`: what stands behind the last step with that id, once and in order.
fn replayed(seen: &Observation) -> Judgement {
    if delivery::data_of(seen.stream("whole")?)? != delivery::DATA {
        return NotObserved::because(
            "the script does not come back as it was written, also without a Last-Event-ID",
        );
    }
    for (name, id, skipped) in delivery::RESUMES {
        let response = seen.response(name)?;
        let expected = &delivery::DATA[skipped..];
        let said = format!("{} ({})", expected.len(), expected.join(", "));
        if !response.is_event_stream() {
            return Ok(Verdict::fail(
                format!("Last-Event-ID: {id} is answered with {}", response.status),
                format!("the events behind it: {said}"),
            ));
        }
        let came = delivery::data_of(response)?;
        if came != expected {
            let what = match came.len() {
                0 => "nothing".to_owned(),
                count => format!("{count} events ({})", came.join(", ")),
            };
            return Ok(Verdict::fail_at(
                format!("after Last-Event-ID: {id} ({name} to the script) comes {what}"),
                format!("the events behind the last step with that id: {said}"),
                &response.body.bytes,
                0,
            ));
        }
    }
    Ok(Verdict::Pass)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};
    use crate::header::Header;

    const FIRST: &str = "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\nid: 4\ndata: d\n\n";

    fn after(first: &str, resumed: &[(&str, &str)]) -> Judgement {
        resume_exact(&seen(first, resumed))
    }

    fn seen(first: &str, resumed: &[(&str, &str)]) -> Observation {
        let mut seen = Evidence::of(first.as_bytes())
            .named("first")
            .observation(Probe::Resume);
        for (number, (id, body)) in (1..).zip(resumed) {
            let name = format!("resumed-{number}");
            let evidence = Evidence::of(body.as_bytes()).named(&name);
            seen.exchanges.push(evidence.exchange());
            seen.facts.insert(name, (*id).to_owned());
        }
        seen
    }

    #[test]
    fn the_spelling_counts_only_if_it_alone_makes_the_difference() {
        let (replay, live) = ("id: 3\ndata: c\n\n", "id: 5\ndata: e\n\n");
        let judged = |plain: &[&str]| {
            let plain: Vec<_> = plain.iter().map(|body| ("2", *body)).collect();
            let mut seen = seen(FIRST, &plain);
            let mut again = Evidence::of(replay.as_bytes()).named(AGAIN).exchange();
            again.request.headers.push(Header {
                name: SPELT.to_owned(),
                value: b"2".to_vec(),
            });
            seen.exchanges.push(again);
            seen.facts.insert(AGAIN.to_owned(), "2".to_owned());
            match resume_exact(&seen) {
                Ok(Verdict::Fail(finding)) => finding.seen.contains("to who sends"),
                _ => false,
            }
        };
        assert!(judged(&[live, live]));
        assert!(!judged(&[live, replay]));
        // Seen once, or nothing came in time.
        assert!(!judged(&[live]));
        assert!(!judged(&["", ""]));
    }

    #[test]
    fn what_stands_behind_the_id_passes() {
        for right in [
            "id: 3\ndata: c\n\nid: 4\ndata: d\n\nid: 5\ndata: e\n\n",
            "retry: 1\n\n:hi\n\nid: 3\ndata: c\n\n",
        ] {
            assert_eq!(after(FIRST, &[("2", right)]), Ok(Verdict::Pass));
        }
    }

    #[test]
    fn again_and_gap_fail() {
        for broken in [
            "id: 1\ndata: a\n\n",
            "id: 2\ndata: b\n\n",
            "id: 4\ndata: d\n\n",
            "id: 3\ndata: c\n\nid: 5\ndata: e\n\n",
            "id: 3\ndata: c\n\nid: 4\ndata: d\n\nid: 4\ndata: d\n\n",
            "id: 3\ndata: c\n\nid: 4\ndata: d\n\nid: 7\ndata: d\n\n",
        ] {
            assert_eq!(named(after(FIRST, &[("2", broken)])), "fail", "{broken}");
        }
        let bare = "data: c\n\ndata: d\n\nid: 5\ndata: e\n\n";
        assert_eq!(named(after(FIRST, &[("2", bare)])), "fail");
        let some = FIRST.to_owned() + "data: c\n\n";
        assert_eq!(
            named(after(&some, &[("2", "data: c\n\nid: 3\ndata: c\n\n")])),
            "pass"
        );
        let late = "id: 9\ndata: z\n\nid: 3\ndata: c\n\n";
        assert_eq!(named(after(FIRST, &[("2", late)])), "fail");
        assert_eq!(named(after(FIRST, &[("2", "id: 0\ndata: z\n\n")])), "fail");
        // Each connection counts for itself.
        assert_eq!(named(after(FIRST, &[("2", "id: 1\ndata: z\n\n")])), "note");
    }

    #[test]
    fn without_a_log_that_shows_no_replay_is_a_choice() {
        let opaque = "id: x7\ndata: a\n\nid: q2\ndata: b\n\nid: k9\ndata: c\n\n";
        assert_eq!(
            named(after(opaque, &[("x7", "id: z\ndata: z\n\n")])),
            "note"
        );
        assert_eq!(named(after(FIRST, &[("2", "id: 9\ndata: z\n\n")])), "note");
        assert_eq!(
            named(after(FIRST, &[("2", "data: no id\n\n")])),
            "not observed"
        );
        let (replay, live) = ("id: q2\ndata: b\n\n", "id: z\ndata: z\n\n");
        assert_eq!(
            named(after(opaque, &[("x7", replay), ("q2", live)])),
            "fail"
        );
        // An older id may have left the log.
        let stale = [("q2", "id: k9\ndata: c\n\n"), ("x7", live)];
        assert_eq!(named(after(opaque, &stale)), "note");
        let stale = [("q2", "id: k9\ndata: c\n\n"), ("x7", "id: k9\ndata: c\n\n")];
        assert_eq!(named(after(opaque, &stale)), "note");
        assert_eq!(named(after(opaque, &stale[1..])), "fail");
    }
}
