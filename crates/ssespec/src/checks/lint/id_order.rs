//! Ids that are numbers go up.
//!
//! An id is any text. But where all of them are numbers and nearly all count up, one that goes down is an event in the wrong place.
//!
//! ## Why it matters
//!
//! A client comes back with the id that came last. If a later event has a smaller id, a server that looks for "greater than" sends some events again
//! or leaves some out.
//!
//! ## How to fix
//!
//! Give out ids where events are put in order, under the same lock that puts them into the log, and send them in that order.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/id-order",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: id_order,
};

/// As many pairs have to go up for each that goes down, so that the numbers are an order at all.
const UP: usize = 3;

fn id_order(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    let events = transcript.ids();
    let numbers: Option<Vec<u64>> = events
        .iter()
        .map(|event| event.last_event_id.parse().ok())
        .collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() > UP) else {
        return NotObserved::because(format!("there are no {} ids that are numbers", UP + 1));
    };
    let down: Vec<_> = (1..numbers.len())
        .filter(|at| numbers[at - 1] > numbers[*at])
        .collect();
    let Some(first) = down.first() else {
        return Ok(Verdict::Pass);
    };
    if (numbers.len() - 1 - down.len()) < UP * down.len() {
        return Ok(Verdict::Note(
            "ids are numbers, but in no order that can be seen".to_owned(),
        ));
    }
    Ok(Verdict::fail_at(
        format!(
            "the id {} comes after {}",
            numbers[*first],
            numbers[first - 1]
        ),
        "ids that go up, as the others do",
        transcript.bytes(),
        events[*first].offset,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn one_that_goes_down_fails() {
        let judged = |ids: &[&str]| {
            let body: String = ids
                .iter()
                .map(|id| format!("id: {id}\ndata: x\n\n"))
                .collect();
            named(id_order(
                &Evidence::of(body.as_bytes()).observation(Probe::Connect),
            ))
        };
        assert_eq!(judged(&["1", "2", "5", "9"]), "pass");
        assert_eq!(judged(&["1", "3", "2", "4", "5"]), "fail");
        assert_eq!(judged(&["9", "1", "8", "2", "7"]), "note");
        assert_eq!(judged(&["1", "2", "x", "4"]), "not observed");
        assert_eq!(judged(&["1", "2"]), "not observed");
    }
}
