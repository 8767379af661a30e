//! The response says that it must not be answered from a cache.
//!
//! What is looked at is the head of the stream. `no-cache`, `no-store`, `private`, or a response that is stale at once (`max-age=0`, `Expires: 0`)
//! will do.
//!
//! ## Why it matters
//!
//! A 200 without any word on freshness may be stored by a cache on its own judgement, and some do: the next client, or the same one after a
//! reconnection with `Last-Event-ID`, is then given a copy of a stream of the past.
//!
//! ## How to fix
//!
//! Send `Cache-Control: no-cache` or `no-store`. `no-transform` besides keeps intermediaries from compressing the stream, which delays it.

use crate::check::{Check, Judgement, Probe, Role, Verdict};
use crate::header;
use crate::observation::{Observation, Response};

pub(crate) const CHECK: Check = Check {
    requirement: "http/cache",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: cache,
};

fn cache(seen: &Observation) -> Judgement {
    let response = seen.response("stream")?;
    if !response.is_event_stream() {
        return crate::check::NotObserved::because("the response is not an event stream");
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
        return Ok(Verdict::Pass);
    }
    // What is stale at once is not used without asking the origin unless the origin is gone. A shared cache goes by "s-maxage" first.
    match seconds("s-maxage").or_else(|| seconds("max-age")) {
        Some(0) => return Ok(Verdict::Pass),
        None if expired(response) => return Ok(Verdict::Pass),
        Some(_) | None => {}
    }
    let seen = match fields.first() {
        None => "no Cache-Control".to_owned(),
        Some(field) => field.to_string(),
    };
    Ok(Verdict::fail(seen, "cache-control: no-cache or no-store"))
}

/// Whether `Expires` is no date, which says "already expired", as `0` and `-1` do.
fn expired(response: &Response) -> bool {
    response
        .headers_named("expires")
        .any(|field| matches!(field.text().trim(), "0" | "-1"))
}
