//! The server of all mutants: it reads a request, asks a function for the reply, and plays it, byte by byte as the reply says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::http2;
use crate::reply::{Another, Deaf, End, Framing, GAP, Reply, Request, Step, control};

/// Changes the control's reply to a request.
pub(crate) type Change = fn(&Request, &mut Reply);

/// A running server; dropping it ends it.
pub(crate) struct Server {
    pub(crate) url: url::Url,
    accepting: JoinHandle<()>,
}

/// What its connections share.
pub(crate) struct Shared {
    change: Change,
    requests: AtomicUsize,
    /// The streams that are open, by the number of their request.
    open: std::sync::Mutex<Vec<usize>>,
    /// Whose turn it is to write, where they wait for each other.
    turn: Mutex<()>,
    /// How often a stream was ended by another one, or would have been.
    turns: watch::Sender<usize>,
}

/// Where the number of open streams is shown.
pub(crate) const GAUGE: &str = "/open";

/// What the system keeps for a client that does not read, in bytes (64 KiB): so little that a stream need not bring megabytes to fill it.
const SEND_BUFFER: u32 = 64 << 10;

/// Between two keep-alives of a stream that has nothing else to say.
const KEEP_ALIVE: Duration = Duration::from_millis(500);

impl Server {
    /// Starts one on a free port of the loopback.
    pub(crate) async fn start(change: Change) -> Self {
        Self::behind(None, change).await
    }

