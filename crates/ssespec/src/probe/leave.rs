//! Leaves in the middle of a stream, in every way in which clients leave, and sees whether the server lets go: by its socket, where that is a
//! local one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use super::Prober;
use super::sockets::{self, Held};
use super::watch::briefly;
use super::wire::{Socket, Wire};
use crate::check::Probe;
use crate::observation::{Exchange, Observation};

/// How often the table of sockets is read.
const LOOK: Duration = Duration::from_millis(50);

/// How long a server may take to let go.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The two ends of a connection, ours first.
pub(super) type Ends = (SocketAddr, SocketAddr);

impl Prober {
    /// `leave`, whose connection is closed, `leave-reset`, whose connection is reset, and `leave-half`, of which only our half is closed. The facts
    /// `socket` and `reset` are `released`, or how the server still has its socket; the fact `half` is `ended` or `goes on`. Side by side, unless each is
    /// to be `alone`.
    pub(super) async fn leave(&self, alone: bool) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Leave) {
            return nothing;
        }
        let rules = briefly(self.brief() / 4, 1);
        let open = |name| self.wire_get(name, |_| {}, Some(&rules));
        let leave = async { self.close(open("leave").await).await };
        let reset = async { self.reset(open("leave-reset").await).await };
        let half = async { self.half_close(open("leave-half").await).await };
        let (leave, reset, half) = match alone {
            true => (leave.await, reset.await, half.await),
            false => tokio::join!(leave, reset, half),
        };
        let mut observation = Observation::of(Probe::Leave, Vec::new());
        for (fact, (exchange, state)) in [("socket", leave), ("reset", reset), ("half", half)] {
            observation.exchanges.push(exchange);
            let state = state.map(|state| (fact.to_owned(), state));
            observation.facts.extend(state);
        }
        observation
    }

    /// Closes the connection, and looks at the server's socket until it is closed too.
    async fn close(&self, mut wire: Wire) -> (Exchange, Option<String>) {
        let Some((socket, ends, _)) = seen_from_here(&mut wire).await else {
            return (wire.exchange, None);
        };
        drop(socket);
        let state = self.until_released(move || {
            let held = sockets::server_end(ends.0, ends.1)?;
            held.state().map(str::to_owned)
        });
        (wire.exchange, Some(state.await))
    }

    /// Resets the connection. The system forgets it at once, so what is looked at is whether the server's process keeps its descriptor.
    async fn reset(&self, mut wire: Wire) -> (Exchange, Option<String>) {
        let Some((socket, _, held)) = seen_from_here(&mut wire).await else {
            return (wire.exchange, None);
        };
        let descriptors = spawn_blocking(move || held.descriptors()).await;
        let Some(descriptors) = descriptors.ok().filter(sockets::Descriptors::is_seen) else {
            return (wire.exchange, None);
        };
        let reset = socket.tcp().set_zero_linger();
        drop(socket);
        if reset.is_err() {
            return (wire.exchange, None);
        }
        let held = move || descriptors.are_open().then(|| "held".to_owned());
        let state = self.until_released(held).await;
        (wire.exchange, Some(state))
    }

    /// `released` as soon as `state` says nothing more, or what it says in the end.
    async fn until_released(
        &self,
        state: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) -> String {
        let until = Instant::now() + self.settings.scaled(PATIENCE);
        let state = Arc::new(state);
        loop {
            let state = Arc::clone(&state);
            match spawn_blocking(move || state()).await.unwrap_or_default() {
                None => return "released".to_owned(),
                Some(state) if Instant::now() >= until => return state,
                Some(_) => sleep(LOOK).await,
            }
        }
    }

    /// Says that we have nothing more to say, and reads on.
    async fn half_close(&self, mut wire: Wire) -> (Exchange, Option<String>) {
        let Some(mut socket) = wire.socket.take() else {
            return (wire.exchange, None);
        };
        if socket.shutdown().await.is_err() {
            return (wire.exchange, None);
        }
        let mut buffer = [0; 4096];
        let to_the_end = async { while let Ok(1..) = socket.read(&mut buffer).await {} };
        let state = match timeout(self.brief(), to_the_end).await {
            Ok(()) => "ended",
            Err(_) => "goes on",
        };
        (wire.exchange, Some(state.to_owned()))
    }
}

/// The connection, its two ends and the server's socket, if that is a socket of this machine.
async fn seen_from_here(wire: &mut Wire) -> Option<(Box<dyn Socket>, Ends, Held)> {
    let (socket, ends) = (wire.socket.take()?, wire.addresses?);
    // Behind a forwarded port, in another network namespace, it is not to be seen, also while it is there.
    let held = held_by_server(ends)
        .await
        .filter(|held| held.state().is_some())?;
    Some((socket, ends, held))
}

/// The server's socket, if that is one of this machine.
pub(super) async fn held_by_server((ours, theirs): Ends) -> Option<Held> {
    if !sockets::is_local(ours, theirs) {
        return None;
    }
    let looking = spawn_blocking(move || sockets::server_end(ours, theirs));
    looking.await.ok().flatten()
}
