//! Judges anything that speaks Server-Sent Events.
//!
//! The parts, in the order in which a run uses them: [`settings`] say how a target is approached; a [`probe`] does so and writes down an
//! [`observation`]; each [`check`] is a pure function from an observation to a verdict; a [`report`] weighs the verdicts against a
//! [`baseline`].

pub mod apart;
mod arrivals;
pub mod baseline;
mod body;
pub mod check;
pub mod checks;
pub mod cli;
mod coding;
pub mod compare;
pub mod described;
#[expect(
    clippy::disallowed_methods,
    reason = "an answer that does not come has a deadline"
)]
pub mod driver;
pub mod dump;
pub mod encoder;
pub mod escape;
pub mod export;
pub mod fixture_check;
mod framing;
pub mod gauge;
pub mod header;
mod held_back;
pub mod hub;
pub mod judge;
pub mod matrix;
pub mod observation;
#[expect(
    clippy::disallowed_methods,
    reason = "playing a corpus has a time limit"
)]
pub mod parser;
#[expect(clippy::disallowed_methods, reason = "a probe has a clock")]
pub mod probe;
#[expect(
    clippy::disallowed_methods,
    reason = "waits for a process have deadlines"
)]
pub mod process;
pub mod profile;
pub mod reference;
pub mod report;
pub mod requirement;
pub mod run;
pub mod script;
pub mod secret;
pub mod settings;
pub mod target;
pub mod tls;
pub mod transcript;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
