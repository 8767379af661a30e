//! If the content type has a charset, it is `utf-8`.
//!
//! ## Why it matters
//!
//! An event stream is UTF-8 whatever the header says; browsers ignore the parameter. But HTTP libraries believe it, and then the same stream is read
//! in two ways. Where it names another charset, the server most likely writes that one.
//!
//! ## How to fix
//!
//! Send `Content-Type: text/event-stream` without parameters, and write UTF-8.

use crate::check::{Check, Judgement, Probe, Role, Verdict};
use crate::header;
use crate::observation::Observation;

pub(crate) const CHECK: Check = Check {
    requirement: "srv/charset",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: charset,
};

fn charset(seen: &Observation) -> Judgement {
    let response = seen.response("stream")?;
    if !response.is_event_stream() {
        return crate::check::NotObserved::because("the response is not an event stream");
    }
    let mut others = None;
    for field in response.headers_named("content-type") {
        for (name, value) in header::parameters(&field.text()) {
            if name != "charset" {
                others = Some(name);
            } else if !value.eq_ignore_ascii_case("utf-8") {
                return Ok(Verdict::fail(
                    field.to_string(),
                    "charset=utf-8, or no charset",
                ));
            }
        }
    }
    if let Some(name) = others {
        return Ok(Verdict::Note(format!(
            "{name} is no parameter of {}: clients ignore it",
            header::EVENT_STREAM
        )));
    }
    Ok(Verdict::Pass)
}
