//! A connection in HTTP/2 by hand: its frames, put together as far as a probe needs them.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::header::Header;
use crate::observation::Failure;
use crate::probe::wire::Socket;

/// <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The longest frame that a peer may send us, in bytes: the initial value of `SETTINGS_MAX_FRAME_SIZE`.
const LONGEST_FRAME: usize = 16_384;
/// The length and kind, flags and stream in front of each frame, in bytes.
const FRAME_HEAD: usize = 9;
/// What may be sent to a server that has not said otherwise, in bytes: <https://www.rfc-editor.org/rfc/rfc9113#section-6.9.2>.
const FIRST_WINDOW: usize = 65_535;
/// The frame with which a client gives up stream 1, and not its connection: RST_STREAM with CANCEL.
pub(in crate::probe) const CANCEL: [u8; 13] =
    [0, 0, 4, kind::RST_STREAM, 0, 0, 0, 0, 1, 0, 0, 0, 8];
/// The window of the connection, in bytes (16 MiB): far more than is read of it.
const CONNECTION_WINDOW: u32 = 16 << 20;

mod kind {
    pub(super) const DATA: u8 = 0;
    pub(super) const HEADERS: u8 = 1;
    pub(super) const RST_STREAM: u8 = 3;
    pub(super) const SETTINGS: u8 = 4;
    pub(super) const PING: u8 = 6;
    pub(super) const GOAWAY: u8 = 7;
    pub(super) const WINDOW_UPDATE: u8 = 8;
    pub(super) const CONTINUATION: u8 = 9;
}

mod flag {
    pub(super) const ACK: u8 = 1;
    pub(super) const END_STREAM: u8 = 1;
    pub(super) const END_HEADERS: u8 = 4;
    pub(super) const PADDED: u8 = 8;
    pub(super) const PRIORITY: u8 = 32;
}

mod setting {
    pub(super) const ENABLE_PUSH: u16 = 2;
    pub(super) const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub(super) const INITIAL_WINDOW_SIZE: u16 = 4;
}

/// A header list as it came.
pub(super) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// What came on a stream.
pub(super) struct Incoming {
    pub(super) stream: u32,
    pub(super) what: What,
    /// Whether nothing more comes on it.
    pub(super) ended: bool,
}

pub(super) enum What {
    /// A header list that is no interim one: that of the response, or trailers.
    Fields(Fields),
    /// A piece of the body, and how much of the window it took, in bytes.
    Data(Vec<u8>, u32),
    /// The server reset the stream, with this error code.
    Reset(u32),
}

