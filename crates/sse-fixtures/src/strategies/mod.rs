//! [proptest] strategies; what must come of a generated stream is known from how it was put together, not from a parser.
//!
//! # Examples
//!
//! ```
//! use proptest::test_runner::TestRunner;
//! use sse_fixtures::strategies;
//!
//! let mut runner = TestRunner::default();
//! runner
//!     .run(&strategies::stream(), |stream| {
//!         let _bytes = &stream.bytes; //   feed them to the parser under test …
//!         let _events = &stream.events; // … and compare
//!         Ok(())
//!     })
//!     .unwrap();
//! ```
//!
//! [proptest]: https://docs.rs/proptest

mod chunks;
mod event;
mod line;
mod stream;
mod text;

pub use self::chunks::{cut_plan, cuts_of};
pub use self::event::{SentEvent, event};
pub use self::stream::{GeneratedStream, stream};
pub use self::text::{hostile_string, one_line};
