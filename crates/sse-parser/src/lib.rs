#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod bom;
#[cfg(feature = "tokio-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio-util")))]
mod codec;
mod event;
mod feed;
#[cfg(feature = "futures")]
mod futures;
pub mod grammar;
mod limits;
mod line;
mod lines;
mod read_error;
#[cfg(feature = "std")]
mod reader;
mod reading;
mod retry;
mod scan;
mod stream;
mod text;
mod unfinished;
mod value;

pub use crate::event::{Event, OwnedEvent};
pub use crate::feed::Feed;
#[cfg(feature = "futures")]
#[cfg_attr(docsrs, doc(cfg(feature = "futures")))]
pub use crate::futures::StreamOfEvents;
pub use crate::limits::{Limit, LimitExceeded, Limits};
pub use crate::line::{EndOfLine, FieldName, Line};
pub use crate::lines::{LineFeed, Lines, LocatedLine, Unterminated};
pub use crate::read_error::ReadError;
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use crate::reader::Events;
pub use crate::retry::retry_value;
pub use crate::stream::{Discarded, EventStream};
