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
use super::gauge::VANISHED;
use super::sockets::{self, Held};
use super::vanished::Vanished;
use super::watch::briefly;
use super::wire::{Socket, Wire};
use crate::check::Probe;
use crate::observation::{Exchange, Observation};
use crate::settings::Manner;

/// How often the table of sockets is read.
const LOOK: Duration = Duration::from_millis(50);

/// So many events are seen before a stream is left.
const ENOUGH: usize = 8;

/// How long a server may take to let go.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The two ends of a connection, ours first.
pub(super) type Ends = (SocketAddr, SocketAddr);

impl Prober {
    /// `leave`, whose connection is closed, `leave-reset`, whose connection is reset, and `leave-half`, of which only our half is closed. The facts
    /// `socket` and `reset` are `released`, or how the server still has its socket; the fact `half` is `ended` or `goes on`. Side by side, unless each is
    /// to be `alone`. With `--stress` also `leave-vanished`, which answers nothing any more: the fact `vanished` is like `socket`, for as long as a
    /// stream is watched, and `vanished-ms` how long that was.
    pub(super) async fn leave(&self, alone: bool) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Leave) {
            return nothing;
        }
        // Long enough to see what becomes of the others, who were served before that.
        let rules = briefly(self.brief() / 4, ENOUGH);
        let open = |name| self.wire_get(name, |_| {}, Some(&rules));
        let leave = async { self.close(open("leave").await).await };
        let reset = async { self.reset(open("leave-reset").await).await };
        let half = async { self.half_close(open("leave-half").await).await };
        let vanished = async {
            match self.settings.manner {
                Manner::Stress => Some(self.vanish(open("leave-vanished").await).await),
                Manner::Gentle | Manner::Passive => None,
            }
        };
        let (leave, reset, half, vanished) = match alone {
            true => (leave.await, reset.await, half.await, vanished.await),
            false => tokio::join!(leave, reset, half, vanished),
        };
        let mut observation = Observation::of(Probe::Leave, Vec::new());
        for (fact, (exchange, state)) in [("socket", leave), ("reset", reset), ("half", half)] {
            observation.exchanges.push(exchange);
            let state = state.map(|state| (fact.to_owned(), state));
            observation.facts.extend(state);
        }
        if let Some((exchange, facts)) = vanished {
            observation.exchanges.push(exchange);
            observation.facts.extend(facts);
        }
        observation
    }

    /// Closes the connection, and looks at the server's socket until it is closed too.
    async fn close(&self, mut wire: Wire) -> (Exchange, Option<String>) {
        let Some((socket, ends, _)) = seen_from_here(&mut wire).await else {
            return (wire.exchange, None);
        };
        self.leaves();
        drop(socket);
        let state = self.until_released(PATIENCE, move || state_at_server(ends));
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
        self.leaves();
        drop(socket);
        if reset.is_err() {
            return (wire.exchange, None);
        }
        let held = move || descriptors.are_open().then(|| "held".to_owned());
        let state = self.until_released(PATIENCE, held).await;
        (wire.exchange, Some(state))
    }

    /// Answers nothing any more, as if its network had gone, and looks at the server's socket for as long as a stream is watched.
    async fn vanish(&self, mut wire: Wire) -> (Exchange, Vec<(String, String)>) {
        let Some((socket, ends, _)) = seen_from_here(&mut wire).await else {
            return (wire.exchange, Vec::new());
        };
        let began = Instant::now();
        let Ok(vanished) = Vanished::of(&*socket) else {
            return (wire.exchange, Vec::new());
        };
        let time = self.settings.stop.time;
        let state = self.until_released(time, move || state_at_server(ends));
        let state = (VANISHED.to_owned(), state.await);
        let time = began.elapsed().as_millis().to_string();
        drop(vanished);
        (wire.exchange, vec![state, ("vanished-ms".to_owned(), time)])
    }

    /// `released` as soon as `state` says nothing more, or what it says in the end, after `patience`.
    async fn until_released(
        &self,
        patience: Duration,
        state: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) -> String {
        let until = Instant::now() + self.settings.scaled(patience);
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

/// How the server has its socket, while its owner has not closed it.
fn state_at_server((ours, theirs): Ends) -> Option<String> {
    let held = sockets::server_end(ours, theirs)?;
    held.state().map(str::to_owned)
}

/// The server's socket, if that is one of this machine.
pub(super) async fn held_by_server((ours, theirs): Ends) -> Option<Held> {
    if !sockets::is_local(ours, theirs) {
        return None;
    }
    let looking = spawn_blocking(move || sockets::server_end(ours, theirs));
    looking.await.ok().flatten()
}
