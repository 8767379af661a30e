//! One connection: which of the two HTTP implementations serves it.

use std::convert::Infallible;
use std::io::Cursor;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, join, split};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::body::{Events, ResponseBody};
use crate::http1::{Head, Writer, read_head};
use crate::hub::Hub;

/// A client that has not asked for anything in so long is hung up on.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Answers what is not the name of a topic.
pub(crate) type Fallback = Arc<
    dyn Fn(Request<Incoming>) -> Pin<Box<dyn Future<Output = Response<ResponseBody>> + Send>>
        + Send
        + Sync,
>;

/// What all connections of a server share.
#[derive(Clone)]
pub(crate) struct Serving {
    pub(crate) hub: Hub,
    pub(crate) page: Option<Bytes>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) stopping: watch::Receiver<()>,
    pub(crate) tasks: TaskTracker,
}

impl Serving {
    /// Looks at the first request, and leaves the connection to a task that needs no more than it has to.
    pub(crate) async fn serve<T>(mut self, mut io: T, watcher: Watcher)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut seen = Vec::new();
        let head = tokio::select! {
            head = timeout(PATIENCE, read_head(&mut io, &mut seen)) => head,
            _ = self.stopping.changed() => return,
        };
        let Ok(Ok(head)) = head else {
            return;
        };
        let tasks = self.tasks.clone();
        if let Head::Get(request) = head
            && let Some(response) = self.stream(&request)
        {
            // A client that leaves in the middle of a stream is an error there and nothing out of the ordinary.
            tasks.spawn(Writer::new(io, request.version, response));
        } else {
            tasks.spawn(self.leave_to_hyper(io, seen, watcher));
        }
    }

    /// The response to this request, if it is a stream.
    fn stream(&self, request: &request::Parts) -> Option<Response<Events>> {
        let (parts, body) = self.hub.respond(request).into_parts();
        let ResponseBody::Events(events) = body else {
            return None;
        };
        Some(Response::from_parts(parts, events.until(&self.stopping)))
    }

    async fn leave_to_hyper<T>(self, io: T, seen: Vec<u8>, watcher: Watcher)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (reader, writer) = split(io);
        let io = TokioIo::new(join(Cursor::new(seen).chain(reader), writer));
        let service = service_fn(move |request: Request<Incoming>| {
            let this = self.clone();
            async move { Ok::<_, Infallible>(this.respond(request).await) }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new());
        builder.http2().timer(TokioTimer::new());
        let connection = builder.serve_connection(io, service).into_owned();
        let _left = watcher.watch(connection).await;
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        let for_topic = self.hub.asked_for(request.uri()).is_some();
        let response = match (self.page_for(&request), &self.fallback) {
            (Some(page), _) if !for_topic => page,
            (None, Some(fallback)) if !for_topic => fallback(request).await,
            _ => self.hub.respond(&request.into_parts().0),
        };
        response.map(|body| match body {
            ResponseBody::Events(events) => ResponseBody::Events(events.until(&self.stopping)),
            other => other,
        })
    }

    fn page_for(&self, request: &Request<Incoming>) -> Option<Response<ResponseBody>> {
        let asked =
            request.uri().path() == "/" && [Method::GET, Method::HEAD].contains(request.method());
        let page = self.page.clone().filter(|_| asked)?;
        let mut response = Response::new(ResponseBody::Text(Some(page)));
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, html);
        Some(response)
    }
}
