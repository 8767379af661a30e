#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "http-body")]
mod body;
#[cfg(feature = "bytes")]
mod bytes;
mod check;
mod comment;
mod encode;
mod error;
mod event;
#[cfg(feature = "std")]
mod io;
#[cfg(feature = "http-body")]
mod keep_alive;
mod lossy;
mod owned;
mod scan;
mod sink;

#[cfg(feature = "http-body")]
pub use crate::body::{BodyError, EventBody, IntoFrame};
pub use crate::check::Checked;
pub use crate::comment::{KEEP_ALIVE, comment_into};
pub use crate::error::{EncodeError, Field};
pub use crate::event::Event;
#[cfg(feature = "http-body")]
pub use crate::keep_alive::KeptAlive;
pub use crate::owned::OwnedEvent;

/// The [media type](https://html.spec.whatwg.org/multipage/iana.html#text/event-stream) of a response that carries events.
pub const CONTENT_TYPE: &str = "text/event-stream";
