//! Keeps what was seen of a server of the fleet as a recording, for the tests that judge without a network.

use sse_fixtures::Outcome;
use ssespec::check;

use crate::fresh::root;
use crate::{Judged, ProbeError};

/// With `SSESPEC_RECORD`, writes what the probe of the check `id` saw of the server `name`, if nothing shows yet that this check says `verdict`.
pub(crate) fn missing(id: &str, verdict: &str, name: &str, run: &Result<Judged, ProbeError>) {
    let (Some(_), Ok(run)) = (std::env::var_os("SSESPEC_RECORD"), run) else {
        return;
    };
    let registered = check::find(id).expect("a check");
    let check = registered
        .ways()
        .find(|check| !crate::needs_more(check.probe));
    let check = check.expect("one that needs nothing but a URL");
    let folder = root().join("crates/ssespec/tests/recordings").join(id);
    let written = sse_fixtures::corpus()
        .iter()
        .flat_map(|fixture| fixture.verdicts().unwrap_or_default())
        .any(|evidence| {
            evidence.check == id && (evidence.outcome == Outcome::Fail) == (verdict == "fail")
        });
    let mut recorded = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let starts = |entry: std::fs::DirEntry| {
        let file = entry.file_name();
        file.to_string_lossy().starts_with(verdict)
    };
    let Some(observation) = run.seen.observations.get(&check.probe) else {
        return;
    };
    if written || recorded.any(starts) {
        return;
    }
    let text = serde_json::to_string_pretty(observation).expect("plain data");
    // The port is another one each time.
    let text = text.replace(&run.authority, "127.0.0.1");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    std::fs::write(folder.join(format!("{verdict}-{name}.json")), text + "\n")
        .expect("the recording can be written");
}
