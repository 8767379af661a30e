//! Thousands of readers in one thread: they look for the number of the event in whatever comes, and do nothing else.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

const REQUEST: &[u8] =
    b"GET /events HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\ncache-control: no-cache\r\n\r\n";

/// A server that does not answer for so long is not measured.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Readers {
    poll: Poll,
    events: Events,
    sockets: Vec<Reader>,
    buffer: Vec<u8>,
}

struct Reader {
    socket: TcpStream,
    /// What came since what was looked for came last; nearly always empty, because an event comes in one piece.
    rest: Vec<u8>,
}

impl Readers {
    /// Connects them, and waits until each has got the head of its response.
    pub(crate) fn connect(address: SocketAddr, readers: usize) -> io::Result<Self> {
        let mut all = Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            sockets: Vec::with_capacity(readers),
            buffer: vec![0; 16 * 1024],
        };
        while all.sockets.len() < readers {
            // In groups, so that no backlog overflows.
            let from = all.sockets.len();
            for nth in from..readers.min(from + 100) {
                let mut socket = std::net::TcpStream::connect(address)?;
                socket.write_all(REQUEST)?;
                socket.set_nonblocking(true)?;
                let mut socket = TcpStream::from_std(socket);
                let registry = all.poll.registry();
                registry.register(&mut socket, Token(nth), Interest::READABLE)?;
                all.sockets.push(Reader {
                    socket,
                    rest: Vec::new(),
                });
            }
            let group = all.sockets.len() - from;
            all.wait_for(b"\r\n\r\n", group)?;
        }
        Ok(all)
    }

    /// Waits until so many of them have got the text, and gives when the last one had.
    pub(crate) fn wait_for(&mut self, text: &[u8], readers: usize) -> io::Result<Instant> {
        let mut missing = readers;
        while missing > 0 {
            self.poll.poll(&mut self.events, Some(PATIENCE))?;
            if self.events.is_empty() {
                let reason = format!("{missing} of {readers} readers got nothing for 60 s");
                return Err(io::Error::other(reason));
            }
            for event in &self.events {
                let reader = &mut self.sockets[event.token().0];
                missing -= usize::from(reader.read(&mut self.buffer, text)?);
            }
        }
        Ok(now())
    }
}

impl Reader {
    /// Reads what there is; whether the text has come with it.
    fn read(&mut self, buffer: &mut [u8], text: &[u8]) -> io::Result<bool> {
        let mut found = false;
        loop {
            let read = match self.socket.read(buffer) {
                Ok(0) => return Err(io::Error::other("a stream has ended")),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(found),
                Err(error) => return Err(error),
            };
            if self.rest.is_empty() && contains(&buffer[..read], text) {
                found = true;
            } else {
                self.rest.extend_from_slice(&buffer[..read]);
                if contains(&self.rest, text) {
                    found = true;
                    self.rest = Vec::new();
                }
            }
            if read < buffer.len() {
                return Ok(found);
            }
        }
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

#[expect(clippy::disallowed_methods, reason = "a bench has a clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
