#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "bytes")]
mod bytes;
mod check;
mod comment;
mod encode;
mod error;
mod event;
#[cfg(feature = "std")]
mod io;
mod lossy;
mod sink;

pub use crate::check::Checked;
pub use crate::comment::{KEEP_ALIVE, comment_into};
pub use crate::error::{EncodeError, Field};
pub use crate::event::Event;

/// The [media type](https://html.spec.whatwg.org/multipage/iana.html#text/event-stream) of a response that carries events.
pub const CONTENT_TYPE: &str = "text/event-stream";
