#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod bom;
mod event;
mod feed;
pub mod grammar;
mod limits;
mod line;
mod lines;
mod retry;
mod scan;
mod stream;
mod text;
mod unfinished;

pub use crate::event::{Event, OwnedEvent};
pub use crate::feed::Feed;
pub use crate::limits::{Limit, LimitExceeded, Limits};
pub use crate::line::{EndOfLine, FieldName, Line};
pub use crate::lines::{LineFeed, Lines, LocatedLine, Unterminated};
pub use crate::retry::retry_value;
pub use crate::stream::{Discarded, EventStream};
