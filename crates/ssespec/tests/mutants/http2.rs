//! The same replies in HTTP/2, frame by frame: a library would refuse to send what is broken here.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use crate::reply::{Deaf, End, Reply, Request, Step};
use crate::server::Shared;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PRIORITY: u8 = 32;

/// The setting that says how much may be sent on each stream at first, and what that is without it.
const INITIAL_WINDOW_SIZE: u16 = 4;
const USUAL_WINDOW: usize = 65_535;
/// The error code of a stream that was not looked at.
const REFUSED_STREAM: u8 = 7;
const INTERNAL_ERROR: u8 = 2;
const NO_ERROR: u8 = 0;

/// A GOAWAY of a server that means to end and takes streams still: the greatest number of one, and no error.
const SOON: [u8; 8] = [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0];

type Frame = (u8, u8, u32, Vec<u8>);

/// Serves a connection whose preface has been read up to its first blank line.
pub(crate) async fn serve(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    read_ahead: Vec<u8>,
    shared: Arc<Shared>,
) {
    let (reading, mut writing) = tokio::io::split(socket);
    let mut reading = std::io::Cursor::new(read_ahead).chain(reading);
    let (frames, mut to_write) = mpsc::channel::<Frame>(64);
    let writer = tokio::spawn(async move {
        while let Some((kind, flags, stream, payload)) = to_write.recv().await {
            let length = u32::try_from(payload.len()).expect("a short payload");
            let mut frame = length.to_be_bytes()[1..].to_vec();
            frame.extend([kind, flags]);
            frame.extend(stream.to_be_bytes());
            frame.extend(payload);
            if writing.write_all(&frame).await.is_err() {
                return;
            }
        }
        let _ = writing.shutdown().await;
    });
    let _ = frames.send((SETTINGS, 0, 0, Vec::new())).await;
    // What is left of the preface: SM and its blank line.
    let mut rest = [0; 6];
    if reading.read_exact(&mut rest).await.is_err() {
        return;
    }
    let mut decoder = fluke_hpack::Decoder::new();
    let mut streams = JoinSet::new();
    let mut open: HashMap<u32, (Arc<Semaphore>, AbortHandle)> = HashMap::new();
    let mut first_window = USUAL_WINDOW;
    let line = Arc::new(Line {
        window: Semaphore::new(USUAL_WINDOW),
        turn: Mutex::new(()),
    });
    let mut deaf = Deaf::No;
    loop {
        let (kind, flags, stream, mut payload) = match receive(&mut reading).await {
            Ok(frame) => frame,
            Err(error) if deaf.to(&error) => std::future::pending().await,
            Err(_) => break,
        };
        match kind {
            SETTINGS if flags & ACK == 0 => {
                for setting in payload.chunks_exact(6) {
                    if setting[..2] == INITIAL_WINDOW_SIZE.to_be_bytes() {
                        first_window = number(&setting[2..]);
                    }
                }
                let _ = frames.send((SETTINGS, ACK, 0, Vec::new())).await;
            }
            PING if flags & ACK == 0 => {
                let _ = frames.send((PING, ACK, 0, payload)).await;
            }
            GOAWAY => break,
            WINDOW_UPDATE if stream == 0 => line.window.add_permits(number(&payload)),
            WINDOW_UPDATE => {
                if let Some((window, _)) = open.get(&stream) {
                    window.add_permits(number(&payload));
                }
            }
            RST_STREAM if deaf != Deaf::ToCancels => {
                if let Some((_, task)) = open.remove(&stream) {
                    task.abort();
                }
            }
            HEADERS => {
                if flags & PRIORITY != 0 {
                    payload.drain(..5);
                }
                let fields = decoder.decode(&payload).expect("the client's header block");
                let mut request = request(fields);
                request.siblings = streams.len();
                let (reply, mut opened) = shared.answer(&mut request);
                deaf = reply.deaf;
                let window = Arc::new(Semaphore::new(first_window));
                let sending = Sending {
                    frames: frames.clone(),
                    stream,
                    window: Arc::clone(&window),
                    line: Arc::clone(&line),
                };
                if reply.counts_on {
                    std::mem::forget(opened.take());
                }
                let task = streams.spawn(async move {
                    sending.play(&reply).await;
                    drop(opened);
                });
                open.insert(stream, (window, task));
            }
            _ => {}
        }
    }
    streams.abort_all();
    drop(frames);
    let _ = writer.await;
}

