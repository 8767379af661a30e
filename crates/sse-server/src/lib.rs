#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod connection;
mod cors;
mod error;
#[cfg(feature = "gzip")]
mod gzip;
mod http1;
mod hub;
mod log;
mod metrics;
mod piece;
mod readers;
mod respond;
mod server;
mod settings;
mod silence;
#[cfg(feature = "durable")]
mod store;
#[cfg(feature = "tls")]
mod tls;
mod topic;

pub use crate::body::{BoxError, Events, ResponseBody};
pub use crate::cors::Cors;
pub use crate::error::PublishError;
pub use crate::hub::Hub;
pub use crate::metrics::Metrics;
pub use crate::server::{Builder, Server};
pub use crate::settings::{Settings, UnknownId};
#[cfg(feature = "tls")]
pub use crate::tls::Tls;
pub use crate::topic::Topic;
