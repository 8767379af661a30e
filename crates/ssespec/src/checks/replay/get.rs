//! A script in the URL plays as one that is posted.
//!
//! ## Why it matters
//!
//! An `EventSource` can only GET. Without this form the endpoint cannot be asked by a browser, by a client under test, or through a proxy that
//! is to be watched.
//!
//! ## How to fix
//!
//! Take the parameter `script` of the URL, decode it as base64url without padding, and go on as with the content of a POST.

use crate::check::{Check, Judgement, Probe, Role, Verdict};
use crate::observation::Observation;
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "replay/get",
    roles: &[Role::Server],
    probe: Probe::Replay,
    judge: get,
};

fn get(seen: &Observation) -> Judgement {
    let posted = Transcript::of(seen.stream("whole")?);
    let response = seen.response("get")?;
    let expected = "the same events as for the POST";
    if !response.is_event_stream() {
        return Ok(Verdict::fail(
            format!("GET ?script=… is answered with {}", response.status),
            expected,
        ));
    }
    let got = Transcript::of(response);
    // Ids may be made up for each response.
    let events = |transcript: &Transcript<'_>| -> Vec<_> {
        let events = transcript.events.iter();
        events
            .map(|event| (event.event_type.clone(), event.data.clone()))
            .collect()
    };
    if events(&posted) == events(&got) {
        return Ok(Verdict::Pass);
    }
    let counts = format!(
        "GET gives {} events, POST {}",
        got.events.len(),
        posted.events.len()
    );
    Ok(Verdict::fail_at(counts, expected, got.bytes(), 0))
}