async fn receive(reading: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Frame> {
    let mut head = [0; 9];
    reading.read_exact(&mut head).await?;
    let [high, middle, low, kind, flags, a, b, c, d] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
    reading.read_exact(&mut payload).await?;
    Ok((
        kind,
        flags,
        u32::from_be_bytes([a & 0x7f, b, c, d]),
        payload,
    ))
}

fn request(fields: Vec<(Vec<u8>, Vec<u8>)>) -> Request {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let field = |wanted: &[u8]| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| text(value)).unwrap_or_default()
    };
    Request {
        method: field(b":method"),
        target: field(b":path"),
        version: "HTTP/2".to_owned(),
        headers: fields
            .iter()
            .map(|(name, value)| (text(name), value.clone()))
            .collect(),
        spelling: Vec::new(),
        number: 0,
        others: 0,
        siblings: 0,
    }
}

/// The number that four bytes are.
fn number(bytes: &[u8]) -> usize {
    let bytes = bytes.first_chunk().expect("four bytes");
    u32::from_be_bytes(*bytes) as usize
}

/// What the streams of a connection share.
struct Line {
    window: Semaphore,
    /// Whose turn it is, where they wait for each other.
    turn: Mutex<()>,
}

/// One stream that is played.
struct Sending {
    frames: mpsc::Sender<Frame>,
    stream: u32,
    window: Arc<Semaphore>,
    line: Arc<Line>,
}

impl Sending {
    async fn play(&self, reply: &Reply) {
        let _place = match reply.alone {
            true => Some(self.line.turn.lock().await),
            false => None,
        };
        tokio::time::sleep(reply.delay).await;
        if reply.raw.is_some() {
            match reply.end {
                End::Abort => self.reset(REFUSED_STREAM).await,
                _ => std::future::pending().await,
            }
            return;
        }
        let mut fields = vec![(b":status".to_vec(), reply.status.to_string().into_bytes())];
        for (name, value) in &reply.headers {
            // As it is: upper case is one of the things to be found.
            fields.push((name.clone().into_bytes(), value.clone()));
        }
        let block = fluke_hpack::Encoder::new()
            .encode(fields.iter().map(|(name, value)| (&name[..], &value[..])));
        let bodiless = reply.body.is_empty() && reply.end == End::Complete;
        let end = if bodiless { END_STREAM } else { 0 };
        let mut body = &reply.body[..];
        if reply.head_with_body {
            while let Some((Step::Wait(pause), rest)) = body.split_first() {
                tokio::time::sleep(*pause).await;
                body = rest;
            }
        }
        self.send(HEADERS, END_HEADERS | end, block).await;
        if reply.goodbye {
            let _ = self.frames.send((GOAWAY, 0, 0, SOON.to_vec())).await;
        }
        if bodiless {
            return;
        }
        for step in body {
            match step {
                Step::Wait(pause) => tokio::time::sleep(*pause).await,
                Step::Send(bytes) => self.data(reply, bytes).await,
            }
        }
        match reply.end {
            End::Open | End::Silent => std::future::pending().await,
            End::Complete => self.send(DATA, END_STREAM, Vec::new()).await,
            End::Abort => self.reset(INTERNAL_ERROR).await,
            End::KindAbort => self.reset(NO_ERROR).await,
        }
    }

    /// Sends `bytes` as far as the windows allow it.
    async fn data(&self, reply: &Reply, bytes: &[u8]) {
        let turn = match reply.in_line {
            true => Some(self.line.turn.lock().await),
            false => None,
        };
        for piece in bytes.chunks(LONGEST_PIECE) {
            let length = u32::try_from(piece.len()).expect("a short piece");
            if !reply.pushy {
                for window in [&*self.window, &self.line.window] {
                    let taken = window.acquire_many(length).await;
                    taken.expect("a window is never closed").forget();
                }
            }
            self.send(DATA, 0, piece.to_vec()).await;
        }
        drop(turn);
    }

    async fn reset(&self, code: u8) {
        self.send(RST_STREAM, 0, vec![0, 0, 0, code]).await;
    }

    async fn send(&self, kind: u8, flags: u8, payload: Vec<u8>) {
        let _ = self.frames.send((kind, flags, self.stream, payload)).await;
    }
}

/// The most bytes in one frame.
const LONGEST_PIECE: usize = 16_384;
