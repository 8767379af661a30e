//! Streams over HTTP/1, written by hand: a connection that only waits for events holds a few hundred bytes, and an event is written to all
//! of them from the same memory, with its frame. Whatever else comes over HTTP/1 is left to hyper.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::{Buf, Bytes};
use http::header::{CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request, Response, Version, request};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::body::Events;

/// A longer head is left to hyper, which has a limit of its own.
const MOST_HEAD: usize = 16 * 1024;

/// More headers are left to hyper.
const MOST_HEADERS: usize = 64;

/// How many events are written at once, if so many wait.
const MOST_AT_ONCE: usize = 64;

/// The head of a first request.
pub(crate) enum Head {
    /// A plain GET without a body over HTTP/1, which may be for a stream.
    Get(Box<request::Parts>),
    /// Anything else.
    Other,
}

/// Reads the head of the first request; what was read is in `seen`.
pub(crate) async fn read_head(
    io: &mut (impl AsyncRead + Unpin),
    seen: &mut Vec<u8>,
) -> io::Result<Head> {
    loop {
        if io.read_buf(seen).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match parse(seen) {
            Some(head) => return Ok(head),
            None if seen.len() >= MOST_HEAD => return Ok(Head::Other),
            None => {}
        }
    }
}

/// `None` if there is more to come.
fn parse(seen: &[u8]) -> Option<Head> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(seen) {
        Ok(httparse::Status::Partial) => None,
        // Bytes behind it are another request, which hyper knows how to handle.
        Ok(httparse::Status::Complete(length)) if length == seen.len() => {
            Some(get(&parsed).map_or(Head::Other, |request| Head::Get(Box::new(request))))
        }
        _ => Some(Head::Other),
    }
}

fn get(parsed: &httparse::Request<'_, '_>) -> Option<request::Parts> {
    if parsed.method? != Method::GET.as_str() {
        return None;
    }
    let mut request = Request::get(parsed.path?)
        .version(match parsed.version? {
            0 => Version::HTTP_10,
            _ => Version::HTTP_11,
        })
        .body(())
        .ok()?
        .into_parts()
        .0;
    for header in &*parsed.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(header.value).ok()?;
        request.headers.append(name, value);
    }
    let has_body = [CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT]
        .iter()
        .any(|name| request.headers.contains_key(name));
    (!has_body).then_some(request)
}

/// Writes a stream until it ends or the client leaves.
pub(crate) struct Writer<T> {
    io: T,
    events: Events,
    /// HTTP/1.0 has no chunks; there the end of the connection is the end of the stream.
    chunked: bool,
    unsent: VecDeque<Bytes>,
    flushed: bool,
    ended: bool,
}

impl<T> Writer<T> {
    pub(crate) fn new(io: T, version: Version, response: Response<Events>) -> Self {
        let chunked = version == Version::HTTP_11;
        let (parts, events) = response.into_parts();
        let mut head = format!("{version:?} {}\r\n", parts.status).into_bytes();
        for (name, value) in &parts.headers {
            head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        if chunked {
            head.extend(b"transfer-encoding: chunked\r\nconnection: close\r\n");
        }
        head.extend(format!("date: {}\r\n\r\n", httpdate::fmt_http_date(now())).as_bytes());
        Self {
            io,
            events,
            chunked,
            unsent: VecDeque::from([head.into()]),
            flushed: false,
            ended: false,
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Writer<T> {
    /// Ready when the client has left; what it still sends is thrown away.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); 64];
        loop {
            let mut read = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Gives whether it should be called again when these are written; if not, there will be a wake-up.
    fn take_events(&mut self, cx: &mut Context<'_>) -> bool {
        while self.unsent.len() < MOST_AT_ONCE && !self.ended {
            match self.events.poll_piece(cx) {
                Poll::Ready(Some(piece)) => {
                    self.unsent.push_back(if self.chunked {
                        piece.chunk()
                    } else {
                        piece.plain()
                    });
                    if self.events.is_up_to_date() {
                        return false;
                    }
                }
                Poll::Ready(None) => {
                    self.ended = true;
                    if self.chunked {
                        self.unsent.push_back(Bytes::from_static(b"0\r\n\r\n"));
                    }
                }
                Poll::Pending => return false,
            }
        }
        !self.ended
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(first) = self.unsent.front() {
            self.flushed = false;
            let mut written = if self.unsent.len() == 1 {
                ready!(Pin::new(&mut self.io).poll_write(cx, first))?
            } else {
                let slices: Vec<_> = self
                    .unsent
                    .iter()
                    .map(|bytes| IoSlice::new(bytes))
                    .collect();
                ready!(Pin::new(&mut self.io).poll_write_vectored(cx, &slices))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            while let Some(first) = self.unsent.front_mut() {
                let step = written.min(first.len());
                first.advance(step);
                written -= step;
                if first.has_remaining() {
                    break;
                }
                self.unsent.pop_front();
            }
        }
        if !self.flushed {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for Writer<T> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Poll::Ready(left) = this.poll_left(cx) {
            return Poll::Ready(left);
        }
        let mut more = true;
        loop {
            ready!(this.poll_write(cx))?;
            more = more && this.take_events(cx);
            if this.unsent.is_empty() {
                // What a burst needed is not kept through the silence.
                if this.unsent.capacity() > 4 {
                    this.unsent = VecDeque::new();
                }
                if this.ended {
                    return Pin::new(&mut this.io).poll_shutdown(cx);
                }
                return Poll::Pending;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a response has a date")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_get_without_a_body_is_taken() {
        for (text, expected) in [
            ("GET /a HTTP/1.1\r\nhost: x\r\n", None),
            ("GET /a HTTP/1.1\r\nhost: x\r\n\r\n", Some(true)),
            ("GET /a HTTP/1.0\r\n\r\n", Some(true)),
            ("GET http://x/a HTTP/1.1\r\nhost: x\r\n\r\n", Some(true)),
            ("GET /a HTTP/1.1\r\nhost: x\r\n\r\nGET /b", Some(false)),
            ("GET /a HTTP/1.1\r\ncontent-length: 0\r\n\r\n", Some(false)),
            (
                "GET /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n",
                Some(false),
            ),
            (
                "GET /a HTTP/1.1\r\nexpect: 100-continue\r\n\r\n",
                Some(false),
            ),
            ("HEAD /a HTTP/1.1\r\nhost: x\r\n\r\n", Some(false)),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Some(false)),
            ("\u{16}\u{3}\u{1}", Some(false)),
            ("GET /a\r\n", Some(false)),
        ] {
            let taken = parse(text.as_bytes()).map(|head| matches!(head, Head::Get(_)));
            assert_eq!(taken, expected, "{text:?}");
        }
    }
}
