//! `retry` is a number of milliseconds that makes sense.
//!
//! Findings are a value that is not all ASCII digits, less than 100 ms, or more than the 2,147,483,647 ms that fit into the timers of most clients.
//! An empty value is told in a note, and so is one of more than an hour.
//!
//! ## Why it matters
//!
//! Anything but ASCII digits is ignored: `retry: 3s`, `retry: 1.5` and `retry: -1` do nothing. And what is taken literally can hurt: with `retry: 0`
//! every client hammers a server that is down, and with `retry: 3` the author meant seconds.
//!
//! ## How to fix
//!
//! Send between one and some ten seconds, in milliseconds: `retry: 3000`.

use sse_parser::{FieldName, Line, retry_value};

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict, who_comes_back};
use crate::observation::Observation;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "lint/retry-value",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: retry,
};

pub(crate) const AGAIN: Check = Check {
    requirement: "lint/retry-value",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: |seen| who_comes_back(seen, retry),
};

/// Below this, clients come back so soon that it is hardly meant, in milliseconds.
const SOON: u128 = 100;

/// What fits into the 32-bit timers of most clients, in milliseconds.
const LATE: u128 = i32::MAX as u128;

/// For so long hardly anybody means to be away, in milliseconds (an hour).
const LONG: u128 = 3_600_000;

fn retry(seen: &Observation) -> Judgement {
    let transcript = Transcript::of(seen.stream("stream")?);
    let mut any = false;
    let mut note = None;
    for line in transcript.lines() {
        let Line::Field { name, value } = line.line else {
            continue;
        };
        if FieldName::of(name) != FieldName::Retry || line.end_of_line.is_none() {
            continue;
        }
        any = true;
        let fault = match retry_value(value).map(|time| time.as_millis()) {
            None if value.is_empty() => {
                note = Some("an empty retry: what it means is not said anywhere".to_owned());
                continue;
            }
            None => "it is not a number in ASCII digits, so clients ignore it".to_owned(),
            Some(time) if time < SOON => {
                format!("{time} ms: clients come back at once, again and again")
            }
            Some(time) if time > LATE => {
                format!("{time} ms does not fit into the timers of clients")
            }
            Some(time) => {
                let away = || format!("{time} ms: who loses the connection is away for hours");
                note = note.or_else(|| (time > LONG).then(away));
                continue;
            }
        };
        return Ok(Verdict::fail_at(
            fault,
            "milliseconds, such as retry: 3000",
            transcript.bytes(),
            line.offset,
        ));
    }
    if !any {
        return NotObserved::because("there is no retry in the stream");
    }
    Ok(note.map_or(Verdict::Pass, Verdict::Note))
}
