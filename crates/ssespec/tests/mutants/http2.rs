//! The same replies in HTTP/2, frame by frame: a library would refuse to send what is broken here.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::reply::{End, Reply, Request, Step};
use crate::server::Shared;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PRIORITY: u8 = 32;

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
    let mut open = HashMap::new();
    while let Ok((kind, flags, stream, mut payload)) = receive(&mut reading).await {
        match kind {
            SETTINGS if flags & ACK == 0 => {
                let _ = frames.send((SETTINGS, ACK, 0, Vec::new())).await;
            }
            PING if flags & ACK == 0 => {
                let _ = frames.send((PING, ACK, 0, payload)).await;
            }
            GOAWAY => break,
            RST_STREAM => {
                if let Some(task) = open.remove(&stream) {
                    AbortHandle::abort(&task);
                }
            }
            HEADERS => {
                if flags & PRIORITY != 0 {
                    payload.drain(..5);
                }
                let fields = decoder.decode(&payload).expect("the client's header block");
                let mut request = request(fields);
                let reply = shared.reply(&mut request);
                let opened = shared.opened();
                let frames = frames.clone();
                let task = streams.spawn(async move {
                    play(&frames, stream, &reply).await;
                    drop(opened);
                });
                open.insert(stream, task);
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
        number: 0,
        others: 0,
    }
}

async fn play(frames: &mpsc::Sender<Frame>, stream: u32, reply: &Reply) {
    tokio::time::sleep(reply.delay).await;
    let mut fields = vec![(b":status".to_vec(), reply.status.to_string().into_bytes())];
    for (name, value) in &reply.headers {
        // As it is: upper case is one of the things to be found.
        fields.push((name.clone().into_bytes(), value.clone()));
    }
    let block = fluke_hpack::Encoder::new()
        .encode(fields.iter().map(|(name, value)| (&name[..], &value[..])));
    let bodiless = reply.body.is_empty() && reply.end == End::Complete;
    let end = if bodiless { END_STREAM } else { 0 };
    let _ = frames
        .send((HEADERS, END_HEADERS | end, stream, block))
        .await;
    if bodiless {
        return;
    }
    for step in &reply.body {
        match step {
            Step::Wait(pause) => tokio::time::sleep(*pause).await,
            Step::Send(bytes) => {
                let _ = frames.send((DATA, 0, stream, bytes.clone())).await;
            }
        }
    }
    match reply.end {
        End::Open | End::Silent => std::future::pending().await,
        End::Complete => {
            let _ = frames.send((DATA, END_STREAM, stream, Vec::new())).await;
        }
        // INTERNAL_ERROR
        End::Abort => {
            let _ = frames.send((RST_STREAM, 0, stream, vec![0, 0, 0, 2])).await;
        }
    }
}
