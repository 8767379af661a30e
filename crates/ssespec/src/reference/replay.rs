//! The replay endpoint of the built-in target: what a script asks for, written with `sse-encoder`.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use sse_encoder::{EncodeError, Event};
use sse_fixtures::ScriptStep;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::script::{REFUSED, Script};

/// The longest script that is read, in bytes (4 MiB).
const LONGEST: usize = 4 << 20;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A replay endpoint on a free port of the loopback. It ends when the task is aborted.
pub(super) async fn start() -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let accepting = async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _late = socket.set_nodelay(true);
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _left = server
                    .serve_connection(TokioIo::new(socket), service_fn(respond))
                    .await;
            });
        }
    };
    Ok((address, tokio::spawn(accepting)))
}

async fn respond(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let last_id = request.headers().get("last-event-id");
    let last_id = last_id.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let script = match *request.method() {
        Method::POST => Limited::new(request.into_body(), LONGEST)
            .collect()
            .await
            .ok()
            .map(|body| body.to_bytes().to_vec()),
        _ => request.uri().query().and_then(in_query),
    };
    let script = script.and_then(|json| Script::from_json(std::str::from_utf8(&json).ok()?));
    let Some(script) = script else {
        let why =
            Full::from("write a script: POST it as JSON, or GET ?script= with it in base64url\n");
        let mut response = Response::new(why.boxed_unsync());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let frames = play(script, last_id).map(|bytes| Ok(Frame::data(bytes)));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(sse_encoder::CONTENT_TYPE),
    );
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-transform"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn in_query(query: &str) -> Option<Vec<u8>> {
    let script = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("script="))?;
    BASE64_URL_SAFE_NO_PAD.decode(script).ok()
}

/// The bytes of one step after the other; what stands up to the last step with the id is left out.
fn play(script: Script, last_id: Option<String>) -> impl Stream<Item = Bytes> {
    let id_of = |step: &ScriptStep| match step {
        ScriptStep::Event { id, .. } => id.clone(),
        _ => None,
    };
    let skipped = match last_id {
        Some(last) => script
            .steps
            .iter()
            .rposition(|step| id_of(step).as_ref() == Some(&last)),
        None => None,
    };
    let steps = script
        .steps
        .into_iter()
        .enumerate()
        .skip(skipped.map_or(0, |at| at + 1));
    stream::iter(steps)
        .then(async |(index, step)| {
            if let ScriptStep::Wait(silence) = step {
                sleep(silence).await;
                return Bytes::new();
            }
            encode(&step).unwrap_or_else(|_| {
                let refused = Event::new()
                    .event(REFUSED)
                    .data(&index.to_string())
                    .to_bytes();
                refused.expect("a number is one line")
            })
        })
        .filter(|bytes| std::future::ready(!bytes.is_empty()))
}

fn encode(step: &ScriptStep) -> Result<Bytes, EncodeError> {
    let mut out = Vec::new();
    match step {
        ScriptStep::Event {
            event,
            id,
            retry,
            data,
        } => {
            let mut written = Event::new();
            if let Some(event) = event {
                written = written.event(event);
            }
            if let Some(id) = id {
                written = written.id(id);
            }
            if let Some(retry) = retry {
                written = written.retry(std::time::Duration::from_millis(*retry));
            }
            if let Some(data) = data {
                written = written.data(data);
            }
            written.encode_into(&mut out)?;
        }
        ScriptStep::Comment(comment) => sse_encoder::comment_into(comment, &mut out)?,
        ScriptStep::Wait(_) => {}
    }
    Ok(out.into())
}
