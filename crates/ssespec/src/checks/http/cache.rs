//! The response says that it must not be answered from a cache.
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
use crate::observation::Observation;

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
    let directives: Vec<_> = fields
        .iter()
        .flat_map(|field| header::directives(&field.text()))
        .collect();
    let says = |name: &str| directives.iter().any(|directive| directive == name);
    if says("no-cache") || says("no-store") {
        return Ok(Verdict::Pass);
    }
    // "max-age=0" alone is stale at once, and a stale response is not used without asking the origin unless the origin is gone.
    if says("private")
        || fields
            .iter()
            .any(|field| field.text().contains("max-age=0"))
    {
        return Ok(Verdict::Pass);
    }
    let seen = match fields.first() {
        None => "no Cache-Control".to_owned(),
        Some(field) => field.to_string(),
    };
    Ok(Verdict::fail(seen, "cache-control: no-cache or no-store"))
}
