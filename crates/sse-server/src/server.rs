use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::body::ResponseBody;
use crate::hub::Hub;

/// Serves a [`Hub`] over HTTP/1.0, HTTP/1.1 and HTTP/2 (without TLS, by prior knowledge) on one port.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stopping: watch::Sender<bool>,
    accepting: JoinHandle<GracefulShutdown>,
}

impl Server {
    /// Listens at once; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn bind(address: impl ToSocketAddrs, hub: Hub) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stopping, stopped) = watch::channel(false);
        Ok(Self {
            address,
            stopping,
            accepting: tokio::spawn(accept(listener, hub, stopped)),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, ends all streams behind a whole event, and waits until they are gone, at most for `patience`.
    ///
    /// Gives whether all of them were.
    pub async fn stop(mut self, patience: Duration) -> bool {
        self.stopping.send_replace(true);
        let accepting = &mut self.accepting;
        match accepting.await {
            Ok(connections) => timeout(patience, connections.shutdown()).await.is_ok(),
            Err(_) => false,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
        self.accepting.abort();
    }
}

/// Takes connections until the server stops, and gives those that are left.
async fn accept(
    listener: TcpListener,
    hub: Hub,
    mut stopped: watch::Receiver<bool>,
) -> GracefulShutdown {
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopping| *stopping) => return connections,
        };
        match accepted {
            Ok((socket, _)) => connect(socket, &hub, &stopped, &connections),
            // Out of file descriptors, mostly: what was accepted goes on, and some of it will end.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

fn connect(
    socket: TcpStream,
    hub: &Hub,
    stopped: &watch::Receiver<bool>,
    connections: &GracefulShutdown,
) {
    // An event must not wait for the acknowledgement of the one before. Without it the stream is late, not wrong.
    let _late = socket.set_nodelay(true);
    let (hub, stopped) = (hub.clone(), stopped.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let mut response = hub.respond(&request.into_parts().0);
        let stopped = stopped.clone();
        let body = std::mem::replace(response.body_mut(), ResponseBody::Head);
        *response.body_mut() = match body {
            ResponseBody::Events(events) => ResponseBody::Events(events.until(stopped)),
            other => other,
        };
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let connection = builder
        .serve_connection(TokioIo::new(socket), service)
        .into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        // A client that leaves in the middle of a stream is an error here and nothing out of the ordinary.
        let _left = connection.await;
    });
}