    /// The same behind TLS, if there is any.
    pub(crate) async fn behind(tls: Option<TlsAcceptor>, change: Change) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let address = "127.0.0.1:0".parse().expect("an address");
        let bound = socket
            .set_send_buffer_size(SEND_BUFFER)
            .and_then(|()| socket.bind(address));
        bound.expect("a free port");
        let listener = socket.listen(1_024).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            change,
            requests: AtomicUsize::new(0),
            open: std::sync::Mutex::new(Vec::new()),
            turn: Mutex::new(()),
            turns: watch::Sender::new(0),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let accepting = tokio::spawn(async move {
            // The connections end with the accepting task.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).expect("a TCP socket");
                let (tls, shared) = (tls.clone(), Arc::clone(&shared));
                connections.spawn(async move {
                    match tls {
                        None => connection(socket, shared).await,
                        // Whoever does not agree on a protocol has to go.
                        Some(tls) => {
                            if let Ok(socket) = tls.accept(socket).await {
                                connection(socket, shared).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            url: format!("{scheme}://{address}/events")
                .parse()
                .expect("an address makes a URL"),
            accepting,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    /// The reply to `request`, whose count and place it fills in; and that it is a stream, unless it is for the number of them.
    pub(crate) fn answer(self: &Arc<Self>, request: &mut Request) -> (Reply, Option<Opened>) {
        if request.target != GAUGE {
            request.number = self.requests.fetch_add(1, Ordering::Relaxed);
            let (others, opened) = self.opened(request.number);
            request.others = others;
            let mut reply = control(request);
            (self.change)(request, &mut reply);
            return (reply, Some(opened));
        }
        let mut reply = control(request);
        let open = self.open().len().to_string();
        reply.body = vec![Step::Send(open.into_bytes())];
        reply.ends();
        (reply, None)
    }

    /// How many streams were open, and one more that is for as long as this is held. Of two that come at the same time one is the first.
    fn opened(self: &Arc<Self>, number: usize) -> (usize, Opened) {
        let mut open = self.open();
        let others = open.len();
        open.push(number);
        (others, Opened(Arc::clone(self), number))
    }

    /// The numbers of the streams that are open.
    fn open(&self) -> std::sync::MutexGuard<'_, Vec<usize>> {
        self.open.lock().expect("nobody panics with it")
    }

    /// Whether the event that `bytes` hold is for the stream `number`, where each is for one of those that are open.
    fn is_dealt_to(&self, number: usize, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let id = text
            .strip_prefix("id: ")
            .and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
        let open = self.open();
        id.is_none_or(|id| open.get(id % open.len().max(1)) == Some(&number))
    }
}

/// A stream that is open.
pub(crate) struct Opened(Arc<Shared>, usize);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.open().retain(|number| *number != self.1);
    }
}

async fn connection(
    mut socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    shared: Arc<Shared>,
) {
    let mut buffer = Vec::new();
    while let Some(mut request) = read_request(&mut socket, &mut buffer).await {
        if request.version == "HTTP/2" {
            return http2::serve(socket, buffer, shared).await;
        }
        let (reply, opened) = shared.answer(&mut request);
        let deaf = reply.deaf;
        if reply.ended_by == Some(Another::Comes) {
            shared.turns.send_modify(|turns| *turns += 1);
        }
        let mut turn = shared.turns.subscribe();
        let mut any_turn = shared.turns.subscribe();
        let (mut reading, mut writing) = tokio::io::split(socket);
        let played = tokio::select! {
            played = play(&mut writing, &reply, &request, &shared) => played,
            () = left(&mut reading, deaf), if deaf != Deaf::ToAll => {
                if reply.counts_on {
                    std::mem::forget(opened);
                } else if !reply.lingers.is_zero() {
                    tokio::spawn(async move {
                        tokio::time::sleep(reply.lingers).await;
                        drop(opened);
                    });
                }
                if reply.ended_by == Some(Another::Leaves) || reply.dies {
                    shared.turns.send_modify(|turns| *turns += 1);
                }
                return;
            }
            () = ended(&mut turn), if reply.ended_by.is_some() => {
                let _ = write(&mut writing, b"0\r\n\r\n").await;
                let _ = writing.shutdown().await;
                return;
            }
            () = died(&mut any_turn), if reply.dies => return left(&mut reading, deaf).await,
        };
        drop(opened);
        socket = reading.unsplit(writing);
        if played.is_err()
            || reply.framing == Framing::Close
            || matches!(reply.end, End::Abort | End::KindAbort)
        {
            // A goodbye to the bytes that are still on their way.
            let _ = socket.shutdown().await;
            return;
        }
    }
}

/// Ends when another stream ends this one, and not before it has begun.
async fn ended(turn: &mut watch::Receiver<usize>) {
    tokio::time::sleep(3 * GAP).await;
    // The sender lives as long as the server.
    let _ = turn.changed().await;
}

/// Ends when a stream has been left, and not before there was a head.
async fn died(turn: &mut watch::Receiver<usize>) {
    tokio::time::sleep(GAP).await;
    let _ = turn.wait_for(|turns| *turns > 0).await;
}

/// Ends when the client has left.
async fn left(reading: &mut (impl AsyncRead + Unpin), deaf: Deaf) {
    let mut buffer = [0; 1024];
    loop {
        match reading.read(&mut buffer).await {
            Ok(1..) => {}
            Ok(0) if deaf == Deaf::ToEnds => std::future::pending().await,
            Err(_) if deaf == Deaf::ToResets => std::future::pending().await,
            Ok(0) | Err(_) => return,
        }
    }
}

/// Reads the head of a request and its content. `None` when the client has left.
async fn read_request(
    socket: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Option<Request> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break buffer.drain(..end + 4).collect::<Vec<u8>>();
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let version = words.next()?.replace("HTTP/2.0", "HTTP/2");
    let fields: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
    let spelling = fields.iter().map(|(name, _)| (*name).to_owned()).collect();
    let headers: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().as_bytes().to_vec()))
        .collect();
    let request = Request {
        method,
        target,
        version,
        headers,
        spelling,
        number: 0,
        others: 0,
        siblings: 0,
    };
    let length: usize = request
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or_default();
    while buffer.len() < length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    buffer.drain(..length);
    Some(request)
}

/// Plays `reply` in HTTP/1, to its end.
async fn play(
    writing: &mut (impl AsyncWrite + Unpin),
    reply: &Reply,
    request: &Request,
    shared: &Shared,
) -> std::io::Result<()> {
    let (http10, turn) = (request.version == "HTTP/1.0", &shared.turn);
    let _place = match reply.alone {
        true => Some(turn.lock().await),
        false => None,
    };
    tokio::time::sleep(reply.delay).await;
    let mut pending = match &reply.raw {
        Some(raw) => raw.clone(),
        None => head(reply, http10),
    };
    if !reply.head_with_body {
        write(writing, &std::mem::take(&mut pending)).await?;
    }
    let frame = |bytes: &[u8]| match reply.framing {
        Framing::Chunked => {
            let size = format!("{:x}\r\n", bytes.len());
            [size.as_bytes(), bytes, b"\r\n"].concat()
        }
        _ => bytes.to_vec(),
    };
    for step in &reply.body {
        match step {
            Step::Wait(pause) => tokio::time::sleep(*pause).await,
            Step::Send(bytes) if reply.dealt && !shared.is_dealt_to(request.number, bytes) => {}
            Step::Send(bytes) => {
                pending.extend(frame(bytes));
                let turn = match reply.in_line {
                    true => Some(turn.lock().await),
                    false => None,
                };
                write(writing, &std::mem::take(&mut pending)).await?;
                drop(turn);
            }
        }
    }
    match reply.end {
        End::Open => loop {
            tokio::time::sleep(KEEP_ALIVE).await;
            write(writing, &frame(b": keep-alive\n\n")).await?;
        },
        End::Silent => std::future::pending().await,
        End::Complete if reply.framing == Framing::Chunked => {
            write(writing, b"0\r\n\r\n").await?;
        }
        End::Complete | End::Abort | End::KindAbort => {}
    }
    Ok(())
}

async fn write(writing: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    writing.write_all(bytes).await?;
    writing.flush().await
}

fn head(reply: &Reply, http10: bool) -> Vec<u8> {
    let version = if http10 { "1.0" } else { "1.1" };
    let mut head = Vec::new();
    if reply.interim && !http10 {
        head.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
    }
    let status = format!("HTTP/{version} {} {}\r\n", reply.status, reply.reason);
    head.extend_from_slice(status.as_bytes());
    let mut field = |name: &str, value: &[u8]| {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    };
    for (name, value) in &reply.headers {
        field(name, value);
    }
    match reply.framing {
        Framing::Chunked => field("Transfer-Encoding", b"chunked"),
        Framing::Close => field("Connection", b"close"),
        Framing::Nothing => {}
    }
    head.extend_from_slice(b"\r\n");
    match String::from_utf8(head) {
        Ok(text) => (reply.head)(text).into_bytes(),
        Err(bytes) => bytes.into_bytes(),
    }
}
