//! The publish call of the built-in target: topics that are there as soon as somebody asks for them.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde::Deserialize;
use sse_encoder::Event;
use sse_server::{BoxError, Hub};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::hub::{self, Behaviour, Ids, Publish, Replay};

/// The longest event that is taken, in bytes (1 MiB).
const LONGEST: usize = 1 << 20;

/// What is published.
#[derive(Deserialize)]
struct Published {
    event: Option<String>,
    data: String,
    retry: Option<u64>,
}

/// Topics of `hub` that are read with GET and published to with POST, on a free port of the loopback. It ends when the task is aborted.
pub(super) async fn start(hub: Hub) -> io::Result<(hub::Hub, JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/{{topic}}", listener.local_addr()?);
    let accepting = async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _late = socket.set_nodelay(true);
            let hub = hub.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |request| respond(hub.clone(), request));
                let server = auto::Builder::new(TokioExecutor::new());
                let _left = server.serve_connection(TokioIo::new(socket), answer).await;
            });
        }
    };
    let described = hub::Hub {
        subscribe: url.clone(),
        publish: Publish {
            method: "POST".to_owned(),
            url,
            headers: std::collections::BTreeMap::new(),
            body: Some(r#"{"event": "{event}", "data": "{data}", "retry": {retry}}"#.to_owned()),
            form: None,
        },
        behaviour: Behaviour {
            ids: Some(Ids::Server),
            replay: Some(Replay::SinceId),
            capabilities: ["event", "retry", "keep-alive"].map(str::to_owned).to_vec(),
        },
        topic: "published".to_owned(),
    };
    Ok((described, tokio::spawn(accepting)))
}

async fn respond(
    hub: Hub,
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, BoxError>>, Infallible> {
    let topic = hub.topic(request.uri().path().trim_start_matches('/'));
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        let streamed = hub.respond(&parts);
        return Ok(streamed.map(|body| body.boxed_unsync()));
    }
    let content = Limited::new(body, LONGEST).collect().await;
    let content = content
        .map(|content| content.to_bytes())
        .unwrap_or_default();
    let published = serde_json::from_slice(&content).is_ok_and(|published: Published| {
        let mut event = Event::new().data(&published.data);
        if let Some(event_type) = &published.event {
            event = event.event(event_type);
        }
        if let Some(retry) = published.retry {
            event = event.retry(Duration::from_millis(retry));
        }
        topic.publish(event).is_ok()
    });
    let mut response = Response::new(Full::default().map_err(BoxError::from).boxed_unsync());
    *response.status_mut() = match published {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::BAD_REQUEST,
    };
    Ok(response)
}
