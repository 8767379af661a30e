//! A subscriber that does not read holds up no other.
//!
//! ## Why it matters
//!
//! A phone in a tunnel reads nothing for minutes. If the hub waits until it does, one such client stops the stream for everybody, and whoever wants
//! to do harm has only to connect.
//!
//! ## How to fix
//!
//! Give each subscriber a queue with a limit, and drop the subscriber when it is full: it comes back with its last id. Never wait for one subscriber
//! while the others could be written to, and never in the publish call.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::hub::seen::{PUBLISH, in_time, in_time_fact};
use crate::observation::{Answer, Failure, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "hub/slow-reader",
    roles: &[Role::Server],
    probe: Probe::HubSlow,
    judge: slow_reader,
};

fn slow_reader(seen: &Observation) -> Judgement {
    seen.response("fast")?;
    let before = (1..).map_while(|number| in_time(seen, "fast", &format!("before{number}")));
    let before: Vec<_> = before.collect();
    if before.is_empty() || before.contains(&false) {
        return NotObserved::because(
            "events of 64 KiB do not come or are not taken, also without a slow subscriber",
        );
    }
    let large = seen.facts.iter().filter_map(|(fact, said)| {
        let label = fact.strip_suffix(&in_time_fact("fast", "")[..])?;
        let number: usize = label.strip_prefix("large")?.parse().ok()?;
        Some((number, said == "yes"))
    });
    let large: Vec<_> = large.collect();
    let Some((number, _)) = large.iter().find(|(_, came)| !came) else {
        // All of them came, or the hub said no at some point.
        let refused = seen.exchanges.iter().find(|exchange| {
            exchange.name.starts_with(PUBLISH)
                && !exchange
                    .response()
                    .is_ok_and(|response| (200..300).contains(&response.status))
        });
        return match refused.map(|exchange| (&exchange.name, &exchange.answer)) {
            Some((
                name,
                Answer::Nothing {
                    why: Failure::Timeout,
                    ..
                },
            )) => Ok(Verdict::fail(
                format!(
                    "{name} is not answered while a subscriber does not read, after {} events of 64 KiB",
                    large.len()
                ),
                "an answer: publishing does not wait for subscribers",
            )),
            Some((name, _)) => {
                NotObserved::because(format!("{name} is refused, so nothing more can be sent"))
            }
            None if large.is_empty() => {
                NotObserved::because("nothing was published beside a slow subscriber")
            }
            None => Ok(Verdict::Pass),
        };
    };
    let then = match in_time(seen, "fast", "afterwards") {
        Some(true) => "; it comes when that one is gone",
        _ => "",
    };
    Ok(Verdict::fail(
        format!(
            "the event {number} of 64 KiB does not come to a subscriber that reads while another one does not{then}"
        ),
        "each event, whatever other subscribers do",
    ))
}
