//! The server lets go of a connection when its client has left.
//!
//! A client closes its connection, another one resets it. Where server and client are on one Linux machine, the server's end is looked at: whether it
//! is closed too, and whether the server's process still holds it. Elsewhere a number that the server shows can tell: `--gauge URL` names the page
//! with it, a plain number, JSON or the lines that Prometheus reads; `#NAME` behind the URL says which number it is.
//!
//! In HTTP/2 clients usually give up the stream and keep its connection; whether that is noticed only such a number can tell.
//!
//! A third client closes only its own half of the connection, which is all that a server sees of one that is gone and whose network still answers.
//! To go on is right, since the client may still be reading; it is told in a note. With `--stress` a fourth client vanishes together with its network, as
//! far as the server can see: nothing that is sent to it is acknowledged any more. Whether its socket is still there when the stream has been watched is
//! told in a note as well, for TCP takes about 15 minutes to find out; and so is what the number says.
//!
//! Where the stream that is watched ends at once or falls silent, it is also seen whether that is because another client left: the error of one
//! write must not end the loop that writes to all.
//!
//! ## Why it matters
//!
//! Tabs are closed, laptops sleep, networks change. A server that only notices when its next write fails keeps a socket, a subscription and often
//! a task for every client that was ever there, and on a quiet stream there is no next write.
//!
//! ## How to fix
//!
//! Wait for the end of the request beside waiting for the next event: `req.on("close")`, `request.is_disconnected()`, a dropped body, a cancelled
//! context. Where the framework cannot tell, a keep-alive comment every 15 seconds finds out; `TCP_USER_TIMEOUT` makes that quick also where the network
//! does not answer any more.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{End, Observation};
use crate::probe::FOR_EVER;
use crate::probe::gauge::{STREAMS, VANISHED};

pub(crate) const CHECK: Check = Check {
    requirement: "close/abort",
    roles: &[Role::Server],
    probe: Probe::Leave,
    judge: abort,
};

pub(crate) const COUNTED: Check = Check {
    requirement: "close/abort",
    roles: &[Role::Server],
    probe: Probe::Gauge,
    judge: counted,
};

pub(crate) const BESIDE: Check = Check {
    requirement: "close/abort",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: beside,
};

/// What becomes of a stream when another client leaves.
fn beside(seen: &Observation) -> Judgement {
    match seen.facts.get("fate") {
        Some(fate) if fate.ends_with("another leaves") => Ok(Verdict::fail(
            format!("a stream that was alone {fate}, twice in a row"),
            "a client that leaves ends its own stream only",
        )),
        Some(fate) if fate == FOR_EVER => Ok(Verdict::fail(
            format!("a stream on which one event came after the other {fate}"),
            "a client that leaves ends its own stream only",
        )),
        _ => NotObserved::because("no stream was seen to end or to fall silent with another"),
    }
}

/// In which ways clients leave, and what that is called.
const CLOSED: &str = "has closed its connection";
const RESET: &str = "has reset its connection";
const CANCELLED: &str = "has cancelled its stream of HTTP/2, whose connection it keeps";

/// What becomes of the connection of a client that is no longer there.
const ENDS_AT_LAST: &str = "TCP gives up after about 15 minutes, or after TCP_USER_TIMEOUT";

fn abort(seen: &Observation) -> Judgement {
    if !matches!(seen.stream("leave")?.end, End::Left(_)) {
        return NotObserved::because("the server ended the stream before its client could leave");
    }
    let fact = |name: &str| seen.facts.get(name).map(String::as_str);
    for (name, left) in [("socket", CLOSED), ("reset", RESET)] {
        if let Some(state) = fact(name).filter(|state| *state != "released") {
            return Ok(Verdict::fail(
                format!("5 s after the client {left} the server's socket is still {state}"),
                "the server closes its end",
            ));
        }
    }
    if fact("socket").is_none() {
        return NotObserved::because(
            "the server's socket cannot be seen from here; --gauge names a number that shows it",
        );
    }
    let half = fact("half").filter(|half| *half == "goes on").map(|_| {
        "a client that has closed only its own half of the connection is served on".to_owned()
    });
    let vanished = fact(VANISHED).filter(|state| *state != "released");
    let vanished = vanished.zip(fact("vanished-ms")).map(|(state, ms)| {
        let seconds = ms.parse::<u64>().unwrap_or_default() / 1_000;
        format!(
            "{seconds} s after the network of a client has gone the server's socket is still {state}: {ENDS_AT_LAST}"
        )
    });
    let told: Vec<_> = half.into_iter().chain(vanished).collect();
    match told.is_empty() {
        true => Ok(Verdict::Pass),
        false => Ok(Verdict::Note(told.join("; "))),
    }
}

