//! Keeps what was seen of a member of a fleet as a recording, for the tests that judge without a network.

use std::path::PathBuf;

use ssespec::observation::Observation;

use crate::fresh::root;

fn folder(id: &str) -> PathBuf {
    root().join("crates/ssespec/tests/recordings").join(id)
}

/// With `SSESPEC_RECORD`: whether no recording shows yet that the check `id` says `verdict`.
pub(crate) fn is_missing(id: &str, verdict: &str) -> bool {
    let mut recorded = std::fs::read_dir(folder(id))
        .into_iter()
        .flatten()
        .flatten();
    std::env::var_os("SSESPEC_RECORD").is_some()
        && !recorded.any(|entry| entry.file_name().to_string_lossy().starts_with(verdict))
}

/// Writes what was seen of `name`, which had the host and port `authority`.
pub(crate) fn keep(id: &str, verdict: &str, name: &str, authority: &str, seen: &Observation) {
    let text = serde_json::to_string_pretty(seen).expect("plain data");
    // The port is another one each time.
    let text = text.replace(authority, "127.0.0.1");
    std::fs::create_dir_all(folder(id)).expect("the folder can be made");
    std::fs::write(
        folder(id).join(format!("{verdict}-{name}.json")),
        text + "\n",
    )
    .expect("the recording can be written");
}
