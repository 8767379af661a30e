//! Streams of several clients flow at the same time.
//!
//! Six streams are opened side by side, or 50 with `--stress`, each on a connection of its own, and left when all have sent something. It is a
//! finding if some stay silent while another one sends four events. In HTTP/2 the same is done on one connection, of which the first stream is not
//! read for a while.
//!
//! In HTTP/1.1 one client takes the head and then does not read, beside another one that does. When its buffers are full, the other one must still
//! flow. That takes a stream of megabytes in a second or two: on one that brings less than 32 KiB a second it is not tried. It is a finding only if
//! it happens twice, ends each time when the client that did not read leaves, and does not happen without one.
//!
//! ## Why it matters
//!
//! A server may accept many connections and still serve them one after the other: the second client gets its head, and its first event when the
//! first client has left. With one client, on the laptop, it cannot be seen.
//!
//! On one connection of HTTP/2 the windows of flow control keep streams apart: one that a client does not read must not hold up the others, and no
//! byte may be sent for which there is no window.
//!
//! ## How to fix
//!
//! Give each stream a task or a thread of its own, and a queue of its own from the source of events, so that none of them waits for another.

use crate::arrivals::{MANY, one_after_the_other};
use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{End, Observation, Response};
use crate::probe;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "http/flow",
    roles: &[Role::Server],
    probe: Probe::Parallel,
    judge: flow,
};

pub(crate) const MULTIPLEXED: Check = Check {
    requirement: "http/flow",
    roles: &[Role::Server],
    probe: Probe::Multiplexed,
    judge: multiplexed,
};

pub(crate) const STALLED: Check = Check {
    requirement: "http/flow",
    roles: &[Role::Server],
    probe: Probe::Stalled,
    judge: stalled,
};

/// How soon a stream goes on for which there is room again, in microseconds.
const SOON: u64 = 300_000;

fn flow(seen: &Observation) -> Judgement {
    let streams: Vec<(&str, &Response)> = seen
        .exchanges
        .iter()
        .filter_map(|exchange| Some((exchange.name.as_str(), exchange.response().ok()?)))
        .filter(|(_, response)| response.is_event_stream() && response.ended_in_order())
        .collect();
    if streams.len() < 2 {
        return NotObserved::because("there were no two streams at the same time");
    }
    let silent: Vec<_> = streams
        .iter()
        .filter(|(_, response)| response.body.bytes.is_empty())
        .map(|(name, _)| *name)
        .collect();
    if silent.is_empty() {
        return Ok(Verdict::Pass);
    }
    let most = streams
        .iter()
        .map(|(_, response)| {
            let events = Transcript::of(response).events;
            let times: Vec<_> = events.iter().map(|event| event.at).collect();
            one_after_the_other(&times)
        })
        .max()
        .unwrap_or_default();
    if most < MANY {
        return NotObserved::because("none of the streams sent much in that time");
    }
    Ok(Verdict::fail(
        format!(
            "of {} streams at the same time {} sent nothing, while another sent {most} events: {}",
            streams.len(),
            silent.len(),
            silent.join(", ")
        ),
        "all of them flow",
    ))
}

fn multiplexed(seen: &Observation) -> Judgement {
    let named = |prefix: &'static str| {
        let exchanges = seen.exchanges.iter();
        exchanges.filter(move |exchange| exchange.name.starts_with(prefix))
    };
    let unanswered = |prefix| named(prefix).filter(|one| one.is_unanswered()).count();
    let streams = |prefix| -> Vec<&Response> {
        let responses = named(prefix).filter_map(|exchange| exchange.response().ok());
        responses
            .filter(|response| response.is_event_stream())
            .collect()
    };
    let open = streams("open-");
    let flows_alone = open.iter().any(|one| !one.body.bytes.is_empty());
    if let (1.., waiting @ 1.., true) = (unanswered("stalled-"), unanswered("open-"), flows_alone) {
        return Ok(Verdict::fail(
            format!(
                "{waiting} of {} streams on one connection of HTTP/2 have no answer while another one is open",
                waiting + open.len()
            ),
            "all of them answered, as many as the server says it takes",
        ));
    }
    let stalled = seen.stream("stalled-1")?;
    let released = released(seen)?;
    if let Some(sent) = sent_without_window(stalled, released) {
        return Ok(sent);
    }
    let others = &streams("stalled-")[1..];
    if others.is_empty() {
        return NotObserved::because("there were no two streams on one connection");
    }
    let came_before = |response: &&Response| {
        let arrivals = response.body.arrivals.iter();
        arrivals.filter(|arrival| arrival.at < released).count()
    };
    let flows = |response: &Response| response.body.arrivals.len() >= probe::FLOWING;
    if others
        .iter()
        .all(|response| response.end == End::Complete || came_before(response) >= probe::FLOWING)
    {
        return Ok(Verdict::Pass);
    }
    let arrivals = others.iter().flat_map(|response| &response.body.arrivals);
    let (before, after): (Vec<u64>, Vec<u64>) = arrivals
        .map(|arrival| arrival.at)
        .partition(|at| *at < released);
    let silence = released - before.iter().max().unwrap_or(&0);
    let flowing = others
        .iter()
        .any(|response| came_before(response) >= probe::FLOWING);
    // They flow where all of them are read, and they moved again as soon as the one was.
    let held_up = !flowing && !after.is_empty() && open.into_iter().any(flows);
    if !held_up || silence < released / 2 {
        return NotObserved::because(
            "the other streams on the connection sent too little to tell whether they wait for the one that was not read",
        );
    }
    Ok(Verdict::fail(
        format!(
            "{} streams on one connection sent nothing for {:.1} s, until another one was read that had been held up",
            others.len(),
            seconds(silence)
        ),
        "all of them flow, whether others are read or not",
    ))
}

