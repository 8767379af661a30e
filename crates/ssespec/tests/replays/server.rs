//! A replay endpoint that can be broken: it reads a script and writes it with an encoder of its own.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::wrong_encoder::{Answer, Has, write};

/// A running endpoint; dropping it ends it.
pub(crate) struct Server {
    pub(crate) url: url::Url,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(traits: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let traits = Arc::new(Has::new(traits.iter().copied()));
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).expect("a TCP socket");
                let traits = Arc::clone(&traits);
                connections.spawn(async move {
                    let _left = connection(socket, &traits).await;
                });
            }
        });
        let url = format!("http://{address}/replay");
        Self {
            url: url.parse().expect("an address makes a URL"),
            accepting,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Request {
    get: bool,
    last_id: Option<String>,
    script: Vec<Value>,
}

async fn connection(mut socket: TcpStream, traits: &Has) -> std::io::Result<()> {
    let Some(request) = read(&mut socket).await? else {
        return Ok(());
    };
    if request.get && traits.has("no GET") {
        return socket.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    }
    let answers: Vec<_> = request
        .script
        .iter()
        .enumerate()
        .map(|(index, step)| write(traits, index, step))
        .collect();
    if traits.has("422")
        && answers
            .iter()
            .any(|answer| matches!(answer, Answer::Refused))
    {
        return socket.write_all(b"HTTP/1.1 422 Unprocessable Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    }
    let status = if traits.has("status 500") {
        "500 Internal Server Error"
    } else {
        "200 OK"
    };
    let content_type = if traits.has("text/plain") {
        "text/plain"
    } else {
        "text/event-stream"
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await?;
    let mut out = Out {
        socket,
        held: Vec::new(),
        hold: traits.has("holds everything back"),
        bytewise: traits.has("byte by byte"),
    };
    if traits.has("own start") {
        out.put(b"retry:2000\n\n: hi\n\n").await?;
    }
    if traits.has("byte order mark") {
        out.put(b"\xEF\xBB\xBF").await?;
    }
    let skipped = skipped(traits, &request);
    let last = answers.len().saturating_sub(1);
    for (index, (step, answer)) in request.script.iter().zip(answers).enumerate().skip(skipped) {
        if request.get && traits.has("GET loses the last step") && index == last {
            continue;
        }
        if let Some(silence) = step.get("wait_ms").and_then(Value::as_u64) {
            wait(traits, &mut out, silence).await?;
            continue;
        }
        let mut bytes = match answer {
            Answer::Written(bytes) => bytes,
            Answer::Refused => told(
                "ssespec-refused",
                index + usize::from(traits.has("counts from 1")),
            ),
            Answer::Unsupported => told("ssespec-unsupported", index),
            Answer::Panics => return Ok(()),
        };
        if traits.has("no last blank line") && index == last {
            bytes.pop();
        }
        if traits.has("doubles events") && index % 7 == 3 {
            bytes = bytes.repeat(2);
        }
        out.put(&bytes).await?;
    }
    out.release().await?;
    if traits.has("never ends") {
        sleep(Duration::from_secs(60)).await;
    }
    if !traits.has("no last chunk") {
        out.socket.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

async fn wait(traits: &Has, out: &mut Out, silence: u64) -> std::io::Result<()> {
    if traits.has("does not wait") {
        return Ok(());
    }
    if traits.has("keep-alives") || traits.has("keep-alive in a block") {
        let half = Duration::from_millis(silence / 2);
        sleep(half).await;
        out.put(b": keep-alive\n\n").await?;
        sleep(half).await;
        return Ok(());
    }
    sleep(Duration::from_millis(silence)).await;
    Ok(())
}

fn told(name: &str, index: usize) -> Vec<u8> {
    format!("event: {name}\ndata: {index}\n\n").into_bytes()
}

/// How many steps are skipped for the `Last-Event-ID`.
fn skipped(traits: &Has, request: &Request) -> usize {
    let missing = traits.has("missing is empty").then_some("");
    let Some(last_id) = request
        .last_id
        .as_deref()
        .or(missing)
        .filter(|_| !traits.has("ignores Last-Event-ID"))
    else {
        return 0;
    };
    let is_it = |step: &Value| step.get("id").and_then(Value::as_str) == Some(last_id);
    let place = if traits.has("first of two ids") {
        request.script.iter().position(is_it)
    } else {
        request.script.iter().rposition(is_it)
    };
    match place {
        Some(at) if traits.has("resumes at the id") => at,
        Some(at) if traits.has("resumes one too far") => at + 2,
        Some(at) => at + 1,
        None if traits.has("nothing on an unknown id") => request.script.len(),
        None => 0,
    }
}

struct Out {
    socket: TcpStream,
    held: Vec<u8>,
    hold: bool,
    bytewise: bool,
}

impl Out {
    async fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.hold {
            self.held.extend_from_slice(bytes);
            return Ok(());
        }
        if self.bytewise {
            for byte in bytes {
                self.chunk(&[*byte]).await?;
            }
            return Ok(());
        }
        self.chunk(bytes).await
    }

    async fn release(&mut self) -> std::io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.chunk(&held).await
    }

    async fn chunk(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.socket.write_all(&chunk).await
    }
}

async fn read(socket: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let head = loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            break end;
        }
        if socket.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let header = |name: &str| {
        let lines = text.split("\r\n");
        lines
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    };
    let length: usize = header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or_default();
    while bytes.len() < head + 4 + length {
        if socket.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    let get = text.starts_with("GET ");
    let body = if get {
        let target = text.split(' ').nth(1).unwrap_or_default();
        let (_, script) = target.split_once("?script=").unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.decode(script).unwrap_or_default()
    } else {
        bytes[head + 4..].to_vec()
    };
    let Ok(json) = serde_json::from_slice::<Value>(&body) else {
        return Ok(None);
    };
    Ok(Some(Request {
        get,
        last_id: header("last-event-id"),
        script: json
            .get("script")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default(),
    }))
}
