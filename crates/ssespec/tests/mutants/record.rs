//! Which servers of the fleet are worth a recording.

use sse_fixtures::Outcome;
use ssespec::check;

use crate::{Judged, ProbeError, recorder};

/// With `SSESPEC_RECORD`, writes what the probe of the check `id` saw of the server `name`, if nothing, no fixture either, shows yet that this check says `verdict`.
pub(crate) fn missing(id: &str, verdict: &str, name: &str, run: &Result<Judged, ProbeError>) {
    let Ok(run) = run else {
        return;
    };
    if !recorder::is_missing(id, verdict) {
        return;
    }
    let registered = check::find(id).expect("a check");
    let check = registered
        .ways()
        .find(|check| !crate::needs_more(check.probe));
    let check = check.expect("one that needs nothing but a URL");
    let written = sse_fixtures::corpus()
        .iter()
        .flat_map(|fixture| fixture.verdicts().unwrap_or_default())
        .any(|evidence| {
            evidence.check == id && (evidence.outcome == Outcome::Fail) == (verdict == "fail")
        });
    if let Some(seen) = run.seen.observations.get(&check.probe).filter(|_| !written) {
        recorder::keep(id, verdict, name, &run.authority, seen);
    }
}