/// By the number that the server shows, before, while some streams were open, and after.
fn counted(seen: &Observation) -> Judgement {
    seen.stream("left-1")?;
    let manners = [("left", CLOSED), ("reset", RESET), ("cancelled", CANCELLED)];
    let only_http2 = |manner| manner == "cancelled" && seen.exchange("cancelled-1").is_err();
    let said = |manner: &str, when: &str| -> Option<f64> {
        seen.facts.get(&format!("{manner}-{when}"))?.parse().ok()
    };
    for (manner, left) in manners {
        if only_http2(manner) {
            continue;
        }
        let number = |when| said(manner, when);
        let all = number("before").zip(number("during")).zip(number("after"));
        let Some(((before, during), after)) = all else {
            return NotObserved::because("the gauge was not read");
        };
        let streams = f64::from(STREAMS);
        if during < before + streams {
            return NotObserved::because(format!(
                "the gauge says {during} while {STREAMS} more streams are open and {before} before: it does not count them"
            ));
        }
        if after >= before + streams {
            return Ok(Verdict::fail(
                format!(
                    "5 s after each of {STREAMS} clients {left} the gauge says {after}, as if they were there; before it said {before}"
                ),
                "the number goes down again",
            ));
        }
    }
    let rest = |manner: &str| {
        said(manner, "after")
            .zip(said(manner, "before"))
            .map(|(after, before)| after - before)
    };
    if let (Some(left @ 1.0..), Some(reset @ 1.0..)) = (rest("left"), rest("reset")) {
        return Ok(Verdict::Note(format!(
            "5 s after {STREAMS} clients have closed their connections the gauge says {left} more than before, and {reset} more after {STREAMS} that reset theirs: unless others came, not all are let go of"
        )));
    }
    match said(VANISHED, "during").zip(said(VANISHED, "after")) {
        Some((during, after)) if after >= during => Ok(Verdict::Note(format!(
            "5 s after the network of {STREAMS} clients has gone the gauge still says {after}: {ENDS_AT_LAST}"
        ))),
        _ => Ok(Verdict::Pass),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    fn judged(probe: Probe, name: &str, facts: &[(&str, &str)]) -> &'static str {
        let mut seen = Evidence::of(b"data: a\n\n").named(name).observation(probe);
        let facts = facts
            .iter()
            .map(|(fact, value)| ((*fact).to_owned(), (*value).to_owned()));
        seen.facts.extend(facts);
        named(if probe == Probe::Leave {
            abort(&seen)
        } else {
            counted(&seen)
        })
    }

    #[test]
    fn what_is_held_fails() {
        let judged = |facts: &[_]| judged(Probe::Leave, "leave", facts);
        let closed = ("socket", "released");
        assert_eq!(
            judged(&[closed, ("reset", "released"), ("half", "ended")]),
            "pass"
        );
        assert_eq!(judged(&[closed, ("half", "goes on")]), "note");
        assert_eq!(judged(&[closed, ("reset", "held")]), "fail");
        let vanished = |state| judged(&[closed, ("vanished", state), ("vanished-ms", "10050")]);
        assert_eq!(vanished("released"), "pass");
        assert_eq!(vanished("ESTABLISHED"), "note");
        assert_eq!(judged(&[("socket", "CLOSE_WAIT")]), "fail");
        assert_eq!(judged(&[("half", "ended")]), "not observed");
    }

    #[test]
    fn a_number_that_stays_up_fails() {
        let judged = |during: &str, after: &str| {
            let facts = [
                ("left-before", "2"),
                ("left-during", "5"),
                ("left-after", "2"),
                ("reset-before", "2"),
                ("reset-during", during),
                ("reset-after", after),
            ];
            judged(Probe::Gauge, "left-1", &facts)
        };
        assert_eq!(judged("5", "2"), "pass");
        assert_eq!(judged("5", "5"), "fail");
        assert_eq!(judged("2", "2"), "not observed");
        assert_eq!(judged("6", "4"), "pass");
    }
}
