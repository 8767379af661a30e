use alloc::boxed::Box;
use core::error::Error;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame};

use crate::check::Checked;
use crate::error::EncodeError;
use crate::event::Event;
use crate::keep_alive::KeptAlive;
use crate::owned::OwnedEvent;

/// A response body made of a stream of events: one frame for each, sent as soon as the stream gives it.
///
/// It is a [`Body`] for hyper, axum and whatever else is built on the `http-body` crate, and a [`Stream`] of [`Bytes`] for
/// frameworks that ask for one, such as actix-web. The items of the stream are `Result`s of anything that is
/// [`IntoFrame`]. An error of the stream, and an event that is refused, end the body with that error, which makes the
/// server cut the connection: check events early where that would be too late.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use futures_util::{StreamExt, stream};
/// use http_body_util::BodyExt;
/// use sse_encoder::{EventBody, OwnedEvent};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
///
/// let ticks = stream::iter(1..=2).map(|tick| {
///     Ok::<_, Infallible>(OwnedEvent { data: Some(tick.to_string()), ..OwnedEvent::default() })
/// });
/// let body = BodyExt::collect(EventBody::new(ticks)).await?;
/// assert_eq!(body.to_bytes(), "data: 1\n\ndata: 2\n\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a body does nothing until it is sent"]
pub struct EventBody<S> {
    /// `None` after the end or an error, so that a finished stream is not asked again.
    events: Option<Pin<Box<S>>>,
}

impl<S> EventBody<S> {
    /// A body that ends when the stream ends.
    pub fn new(events: S) -> Self {
        Self {
            events: Some(Box::pin(events)),
        }
    }

    /// Sends a [`KEEP_ALIVE`](crate::KEEP_ALIVE) whenever a timer runs out before the next event.
    ///
    /// `timer` makes a new timer after each frame, with whatever runtime there is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use futures_util::stream;
    /// # use sse_encoder::{Event, EventBody};
    /// # use std::{convert::Infallible, time::Duration};
    /// # let events = stream::pending::<Result<Event<'static>, Infallible>>();
    /// let body = EventBody::new(events).keep_alive(|| tokio::time::sleep(Duration::from_secs(15)));
    /// ```
    pub fn keep_alive<F, T>(self, timer: F) -> KeptAlive<S, F, T>
    where
        F: FnMut() -> T,
        T: Future<Output = ()>,
    {
        KeptAlive::new(self, timer)
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.events.is_none()
    }

    pub(crate) fn poll_bytes<I, E>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>>
    where
        S: Stream<Item = Result<I, E>>,
        I: IntoFrame,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let Some(events) = &mut self.events else {
            return Poll::Ready(None);
        };
        let frame = match ready!(events.as_mut().poll_next(cx)) {
            None => None,
            Some(Ok(item)) => Some(item.into_frame().map_err(BodyError::Refused)),
            Some(Err(error)) => Some(Err(BodyError::Stream(error.into()))),
        };
        if !matches!(frame, Some(Ok(_))) {
            self.events = None;
        }
        Poll::Ready(frame)
    }
}

impl<S, I, E> Body for EventBody<S>
where
    S: Stream<Item = Result<I, E>>,
    I: IntoFrame,
    E: Into<Box<dyn Error + Send + Sync>>,
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
        self.is_finished()
    }
}

impl<S, I, E> Stream for EventBody<S>
where
    S: Stream<Item = Result<I, E>>,
    I: IntoFrame,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Item = Result<Bytes, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_bytes(cx)
    }
}

/// What an [`EventBody`] can send: an event, or [`Bytes`] that were encoded before, which are shared and not copied.
pub trait IntoFrame {
    /// Gives the bytes of one frame.
    ///
    /// # Errors
    ///
    /// A value that cannot be expressed: see [`EncodeError`].
    fn into_frame(self) -> Result<Bytes, EncodeError>;
}

impl IntoFrame for Event<'_> {
    fn into_frame(self) -> Result<Bytes, EncodeError> {
        self.to_bytes()
    }
}

impl IntoFrame for Checked<'_> {
    fn into_frame(self) -> Result<Bytes, EncodeError> {
        Ok(self.to_bytes())
    }
}

impl IntoFrame for OwnedEvent {
    fn into_frame(self) -> Result<Bytes, EncodeError> {
        self.as_event().to_bytes()
    }
}

/// Whole events only; what is not the encoding of an event is sent as it is.
impl IntoFrame for Bytes {
    fn into_frame(self) -> Result<Bytes, EncodeError> {
        Ok(self)
    }
}

/// Why an [`EventBody`] ended before its stream did.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// An event could not be expressed.
    Refused(EncodeError),
    /// The stream gave an error instead of an event.
    Stream(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused(_) => "an event cannot be sent as it is",
            Self::Stream(_) => "the stream of events failed",
        })
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Stream(error) => Some(error.as_ref()),
        }
    }
}