/// When the stream that was not read had a window, in microseconds.
pub(crate) fn released(seen: &Observation) -> Result<u64, NotObserved> {
    let at = seen.facts.get("released").and_then(|at| at.parse().ok());
    at.ok_or_else(|| NotObserved("the connection broke before it was over".to_owned()))
}

/// That bytes came on a stream of HTTP/2 before it had a window, if so.
pub(crate) fn sent_without_window(stalled: &Response, released: u64) -> Option<Verdict> {
    let first = stalled.body.arrivals.first()?.at;
    (first < released).then(|| {
        Verdict::fail(
            format!(
                "bytes of a body came {:.1} s after the request on a stream of HTTP/2 whose window was closed",
                seconds(first)
            ),
            "no DATA for which there is no window",
        )
    })
}

/// By a client that does not read, beside one that does: when what the systems keep for the one is full, the other one must not have to wait.
fn stalled(seen: &Observation) -> Judgement {
    seen.stream("stalled")?;
    seen.stream("beside")?;
    let number = |fact: &str| seen.facts.get(fact)?.parse::<u64>().ok();
    let bytes = number("bytes").unwrap_or_default();
    if bytes >= probe::FLOWED as u64 {
        return Ok(Verdict::Pass);
    }
    let trial = |trial: &str| {
        let moved = number(&format!("moved{trial}")).filter(|moved| *moved <= SOON);
        moved.and_then(|_| number(&format!("silence{trial}")))
    };
    // Twice, and not without such a client: what only pauses now and then does so alone as well.
    match (trial(""), trial("-again"), number("alone")) {
        (Some(silence), Some(again), Some(alone)) if alone < silence.min(again) / 2 => {
            Ok(Verdict::fail(
                format!(
                    "beside a client that does not read, another one got nothing for {:.1} s, until the first one had left; the same once more",
                    seconds(silence)
                ),
                "all of them flow, whether others read or not",
            ))
        }
        _ => NotObserved::because(format!(
            "beside a client that does not read came {bytes} bytes, fewer than systems keep for one"
        )),
    }
}

fn seconds(micros: u64) -> f64 {
    std::time::Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    /// A stream on which bytes come at these times, in milliseconds.
    fn stream(name: &str, times: &[u64]) -> crate::observation::Exchange {
        let stream = Evidence::of(b"").named(name);
        let event = |stream: Evidence, at: &u64| stream.then(b"data: a\n\n", *at);
        times.iter().fold(stream, event).exchange()
    }

    /// With a stalled stream that is read from 2 s on.
    fn judged(stalled: &[u64], other: &[u64], open: &[u64]) -> &'static str {
        let exchanges = vec![
            stream("stalled-1", stalled),
            stream("stalled-2", other),
            stream("open-1", open),
        ];
        let mut seen = Observation::of(Probe::Multiplexed, exchanges);
        let released = ("released".to_owned(), "2000000".to_owned());
        seen.facts.extend([released]);
        named(multiplexed(&seen))
    }

    #[test]
    fn only_who_moves_when_the_other_one_is_read_was_held_up() {
        let flows = [60, 120, 180, 240];
        assert_eq!(judged(&[2_010], &flows, &[]), "pass");
        assert_eq!(judged(&[2_010], &[60, 2_020], &flows), "fail");
        // A quiet source, and one that stopped for another reason.
        assert_eq!(judged(&[2_010], &[60, 2_020], &[60]), "not observed");
        assert_eq!(judged(&[2_010], &[60], &flows), "not observed");
        assert_eq!(
            judged(&[2_010], &[60, 1_500, 2_020], &flows),
            "not observed"
        );
    }

    #[test]
    fn what_comes_in_one_lump_does_not_show_that_another_is_held_up() {
        for (times, verdict) in [
            (&[60, 120, 180, 240], "fail"),
            (&[1_990; 4], "not observed"),
        ] {
            let exchanges = vec![stream("parallel-1", times), stream("parallel-2", &[])];
            let seen = Observation::of(Probe::Parallel, exchanges);
            assert_eq!(named(flow(&seen)), verdict, "{times:?}");
        }
    }

    #[test]
    fn who_waits_twice_for_a_client_that_does_not_read_is_held_up() {
        let judged = |facts: &[(&str, &str)]| {
            let exchanges = ["stalled", "beside"].map(|name| stream(name, &[]));
            let mut seen = Observation::of(Probe::Stalled, exchanges.into());
            let facts = facts.iter();
            seen.facts
                .extend(facts.map(|(fact, value)| ((*fact).to_owned(), (*value).to_owned())));
            named(stalled(&seen))
        };
        assert_eq!(judged(&[("bytes", "8388608")]), "pass");
        assert_eq!(judged(&[("bytes", "900")]), "not observed");
        let once = [("silence", "900000"), ("moved", "2000")];
        let again = [("silence-again", "900000"), ("moved-again", "2000")];
        let both = |alone| [&once[..], &again, &[("alone", alone)]].concat();
        assert_eq!(judged(&once), "not observed");
        assert_eq!(judged(&both("20000")), "fail");
        assert_eq!(judged(&both("800000")), "not observed");
        let late = [("silence-again", "900000"), ("moved-again", "900000")];
        let late = [&once[..], &late, &[("alone", "20000")]].concat();
        assert_eq!(judged(&late), "not observed");
    }

    #[test]
    fn no_byte_comes_without_a_window() {
        assert_eq!(judged(&[60], &[60, 120, 180, 240], &[]), "fail");
    }
}
