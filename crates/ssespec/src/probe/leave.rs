//! Leaves in the middle of a stream and sees whether the server lets go: by the state of its socket, where that is a local one.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Prober;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;

/// How often the table of sockets is read.
const LOOK: Duration = Duration::from_millis(50);

impl Prober {
    /// `leave`, and the fact `socket`: `released`, or the state that it still has.
    pub(super) async fn leave(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Leave) {
            return nothing;
        }
        let rules = briefly(self.brief(), 1);
        let Some(mut wire) = self
            .wire_get("leave", "HTTP/1.1", |_| {}, Some(&rules))
            .await
        else {
            return Observation::nothing(Probe::Leave, "only seen on HTTP/1");
        };
        let socket = wire.socket.take();
        let state = match (socket, wire.addresses) {
            (Some(socket), Some((ours, theirs))) => {
                drop(socket);
                self.state_after(ours, theirs).await
            }
            _ => None,
        };
        let mut observation = Observation::of(Probe::Leave, vec![wire.exchange]);
        if let Some(state) = state {
            observation.facts.insert("socket".to_owned(), state);
        }
        observation
    }

    /// What the server's socket is in after we have left. `None` where that cannot be seen from here.
    async fn state_after(&self, ours: SocketAddr, theirs: SocketAddr) -> Option<String> {
        if !theirs.ip().is_loopback() {
            return None;
        }
        let until = Instant::now() + self.settings.scaled(Duration::from_secs(5));
        loop {
            match peer_state(theirs, ours)? {
                None => return Some("released".to_owned()),
                Some(state) if Instant::now() >= until => return Some(state),
                Some(_) => sleep(LOOK).await,
            }
        }
    }
}

/// The state of the socket with these two ends in the tables of Linux, if it is one in which its owner still holds it. The outer `None` means
/// that there is no such table.
fn peer_state(local: SocketAddr, remote: SocketAddr) -> Option<Option<String>> {
    let mut readable = false;
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let Ok(table) = std::fs::read_to_string(table) else {
            continue;
        };
        readable = true;
        for row in table.lines().skip(1) {
            let mut columns = row.split_whitespace().skip(1);
            let (Some(this), Some(that), Some(state)) =
                (columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            let ports = |address: &str| {
                address
                    .rsplit(':')
                    .next()
                    .and_then(|port| u16::from_str_radix(port, 16).ok())
            };
            if ports(this) == Some(local.port()) && ports(that) == Some(remote.port()) {
                let state = match state {
                    "01" => "ESTABLISHED",
                    "08" => "CLOSE_WAIT",
                    // All others mean that the owner has closed it.
                    _ => return Some(None),
                };
                return Some(Some(state.to_owned()));
            }
        }
    }
    readable.then_some(None)
}
