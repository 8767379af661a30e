//! Other people's parsers and encoders behind one signature each, to compare ours with.
//!
//! `cargo bench -p sse-peers` measures them and writes `docs/performance.md`; `cargo test -p sse-peers` runs the corpus through
//! them and compares with `docs/generated/peers.md`.

pub mod clock;
pub mod encoders;
pub mod growing;
pub mod parsers;
pub mod report;
pub mod workload;
