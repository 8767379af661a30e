use std::io;

use bytes::{Buf as _, BytesMut};
use tokio_util::codec::Decoder;

use crate::event::OwnedEvent;
use crate::read_error::ReadError;
use crate::stream::EventStream;

/// For `FramedRead` of [`tokio_util::codec`]. Nothing of an unfinished event stays in the buffer of that.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use sse_parser::EventStream;
/// use tokio_util::codec::Decoder;
///
/// let mut decoder = EventStream::new();
/// let mut buffer = BytesMut::from("data: a\n\ndata: b");
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap().data, "a");
/// assert!(decoder.decode(&mut buffer)?.is_none());
/// assert!(buffer.is_empty());
/// # Ok::<(), sse_parser::ReadError<std::io::Error>>(())
/// ```
impl Decoder for EventStream {
    type Item = OwnedEvent;
    type Error = ReadError<io::Error>;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<OwnedEvent>, Self::Error> {
        let (event, rest) = self.first_event(buffer);
        let taken = buffer.len() - rest.len();
        buffer.advance(taken);
        Ok(event.transpose()?)
    }

    /// What is not dispatched at the end is discarded, which is no error.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<OwnedEvent>, Self::Error> {
        let event = self.decode(buffer)?;
        if event.is_none() {
            self.finish();
        }
        Ok(event)
    }
}
