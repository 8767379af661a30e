use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::event::OwnedEvent;
use crate::read_error::ReadError;
use crate::stream::EventStream;

pin_project! {
    /// The events of a `Stream` of chunks, as a `Stream`.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures_util::{StreamExt, stream};
    /// use sse_parser::{EventStream, StreamOfEvents};
    ///
    /// # futures_util::FutureExt::now_or_never(async {
    /// let chunks = stream::iter([Ok::<_, std::io::Error>("data: a\n\nda"), Ok("ta: b\n\n")]);
    /// let mut events = StreamOfEvents::new(chunks, EventStream::new());
    /// assert_eq!(events.next().await.unwrap()?.data, "a");
    /// assert_eq!(events.next().await.unwrap()?.data, "b");
    /// assert!(events.next().await.is_none());
    /// # Ok::<(), sse_parser::ReadError<std::io::Error>>(())
    /// # }).unwrap()?;
    /// # Ok::<(), sse_parser::ReadError<std::io::Error>>(())
    /// ```
    #[derive(Debug)]
    pub struct StreamOfEvents<S, B> {
        #[pin]
        chunks: S,
        stream: EventStream,
        // The chunk that is being parsed, and how much of it is left.
        chunk: Option<(B, usize)>,
    }
}

impl<S: Stream<Item = Result<B, E>>, B: AsRef<[u8]>, E> StreamOfEvents<S, B> {
    /// Events of these chunks, with the limits and the last event ID of the stream.
    pub const fn new(chunks: S, stream: EventStream) -> Self {
        Self {
            chunks,
            stream,
            chunk: None,
        }
    }

    /// The stream, for its last event ID and its reconnection time.
    pub const fn stream(&self) -> &EventStream {
        &self.stream
    }
}

impl<S: Stream<Item = Result<B, E>>, B: AsRef<[u8]>, E> Stream for StreamOfEvents<S, B> {
    type Item = Result<OwnedEvent, ReadError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            if let Some((chunk, left)) = this.chunk {
                let chunk = chunk.as_ref();
                let unread = &chunk[chunk.len() - *left..];
                let (event, rest) = this.stream.first_event(unread);
                *left = rest.len();
                if let Some(event) = event {
                    return Poll::Ready(Some(event.map_err(ReadError::from)));
                }
            }
            *this.chunk = match ready!(this.chunks.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) => {
                    let left = chunk.as_ref().len();
                    Some((chunk, left))
                }
                Some(Err(error)) => {
                    *this.chunk = None;
                    return Poll::Ready(Some(Err(ReadError::Source(error))));
                }
                None => {
                    this.stream.finish();
                    return Poll::Ready(None);
                }
            };
        }
    }
}
