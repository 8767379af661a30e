//! A server that is asked to end does so, also while a stream is open.
//!
//! It is seen of servers that `ssespec` has started itself: `ssespec check --target` and `ssespec matrix`, with a `start` in the `target.toml`. With
//! a stream open the process group gets `SIGTERM`, and has 10 seconds, which is what container runtimes wait before they kill. What it does in that
//! time is told: it *ends* the stream, *drains* it, which takes a second or more, or *cuts* it in the middle of the response. Only to *hang* is a
//! fault.
//!
//! ## Why it matters
//!
//! A graceful shutdown that waits for open requests waits for ever for one that never ends. Each deployment then takes until the kill, and the requests
//! that could have been finished die with the others.
//!
//! ## How to fix
//!
//! Tell the streams that the server is about to end: a cancelled context, a watch channel, `server.closeAllConnections()`. End each response properly;
//! clients come back by themselves, to another process. Give the shutdown a time limit.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/shutdown",
    roles: &[Role::Server],
    probe: Probe::Shutdown,
    judge: shutdown,
};

/// A stream that goes on for so many milliseconds is drained.
const DRAINED: u64 = 1_000;

fn shutdown(seen: &Observation) -> Judgement {
    seen.stream("stream")?;
    let fact = |name: &str| seen.facts.get(name).map(String::as_str);
    let (Some(stream), Some(process)) = (fact("stream"), fact("process")) else {
        return NotObserved::because("the server was not asked to end");
    };
    let milliseconds = |name| {
        fact(name)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or_default()
    };
    if process == "runs" {
        let then = match fact("after-leaving") {
            Some("ended") => "it ends when the client has left",
            _ => "also after the client has left",
        };
        return Ok(Verdict::fail(
            format!(
                "hangs: 10 s after SIGTERM it still runs, with a stream that is {stream}; {then}"
            ),
            "the end of the streams, and then of the process",
        ));
    }
    let seconds = |name| {
        format!(
            "{}.{} s",
            milliseconds(name) / 1_000,
            milliseconds(name) % 1_000 / 100
        )
    };
    let (after, process) = (seconds("stream-ms"), seconds("process-ms"));
    let what = match stream {
        "complete" if milliseconds("stream-ms") < DRAINED => {
            format!("ends: the stream is over, properly, after {after}")
        }
        "complete" => format!("drains: the stream goes on and is over, properly, after {after}"),
        _ => format!("cuts: the connection ends after {after}, in the middle of the response"),
    };
    Ok(Verdict::Note(format!(
        "SIGTERM {what}; the process after {process}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::{Evidence, named};

    #[test]
    fn to_hang_is_a_fault_and_all_else_is_told() {
        let judged = |facts: &[(&str, &str)]| {
            let mut seen = Evidence::of(b"data: a\n\n").observation(Probe::Shutdown);
            let facts = facts
                .iter()
                .map(|(fact, text)| ((*fact).to_owned(), (*text).to_owned()));
            seen.facts.extend(facts);
            shutdown(&seen)
        };
        let told = |stream, after| match judged(&[
            ("stream", stream),
            ("stream-ms", after),
            ("process", "ended"),
        ]) {
            Ok(Verdict::Note(note)) => note,
            other => panic!("{other:?}"),
        };
        assert!(told("complete", "40").starts_with("SIGTERM ends"));
        assert!(told("complete", "1200").starts_with("SIGTERM drains"));
        assert!(told("cut", "3").starts_with("SIGTERM cuts"));
        assert_eq!(
            named(judged(&[("stream", "open"), ("process", "runs")])),
            "fail"
        );
        assert_eq!(named(judged(&[])), "not observed");
    }
}