/// A connection whose preface has been sent.
pub(super) struct Connection {
    socket: Box<dyn Socket>,
    encoder: fluke_hpack::Encoder<'static>,
    decoder: fluke_hpack::Decoder<'static>,
    /// What was read and is not a whole frame yet. Reading goes on where it was when somebody stopped waiting for it.
    unread: Vec<u8>,
    /// How many streams the server takes at the same time, once it has said so.
    most_streams: Option<u32>,
    /// The last of our streams.
    last_stream: u32,
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Connection {
    /// Begins a connection on `socket`. With a `window`, each stream begins with that much of one, in bytes, instead of 65,535.
    pub(super) async fn begin(
        socket: Box<dyn Socket>,
        window: Option<u32>,
    ) -> Result<Self, Failure> {
        let mut connection = Self {
            socket,
            encoder: fluke_hpack::Encoder::new(),
            decoder: fluke_hpack::Decoder::new(),
            unread: Vec::new(),
            most_streams: None,
            last_stream: 0,
        };
        connection.write(PREFACE).await?;
        let window = window.map(|window| (setting::INITIAL_WINDOW_SIZE, window));
        let mut settings = Vec::new();
        // What is pushed would have a header list of its own.
        for (id, value) in [(setting::ENABLE_PUSH, 0)].into_iter().chain(window) {
            settings.extend(id.to_be_bytes());
            settings.extend(value.to_be_bytes());
        }
        connection.send(kind::SETTINGS, 0, 0, &settings).await?;
        connection.grant(0, CONNECTION_WINDOW).await?;
        Ok(connection)
    }

    /// Sends a request with the content `body` on `stream`, an odd number.
    pub(super) async fn request(
        &mut self,
        stream: u32,
        headers: &[Header],
        body: &[u8],
    ) -> Result<(), Failure> {
        if body.len() > FIRST_WINDOW {
            let why = format!("content of more than {FIRST_WINDOW} bytes is not sent by hand");
            return Err(Failure::Protocol(why));
        }
        self.last_stream = stream;
        let fields = headers
            .iter()
            .map(|header| (header.name.as_bytes(), header.value.as_slice()));
        let block = self.encoder.encode(fields);
        let end = |last: bool| if last { flag::END_STREAM } else { 0 };
        let flags = flag::END_HEADERS | end(body.is_empty());
        self.send(kind::HEADERS, flags, stream, &block).await?;
        let pieces = body.chunks(LONGEST_FRAME);
        let count = pieces.len();
        for (number, piece) in (1..).zip(pieces) {
            let flags = end(number == count);
            self.send(kind::DATA, flags, stream, piece).await?;
        }
        Ok(())
    }

    /// What lies below, on which nothing more is sent.
    pub(super) fn into_socket(self) -> Box<dyn Socket> {
        self.socket
    }

    /// Lets the server send so many bytes more on `stream`, or with 0 on the connection.
    pub(super) async fn grant(&mut self, stream: u32, bytes: u32) -> Result<(), Failure> {
        self.send(kind::WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes())
            .await
    }

    /// How many streams the server takes at the same time: waits for its settings, which come first.
    pub(super) async fn most_streams(&mut self) -> Result<Option<u32>, Failure> {
        let first = self.receive().await?;
        if first.kind != kind::SETTINGS {
            return Err(Failure::Protocol(
                "the connection does not begin with SETTINGS".to_owned(),
            ));
        }
        self.answer(&first).await?;
        Ok(self.most_streams)
    }

    /// What comes next on any stream; what concerns the connection is answered on the way. Whoever stops waiting for it loses nothing.
    pub(super) async fn next(&mut self) -> Result<Incoming, Failure> {
        loop {
            let frame = self.receive().await?;
            let ended = frame.flags & flag::END_STREAM != 0;
            let stream = frame.stream;
            let (what, ended) = match frame.kind {
                kind::HEADERS => {
                    let fields = self.fields(&frame).await?;
                    let interim = fields
                        .iter()
                        .any(|(name, value)| name == b":status" && value.starts_with(b"1"));
                    if interim {
                        continue;
                    }
                    (What::Fields(fields), ended)
                }
                kind::DATA => {
                    let length = u32::try_from(frame.payload.len()).unwrap_or(u32::MAX);
                    (What::Data(unpadded(&frame), length), ended)
                }
                kind::RST_STREAM => (What::Reset(code(&frame.payload)), true),
                _ => {
                    self.answer(&frame).await?;
                    continue;
                }
            };
            return Ok(Incoming {
                stream,
                what,
                ended,
            });
        }
    }

    /// Does what a frame about the connection asks for.
    async fn answer(&mut self, frame: &Frame) -> Result<(), Failure> {
        match frame.kind {
            kind::SETTINGS if frame.flags & flag::ACK == 0 => {
                for setting in frame.payload.chunks_exact(6) {
                    let (id, value) = setting.split_at(2);
                    // https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2
                    if id == setting::ENABLE_PUSH.to_be_bytes() && code(value) != 0 {
                        return Err(Failure::Protocol(
                            "SETTINGS_ENABLE_PUSH is not 0, and a server must not set it"
                                .to_owned(),
                        ));
                    }
                    if id == setting::MAX_CONCURRENT_STREAMS.to_be_bytes() {
                        self.most_streams = Some(code(value));
                    }
                }
                self.send(kind::SETTINGS, flag::ACK, 0, &[]).await
            }
            kind::PING if frame.flags & flag::ACK == 0 => {
                self.send(kind::PING, flag::ACK, 0, &frame.payload).await
            }
            kind::GOAWAY => {
                let error = code(frame.payload.get(4..).unwrap_or_default());
                // A server that takes no more streams goes on with those that it has: https://www.rfc-editor.org/rfc/rfc9113#section-6.8
                if error == 0 && code(&frame.payload) >= self.last_stream {
                    return Ok(());
                }
                Err(Failure::Protocol(format!("GOAWAY with error code {error}")))
            }
            _ => Ok(()),
        }
    }

    /// The header list that begins with `frame`.
    async fn fields(&mut self, frame: &Frame) -> Result<Fields, Failure> {
        let mut block = unpadded(frame);
        if frame.flags & flag::PRIORITY != 0 {
            block.drain(..block.len().min(5));
        }
        let mut flags = frame.flags;
        while flags & flag::END_HEADERS == 0 {
            let more = self.receive().await?;
            if more.kind != kind::CONTINUATION || block.len() > 4 * LONGEST_FRAME {
                return Err(Failure::Protocol(
                    "the header block is not continued, or too long".to_owned(),
                ));
            }
            flags = more.flags;
            block.extend_from_slice(&more.payload);
        }
        self.decoder.decode(&block).map_err(|error| {
            Failure::Protocol(format!("the header block cannot be decoded: {error:?}"))
        })
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.socket
            .write_all(bytes)
            .await
            .map_err(|error| Failure::Protocol(error.to_string()))
    }

    async fn send(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &[u8],
    ) -> Result<(), Failure> {
        let length = u32::try_from(payload.len())
            .map_err(|_| Failure::Protocol("our frame is too long".to_owned()))?;
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend_from_slice(&[kind, flags]);
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.write(&frame).await
    }

    async fn receive(&mut self) -> Result<Frame, Failure> {
        loop {
            if let Some(&[high, middle, low, kind, flags, a, b, c, d]) =
                self.unread.first_chunk::<FRAME_HEAD>()
            {
                let length = u32::from_be_bytes([0, high, middle, low]) as usize;
                if self.unread.starts_with(b"HTTP/1.") {
                    let why = "an answer in HTTP/1 comes instead of frames";
                    return Err(Failure::Protocol(why.to_owned()));
                }
                if length > LONGEST_FRAME {
                    return Err(Failure::Protocol(format!(
                        "not HTTP/2, or a frame of {length} bytes"
                    )));
                }
                if self.unread.len() >= FRAME_HEAD + length {
                    let payload = self.unread.drain(..FRAME_HEAD + length);
                    return Ok(Frame {
                        kind,
                        flags,
                        stream: u32::from_be_bytes([a & 0x7f, b, c, d]),
                        payload: payload.skip(FRAME_HEAD).collect(),
                    });
                }
            }
            let broken = |error: std::io::Error| Failure::Protocol(error.to_string());
            if self
                .socket
                .read_buf(&mut self.unread)
                .await
                .map_err(broken)?
                == 0
            {
                return Err(Failure::Protocol("the connection was closed".to_owned()));
            }
        }
    }
}

/// The number that the first four bytes are.
fn code(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk()
        .map_or(0, |code| u32::from_be_bytes(*code))
}

/// The payload of a HEADERS or DATA frame without its padding.
fn unpadded(frame: &Frame) -> Vec<u8> {
    if frame.flags & flag::PADDED == 0 {
        return frame.payload.clone();
    }
    match frame.payload.split_first() {
        Some((&padding, rest)) => rest[..rest.len().saturating_sub(usize::from(padding))].to_vec(),
        None => Vec::new(),
    }
}
