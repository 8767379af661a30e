use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sse_encoder::{Event, KEEP_ALIVE};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Sleep, sleep};

use crate::settings::Settings;
use crate::topic::Leave;

/// The stream of one reader: a response body that ends when the topic is closed, the server stops or the reader is too slow.
pub struct Events {
    /// What is known to be sent: the reconnection time, and what was missed.
    ready: VecDeque<Bytes>,
    live: mpsc::Receiver<Bytes>,
    keep_alive: Duration,
    silence: Pin<Box<Sleep>>,
    stop: Option<Stop>,
    _leave: Leave,
}

/// Wakes the stream when the server stops.
type Stop = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl Events {
    pub(crate) fn new(
        settings: &Arc<Settings>,
        missed: VecDeque<Bytes>,
        live: mpsc::Receiver<Bytes>,
        leave: Leave,
    ) -> Self {
        let mut ready = missed;
        if let Some(retry) = settings.retry {
            let bytes = Event::new().retry(retry).to_bytes();
            ready.push_front(bytes.expect("a reconnection time can always be sent"));
        }
        Self {
            ready,
            live,
            keep_alive: settings.keep_alive,
            silence: Box::pin(sleep(settings.keep_alive)),
            stop: None,
            _leave: leave,
        }
    }

    /// Ends when `stopping` becomes true.
    pub(crate) fn until(mut self, mut stopping: watch::Receiver<bool>) -> Self {
        self.stop = Some(Box::pin(async move {
            // An error means that the server is gone altogether.
            let _stopped = stopping.wait_for(|stopping| *stopping).await;
        }));
        self
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        // First, because a busy topic is always ready. What is left unsent comes when the client is back.
        let stop = self.stop.as_mut();
        if stop.is_some_and(|stop| stop.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(None);
        }
        if let Some(bytes) = self.ready.pop_front() {
            return Poll::Ready(Some(bytes));
        }
        if let Poll::Ready(event) = self.live.poll_recv(cx) {
            return Poll::Ready(event);
        }
        self.silence
            .as_mut()
            .poll(cx)
            .map(|()| Some(Bytes::from_static(KEEP_ALIVE)))
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("ready", &self.ready.len())
            .field("live", &self.live.len())
            .finish_non_exhaustive()
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let polled = self.poll_bytes(cx);
        if let Poll::Ready(Some(_)) = polled {
            let next = now() + self.keep_alive;
            self.silence.as_mut().reset(next);
        }
        polled.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[expect(clippy::disallowed_methods, reason = "a keep-alive is about time")]
fn now() -> Instant {
    Instant::now()
}

/// The body of any response of a [`Hub`](crate::Hub).
#[derive(Debug)]
#[non_exhaustive]
pub enum ResponseBody {
    /// A stream of events.
    Events(Events),
    /// Nothing, in the place of a stream: the length is not zero but unknown, as HEAD has to say it.
    Head,
    /// A sentence, or nothing.
    Text(Option<Bytes>),
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Events(events) => Pin::new(events).poll_frame(cx),
            Self::Head => Poll::Ready(None),
            Self::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Events(_) | Self::Head => SizeHint::default(),
            Self::Text(text) => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Text(None))
    }
}
