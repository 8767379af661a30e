use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;
use std::io::{self, ErrorKind, Read};

use crate::event::OwnedEvent;
use crate::read_error::ReadError;
use crate::stream::EventStream;

/// The events that come from a [`Read`], as an iterator. It reads into a buffer of 8 KiB of its own.
///
/// # Examples
///
/// ```
/// use sse_parser::{EventStream, Events, Limits};
///
/// let response: &[u8] = b"data: a\n\ndata: b\n\n"; // or a socket, or the body of a response
/// let events = Events::new(response, EventStream::with_limits(Limits::default()));
/// let data: Result<Vec<_>, _> = events.map(|event| event.map(|event| event.data)).collect();
/// assert_eq!(data?, ["a", "b"]);
/// # Ok::<(), sse_parser::ReadError<std::io::Error>>(())
/// ```
#[derive(Debug)]
pub struct Events<R> {
    reader: R,
    stream: EventStream,
    buffer: Vec<u8>,
    /// What of the buffer was read and not parsed yet.
    unread: Range<usize>,
}

const BUFFER: usize = 8 * 1024;

impl<R: Read> Events<R> {
    /// Events of what the reader gives, with the limits and the last event ID of the stream.
    pub fn new(reader: R, stream: EventStream) -> Self {
        Self {
            reader,
            stream,
            buffer: vec![0; BUFFER],
            unread: 0..0,
        }
    }

    /// The stream, for its last event ID and its reconnection time.
    pub const fn stream(&self) -> &EventStream {
        &self.stream
    }

    /// Ends it, and gives the stream back for the next connection.
    pub fn into_stream(mut self) -> EventStream {
        self.stream.finish();
        self.stream
    }

    fn read(&mut self) -> io::Result<usize> {
        loop {
            match self.reader.read(&mut self.buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

impl<R: Read> Iterator for Events<R> {
    type Item = Result<OwnedEvent, ReadError<io::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (event, rest) = self.stream.first_event(&self.buffer[self.unread.clone()]);
            self.unread.start = self.unread.end - rest.len();
            if let Some(event) = event {
                return Some(event.map_err(ReadError::from));
            }
            match self.read() {
                Ok(0) => {
                    self.stream.finish();
                    return None;
                }
                Ok(read) => self.unread = 0..read,
                Err(error) => return Some(Err(ReadError::Source(error))),
            }
        }
    }
}
