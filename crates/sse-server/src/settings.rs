use std::time::Duration;

use crate::cors::Cors;

/// How topics and their streams behave.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// How many events a topic keeps for clients that come back; 1024.
    pub history: usize,
    /// How many events may wait for a client that reads slowly, before its stream ends; 1024. They wait in the history, which all clients
    /// share, and nothing is lost: it comes back with its last id. What it had missed when it came does not count.
    pub queue: usize,
    /// The [reconnection time](https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time) that each stream begins with; 2 s.
    pub retry: Option<Duration>,
    /// After so long without an event [a comment is sent](https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes)
    /// to all clients of a topic; 15 s.
    pub keep_alive: Duration,
    /// What a client gets that comes back with an id that is not known.
    pub unknown_id: UnknownId,
    /// Which pages of other origins may read.
    pub cors: Cors,
    /// Whether streams are compressed for clients that ask for it with `Accept-Encoding`; no. An event is compressed once for all of
    /// them and for itself alone, which pays for events of some hundred bytes and more.
    #[cfg(feature = "gzip")]
    pub gzip: bool,
}

/// What a client gets whose `Last-Event-ID` is not in the history: too old, from before a restart, or never given out.
///
/// Neither is an error, because a client that gets one never comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum UnknownId {
    /// Everything that is kept: nothing is lost that could be had, and something may come twice.
    #[default]
    ReplayAll,
    /// Only what is published from now on: nothing comes twice, and something may be lost.
    OnlyNew,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            history: 1024,
            queue: 1024,
            retry: Some(Duration::from_secs(2)),
            keep_alive: Duration::from_secs(15),
            unknown_id: UnknownId::default(),
            cors: Cors::Any,
            #[cfg(feature = "gzip")]
            gzip: false,
        }
    }
}
