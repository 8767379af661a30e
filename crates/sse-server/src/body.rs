use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use sse_encoder::KEEP_ALIVE;
use tokio::sync::watch;

use crate::metrics::count;
use crate::piece::{Encoded, Piece};
use crate::readers::Place;
use crate::topic::Inner;

static COMMENT: LazyLock<Encoded> = LazyLock::new(|| Encoded::new(KEEP_ALIVE));

/// The stream of one reader: a response body that ends when the topic is closed, the server stops or the reader is too slow.
pub struct Events {
    topic: Arc<Inner>,
    key: usize,
    place: Arc<Place>,
    /// How many comments of the topic it has seen.
    comments: u64,
    begun: bool,
    ended: bool,
    /// Whether there was nothing behind what it gave last. It is woken when there is, or when it has to end.
    up_to_date: bool,
    stopping: Option<watch::Receiver<()>>,
    #[cfg(feature = "gzip")]
    gzip: Option<Box<crate::gzip::Gzip>>,
}

impl Events {
    /// The events from this number on; those before `end` are there already.
    pub(crate) fn new(topic: Arc<Inner>, next: u64, end: u64) -> Self {
        let (key, place) = topic.readers.add(next, end);
        Self {
            comments: topic.silence.comments(),
            topic,
            key,
            place,
            begun: false,
            ended: false,
            up_to_date: false,
            stopping: None,
            #[cfg(feature = "gzip")]
            gzip: None,
        }
    }

    /// Ends when there is something new in `stopping`, for which it has to be woken.
    pub(crate) fn until(mut self, stopping: &watch::Receiver<()>) -> Self {
        self.stopping = Some(stopping.clone());
        self
    }

    /// Compresses the stream: each frame can be read when it is there.
    #[cfg(feature = "gzip")]
    pub(crate) fn gzip(mut self) -> Self {
        self.gzip = Some(Box::default());
        self
    }

    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.up_to_date = false;
        self.place.register(cx.waker());
        if self.is_over() {
            return self.end();
        }
        if !self.begun {
            self.begun = true;
            if let Some(retry) = self.topic.shared.retry.clone() {
                return self.send(&retry);
            }
        }
        // Before the log: what was published before the end still comes.
        let closed = self.topic.is_closed();
        let next = self.place.next();
        let (event, end) = {
            let log = self.topic.log();
            (log.get(next).cloned(), log.end())
        };
        if let Some(event) = event {
            self.place.advance(next + 1);
            self.up_to_date = next + 1 == end && !closed;
            let counters = &self.topic.shared.counters;
            count(&counters.delivered, 1);
            if next < self.place.came() {
                count(&counters.replayed, 1);
            }
            self.comments = self.topic.silence.comments();
            return self.send(&event);
        }
        if closed || next < end {
            // What it needs next is no longer kept, because it was slow with what it had missed.
            return self.end();
        }
        let comments = self.topic.silence.comments();
        if self.comments != comments {
            self.comments = comments;
            return self.send(&COMMENT);
        }
        Poll::Pending
    }

    /// Whether looking again before it is woken is in vain.
    pub(crate) const fn is_up_to_date(&self) -> bool {
        self.up_to_date
    }

    fn is_over(&self) -> bool {
        // What is left unsent comes when the client is back.
        let stopping = self.stopping.as_ref();
        self.place.is_let_go()
            || stopping.is_some_and(|stopping| stopping.has_changed().unwrap_or(true))
    }

    fn send(&mut self, encoded: &Encoded) -> Poll<Option<Piece>> {
        let piece = match () {
            #[cfg(feature = "gzip")]
            () if self.gzip.is_some() => self.gzip.as_mut().expect("it is there").next(encoded),
            () => encoded.plain().clone(),
        };
        count(&self.topic.shared.counters.bytes, piece.len() as u64);
        Poll::Ready(Some(piece))
    }

    fn end(&mut self) -> Poll<Option<Piece>> {
        self.ended = true;
        #[cfg(feature = "gzip")]
        if let Some(gzip) = &self.gzip {
            return Poll::Ready(Some(gzip.end()));
        }
        Poll::Ready(None)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.topic.readers.remove(self.key, &self.place);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("next", &self.place.next())
            .field("ended", &self.ended)
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
        self.poll_piece(cx)
            .map(|piece| piece.map(|piece| Ok(Frame::data(piece.plain()))))
    }
}

/// The body of any response of a [`Hub`](crate::Hub) or a [`Server`](crate::Server).
#[non_exhaustive]
pub enum ResponseBody {
    /// A stream of events.
    Events(Events),
    /// Nothing, in the place of a stream: the length is not zero but unknown, as HEAD has to say it.
    Head,
    /// A sentence, a page, or nothing.
    Text(Option<Bytes>),
    /// Any other body: see [`ResponseBody::other`].
    Other(UnsyncBoxBody<Bytes, BoxError>),
}

/// Why a body that is not of this crate ended early.
pub type BoxError = Box<dyn Error + Send + Sync>;

impl ResponseBody {
    /// A body that is not of this crate.
    pub fn other<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::Other(body.map_err(Into::into).boxed_unsync())
    }
}

impl From<&'static str> for ResponseBody {
    fn from(text: &'static str) -> Self {
        Self::Text(Some(Bytes::from_static(text.as_bytes())))
    }
}

impl From<String> for ResponseBody {
    fn from(text: String) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(events) => events.fmt(f),
            Self::Head => f.write_str("Head"),
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Other(_) => f.write_str("Other(..)"),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Events(events) => Pin::new(events)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Head => Poll::Ready(None),
            Self::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Self::Other(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Events(_) | Self::Head => SizeHint::default(),
            Self::Text(text) => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
            Self::Other(body) => body.size_hint(),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Events(_) | Self::Head => false,
            Self::Text(text) => text.is_none(),
            Self::Other(body) => body.is_end_stream(),
        }
    }
}
