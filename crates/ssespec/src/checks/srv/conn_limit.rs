//! Several clients can have a stream at the same time.
//!
//! ## Why it matters
//!
//! Each tab, each window and each device of a user holds one connection for as long as it is open. A server with one worker for each stream, and
//! few workers, is full after the first handful, and every other page of the site hangs with it.
//!
//! ## How to fix
//!
//! Serve streams from an event loop or from threads that are cheap. In Gunicorn that is `--worker-class gevent` or more `--threads`, in PHP-FPM a
//! pool of its own, with single-threaded development servers it is another server.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::observation::{Answer, Exchange, Failure, Observation};

pub(crate) const CHECK: Check = Check {
    requirement: "srv/conn-limit",
    roles: &[Role::Server],
    probe: Probe::Parallel,
    judge: conn_limit,
};

/// What a browser opens to one host: a limit above that, which is told, is a choice.
const ENOUGH: usize = 6;

fn conn_limit(seen: &Observation) -> Judgement {
    let all = &seen.exchanges;
    if let (true, Some(why)) = (all.is_empty(), &seen.nothing) {
        return NotObserved::because(why.clone());
    }
    let streams = all.iter().filter(|exchange| is_stream(exchange)).count();
    if streams == 0 {
        return NotObserved::because("not one of the requests was answered with an event stream");
    }
    let refused: Vec<_> = all.iter().filter(|exchange| !is_stream(exchange)).collect();
    let Some(first) = refused.first() else {
        return Ok(Verdict::Pass);
    };
    let says_so = |exchange: &&Exchange| {
        exchange
            .response()
            .is_ok_and(|response| matches!(response.status, 429 | 503))
    };
    if streams >= ENOUGH && refused.iter().all(says_so) {
        return Ok(Verdict::Note(format!(
            "{streams} of {} streams at the same time are served, the others are told that there are too many",
            all.len()
        )));
    }
    let how = match &first.answer {
        Answer::Nothing {
            why: Failure::TargetDied,
            ..
        } => {
            return NotObserved::because("the target was gone");
        }
        Answer::Nothing { why, .. } => why.to_string(),
        Answer::Response(response) => format!("status {}", response.status),
    };
    Ok(Verdict::fail(
        format!(
            "of {} streams at the same time {streams} were served; {}: {how}",
            all.len(),
            first.name
        ),
        "every one of them",
    ))
}

fn is_stream(exchange: &Exchange) -> bool {
    exchange
        .response()
        .is_ok_and(crate::observation::Response::is_event_stream)
}
