use alloc::boxed::Box;
use core::error::Error;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame};

use crate::body::{BodyError, EventBody, IntoFrame};
use crate::comment::KEEP_ALIVE;

/// An [`EventBody`] that is never silent for longer than its timer; made by [`EventBody::keep_alive`].
#[must_use = "a body does nothing until it is sent"]
pub struct KeptAlive<S, F, T> {
    events: EventBody<S>,
    timer: F,
    /// `None` while the last frame may still be on its way: the silence begins when there is nothing to send.
    silence: Pin<Box<Option<T>>>,
}

impl<S, F, T> KeptAlive<S, F, T> {
    pub(crate) fn new(events: EventBody<S>, timer: F) -> Self {
        Self {
            events,
            timer,
            silence: Box::pin(None),
        }
    }

    fn poll_bytes<I, E>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>>
    where
        S: Stream<Item = Result<I, E>>,
        I: IntoFrame,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: FnMut() -> T,
        T: Future<Output = ()>,
    {
        if let Poll::Ready(frame) = self.events.poll_bytes(cx) {
            self.silence.set(None);
            return Poll::Ready(frame);
        }
        if self.silence.is_none() {
            self.silence.set(Some((self.timer)()));
        }
        match self
            .silence
            .as_mut()
            .as_pin_mut()
            .map(|timer| timer.poll(cx))
        {
            Some(Poll::Ready(())) => {
                self.silence.set(None);
                Poll::Ready(Some(Ok(Bytes::from_static(KEEP_ALIVE))))
            }
            _ => Poll::Pending,
        }
    }
}

impl<S, F, T, I, E> Body for KeptAlive<S, F, T>
where
    S: Stream<Item = Result<I, E>>,
    I: IntoFrame,
    E: Into<Box<dyn Error + Send + Sync>>,
    F: FnMut() -> T + Unpin,
    T: Future<Output = ()>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.get_mut().poll_bytes(cx).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.events.is_finished()
    }
}

impl<S, F, T, I, E> Stream for KeptAlive<S, F, T>
where
    S: Stream<Item = Result<I, E>>,
    I: IntoFrame,
    E: Into<Box<dyn Error + Send + Sync>>,
    F: FnMut() -> T + Unpin,
    T: Future<Output = ()>,
{
    type Item = Result<Bytes, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_bytes(cx)
    }
}

impl<S: fmt::Debug, F, T> fmt::Debug for KeptAlive<S, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptAlive")
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
