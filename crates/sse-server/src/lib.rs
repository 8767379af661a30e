#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod cors;
mod hub;
mod log;
mod respond;
mod server;
mod settings;
mod topic;

pub use crate::body::{Events, ResponseBody};
pub use crate::cors::Cors;
pub use crate::hub::Hub;
pub use crate::server::Server;
pub use crate::settings::{Settings, UnknownId};
pub use crate::topic::Topic;
