//! The response says that it must not be answered from a cache.
//!
//! What is looked at is the head of the stream, and those that come to who comes back. `no-cache`, `no-store`, `private`, or a response that is stale
//! at once (`max-age=0`, `Expires: 0`) will do. A response that has an `Age` has come from a cache already. One without `Date`, by which caches reckon, is
//! told in a note: whoever has a clock must send it, and whether there is one cannot be seen.
//!
//! ## Why it matters
//!
//! A 200 without any word on freshness may be stored by a cache on its own judgement, and some do: the next client, or the same one after a
//! reconnection with `Last-Event-ID`, is then given a copy of a stream of the past.
//!
//! ## How to fix
//!
//! Send `Cache-Control: no-cache` or `no-store`. `no-transform` besides keeps intermediaries from compressing the stream, which delays it.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::header;
use crate::observation::{Observation, Response};

pub(crate) const CHECK: Check = Check {
    requirement: "http/cache",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: cache,
};

/// What is said to who comes back is looked at where the first time is in order.
pub(crate) const AGAIN: Check = Check {
    requirement: "http/cache",
    roles: &[Role::Server],
    probe: Probe::Resume,
    judge: again,
};

/// <https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1>
const NO_DATE: &str = "no Date, which an origin server MUST send if it has a clock";
const EXPECTED: &str = "cache-control: no-cache or no-store";

fn cache(seen: &Observation) -> Judgement {
    let response = seen.response("stream")?;
    if !response.is_event_stream() {
        return NotObserved::because("the response is not an event stream");
    }
    let has_date = response.headers_named("date").next().is_some();
    Ok(match (may_be_kept(response), has_date) {
        (Some(said), true) => Verdict::fail(said, EXPECTED),
        (Some(said), false) => Verdict::fail(format!("{said}, and {NO_DATE}"), EXPECTED),
        (None, true) => Verdict::Pass,
        (None, false) => Verdict::Note(NO_DATE.to_owned()),
    })
}

fn again(seen: &Observation) -> Judgement {
    let first = seen.response("first")?;
    let mut others = seen.exchanges.iter().filter_map(|one| one.response().ok());
    let kept = others.find_map(|one| may_be_kept(one).filter(|_| one.is_event_stream()));
    Ok(match kept.filter(|_| may_be_kept(first).is_none()) {
        Some(said) => Verdict::fail(format!("{said} for who comes back"), EXPECTED),
        None => Verdict::Pass,
    })
}

/// What the response says that lets a cache answer with it, if so.
fn may_be_kept(response: &Response) -> Option<String> {
    if let Some(age) = response.age() {
        return Some(format!("age: {age}: a cache has answered"));
    }
    let fields: Vec<_> = response.headers_named("cache-control").collect();
    let texts: Vec<_> = fields.iter().map(|field| field.text()).collect();
    let said: Vec<_> = texts
        .iter()
        .flat_map(|text| header::members(text))
        .collect();
    // With a value, "no-cache" and "private" are about the fields named in it alone.
    let says = |name: &str| said.contains(&(name.to_owned(), None));
    let seconds = |name: &str| {
        let given = said.iter().find(|(member, _)| member == name)?;
        given.1.as_deref()?.parse::<u64>().ok()
    };
    if says("no-cache") || says("no-store") || says("private") {
        return None;
    }
    // What is stale at once is not used without asking the origin unless the origin is gone. A shared cache goes by "s-maxage" first.
    match seconds("s-maxage").or_else(|| seconds("max-age")) {
        Some(0) => return None,
        None if expired(response) => return None,
        Some(_) | None => {}
    }
    Some(match fields.first() {
        None => "no Cache-Control".to_owned(),
        Some(field) => field.to_string(),
    })
}

/// Whether `Expires` is no date, which says "already expired", as `0` and `-1` do.
fn expired(response: &Response) -> bool {
    response
        .headers_named("expires")
        .any(|field| matches!(field.text().trim(), "0" | "-1"))
}
