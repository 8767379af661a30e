//! What a stream does when another one comes and goes. Asked only where the stream that was watched ended at once or fell silent, and always with a
//! stream that was alone before.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout_at};

use super::Prober;
use super::watch::briefly;
use super::wire::Socket;
use crate::observation::{Answer, End, Observation, Response, Stop};

/// A stream that ended by itself this soon may have had to give way.
const SOON: Duration = Duration::from_millis(1_300);

/// So long a stream is silent that may have been forgotten.
const SILENT: Duration = Duration::from_secs(4);

/// So many pieces in a short time make a stream lively.
const LIVELY: usize = 4;

/// What became of a stream.
enum Fate {
    /// It ended.
    Ended,
    /// So many times something came.
    GoesOn(usize),
}

impl Prober {
    /// What happens to a stream that was alone, twice in a row: `ends when another comes`, `ends when another leaves` or
    /// `falls silent when another leaves`. `None` if nothing of that kind does, or the stream is quiet by itself.
    pub(super) async fn fate(&self, connect: &Observation) -> Option<String> {
        let stream = connect.stream("stream").ok()?;
        if self.may_repeat(connect.probe).is_some() || !is_suspicious(stream) {
            return None;
        }
        let first = self.come_and_go(true).await?;
        let second = self.come_and_go(false).await?;
        (first == second).then(|| first.to_owned())
    }

    /// Opens a stream alone, then another one, and leaves that.
    async fn come_and_go(&self, look_longer: bool) -> Option<&'static str> {
        let mut alone = self.lonely(look_longer).await?;
        let rules = briefly(self.brief(), 1);
        let other = self.wire_get("other", |_| {}, Some(&rules)).await;
        other.exchange.response().ok()?;
        let moment = self.brief() / 4;
        if matches!(listen(&mut *alone, moment).await, Fate::Ended) {
            return Some("ends when another comes");
        }
        drop(other);
        match listen(&mut *alone, self.brief()).await {
            Fate::Ended => Some("ends when another leaves"),
            Fate::GoesOn(0) => Some("falls silent when another leaves"),
            Fate::GoesOn(_) => None,
        }
    }

    /// A lively stream that was alone for a while. To look `longer` is to see first that such a stream is lively for as long as all of this takes.
    async fn lonely(&self, longer: bool) -> Option<Box<dyn Socket>> {
        let open = async || {
            self.until_noticed().await;
            let rules = briefly(self.brief(), usize::MAX);
            let wire = self.wire_get("alone", |_| {}, Some(&rules)).await;
            let Answer::Response(response) = &wire.exchange.answer else {
                return None;
            };
            let lively =
                response.body.arrivals.len() >= LIVELY && response.end == End::Left(Stop::Time);
            wire.socket.filter(|_| lively)
        };
        if longer {
            let mut first = open().await?;
            for time in [self.brief() / 2, self.brief()] {
                let Fate::GoesOn(1..) = listen(&mut *first, time).await else {
                    return None;
                };
            }
        }
        open().await
    }
}

fn is_suspicious(stream: &Response) -> bool {
    let last = stream.body.arrivals.last().map_or(0, |last| last.at);
    let silent = Duration::from_micros(stream.ended_at.saturating_sub(last));
    match stream.end {
        End::Complete | End::Aborted(_) => Duration::from_micros(stream.ended_at) <= SOON,
        End::Left(Stop::Time) => last > 0 && silent >= SILENT,
        End::Left(_) | End::TargetDied => false,
    }
}

/// Reads from `socket` for so long.
async fn listen(socket: &mut dyn Socket, time: Duration) -> Fate {
    let until = Instant::now() + time;
    let mut buffer = [0; 4096];
    let mut pieces = 0;
    loop {
        match timeout_at(until, socket.read(&mut buffer)).await {
            Err(_) => return Fate::GoesOn(pieces),
            Ok(Ok(1..)) if Instant::now() < until => pieces += 1,
            Ok(Ok(1..)) => return Fate::GoesOn(pieces + 1),
            Ok(Ok(0) | Err(_)) => return Fate::Ended,
        }
    }
}
