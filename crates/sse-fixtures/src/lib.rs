#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod corpus;
pub mod cuts;
mod error;
mod escape;
mod expectation;
mod fixture;
mod parse;
mod script;
mod section;
mod session;
#[cfg(feature = "proptest")]
#[cfg_attr(docsrs, doc(cfg(feature = "proptest")))]
pub mod strategies;
#[cfg(feature = "libtest-mimic")]
mod trials;
mod write;

pub use crate::corpus::{LoadError, corpus, load};
pub use crate::error::FixtureError;
pub use crate::expectation::{ExpectedEvent, ExpectedState, ExpectedVerdict, Outcome};
pub use crate::fixture::Fixture;
pub use crate::script::{Refusal, ScriptStep, Scripted};
pub use crate::section::{ReadyState, Section, Step, StepKind, Stream};
pub use crate::session::{BodyPart, Connection, End};
#[cfg(feature = "libtest-mimic")]
#[cfg_attr(docsrs, doc(cfg(feature = "libtest-mimic")))]
pub use crate::trials::trials;
