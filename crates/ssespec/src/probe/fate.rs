//! What a stream does when another one comes and goes. Asked only where the stream that was watched ended at once or fell silent, and with a stream
//! that was alone before; where that one brings nothing either, the time at which the first one fell silent has to tell.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout_at};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use super::wire::Socket;
use crate::arrivals::one_after_the_other;
use crate::observation::{Answer, End, Observation, Response, Stop};

/// A stream that ended by itself this soon may have had to give way.
const SOON: Duration = Duration::from_millis(1_300);

/// So long a stream is silent that may have been forgotten.
const SILENT: Duration = Duration::from_secs(4);

/// So many pieces in a short time make a stream lively.
const LIVELY: usize = 4;

/// The fact that says when another stream was left for the first time, in microseconds after the request for the one that was watched.
pub(super) const FIRST_LEFT: &str = "first-left";

/// The fate of a stream that a client which left took with it, together with all others.
pub(crate) const FOR_EVER: &str =
    "fell silent when another one was left, and nothing came to anybody from then on";

/// So many pieces in so long a time, in microseconds, came one after the other.
const HABIT: usize = 3;
const ONE_BY_ONE: u64 = 100_000;

/// How exactly times can be told, in microseconds.
const ABOUT: u64 = 50_000;

/// The shortest silence that is one, in microseconds.
const SILENCE: u64 = 1_000_000;

/// What became of a stream.
enum Fate {
    /// It ended.
    Ended,
    /// So many times something came.
    GoesOn(usize),
}

impl Prober {
    /// What happens to a stream that was alone, twice in a row: `ends when another comes`, `ends when another leaves` or
    /// `falls silent when another leaves`; or [`FOR_EVER`]. `None` if nothing of that kind does, or the stream is quiet by itself.
    pub(super) async fn fate(&self, connect: &Observation) -> Option<String> {
        let stream = connect.stream("stream").ok()?;
        let first_left = connect.facts.get(FIRST_LEFT);
        let first_left = first_left.and_then(|micros| micros.parse().ok());
        let stops = first_left.is_some_and(|left| stops_when(stream, left));
        if self.may_repeat(connect.probe).is_some() || !(stops || is_suspicious(stream)) {
            return None;
        }
        if stops && self.nothing_comes().await {
            return Some(FOR_EVER.to_owned());
        }
        let first = self.come_and_go(true).await?;
        let second = self.come_and_go(false).await?;
        (first == second).then(|| first.to_owned())
    }

    /// Whether nothing but what is there already comes to a new client.
    async fn nothing_comes(&self) -> bool {
        let rules = briefly(self.brief(), usize::MAX);
        let since = self.ask(Ask::stream("since", self), Some(&rules)).await;
        let response = since.response().ok();
        response.is_some_and(|response| {
            response.is_event_stream() && one_after_the_other(&times(response)) <= 1
        })
    }

    /// Opens a stream alone, then another one, and leaves that.
    async fn come_and_go(&self, look_longer: bool) -> Option<&'static str> {
        let (mut alone, lively) = self.lonely(look_longer).await?;
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
            Fate::GoesOn(0) if lively => Some("falls silent when another leaves"),
            Fate::GoesOn(_) => None,
        }
    }

    /// A stream that was alone for a while and did not end, and whether it is lively. To look `longer` is to see first that such a stream goes on for as
    /// long as all of this takes.
    async fn lonely(&self, longer: bool) -> Option<(Box<dyn Socket>, bool)> {
        let open = async || {
            self.until_noticed().await;
            let rules = briefly(self.brief(), usize::MAX);
            let wire = self.wire_get("alone", |_| {}, Some(&rules)).await;
            let Answer::Response(response) = &wire.exchange.answer else {
                return None;
            };
            let lively = response.body.arrivals.len() >= LIVELY;
            let goes_on = response.end == End::Left(Stop::Time);
            let socket = wire.socket.filter(|_| goes_on)?;
            Some((socket, lively))
        };
        if longer {
            let (mut first, lively) = open().await?;
            for time in [self.brief() / 2, self.brief()] {
                match listen(&mut *first, time).await {
                    Fate::GoesOn(1..) => {}
                    Fate::GoesOn(0) if !lively => {}
                    _ => return None,
                }
            }
        }
        open().await
    }
}

/// When something came, in microseconds.
fn times(stream: &Response) -> Vec<u64> {
    let arrivals = stream.body.arrivals.iter();
    arrivals.map(|arrival| arrival.at).collect()
}

/// Whether a stream that had brought one piece after the other brought none any more from about the time on at which another one was `left`, in
/// microseconds. The first piece that the server writes to who has left may still get through to all.
fn stops_when(stream: &Response, left: u64) -> bool {
    let times = times(stream);
    let before = &times[..times.partition_point(|at| *at <= left)];
    let gap = before.windows(2).map(|pair| pair[1] - pair[0]).max();
    let (Some(gap), Some(last)) = (gap, times.last()) else {
        return false;
    };
    let silent = stream.ended_at.saturating_sub(*last);
    before.len() >= HABIT
        && before[before.len() - 1] - before[0] >= ONE_BY_ONE
        && left <= last + gap + ABOUT
        && *last <= left + 2 * gap + ABOUT
        && stream.end == End::Left(Stop::Time)
        && silent >= SILENCE.max(10 * gap)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::Evidence;

    #[test]
    fn who_falls_silent_when_another_one_leaves_is_told_from_who_only_falls_silent() {
        let stops = |times: &[u64]| {
            let event = |stream: Evidence, at: &u64| stream.then(b"data: a\n\n", *at);
            let stream = times.iter().fold(Evidence::of(b""), event);
            let Answer::Response(mut stream) = stream.exchange().answer else {
                panic!("no response");
            };
            stream.ended_at = 3_000_000;
            stops_when(&stream, 400_000)
        };
        assert!(stops(&[100, 200, 300, 400]));
        assert!(stops(&[100, 200, 300, 400, 500]));
        assert!(!stops(&[100, 200, 300, 400, 500, 600, 700]), "later");
        assert!(!stops(&[50, 100, 150, 200]), "before");
        assert!(!stops(&[400, 401, 402]), "a history");
        assert!(!stops(&[100, 200, 300, 400, 2_900]), "it goes on");
    }
}
