use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs, lookup_host};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::body::ResponseBody;
use crate::connection::{Fallback, Serving};
use crate::hub::Hub;

/// How many connections may wait to be taken: after a restart everybody comes at once. The system may allow fewer.
const BACKLOG: u32 = 4096;

/// Serves a [`Hub`] over HTTP/1.0, HTTP/1.1 and HTTP/2 on one port: without TLS (HTTP/2 by prior knowledge) or with it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    hub: Hub,
    stopping: watch::Sender<()>,
    accepting: JoinHandle<GracefulShutdown>,
    tasks: TaskTracker,
}

/// What a [`Server`] does besides serving streams; made by [`Server::builder`].
#[must_use = "it does nothing until it is bound"]
pub struct Builder {
    hub: Hub,
    page: Option<Bytes>,
    fallback: Option<Fallback>,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::Tls>,
}

impl Builder {
    /// Answers a request for `/` with this page, in HTML and UTF-8, unless there is a topic without a name.
    pub fn page(mut self, html: impl Into<Bytes>) -> Self {
        self.page = Some(html.into());
        self
    }

    /// Answers the requests that are for no topic, and not for the [`page`](Self::page).
    pub fn fallback<F, A>(mut self, answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<ResponseBody>> + Send + 'static,
    {
        self.fallback = Some(Arc::new(move |request| Box::pin(answer(request))));
        self
    }

    /// Speaks nothing but TLS.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::tls::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Listens at once; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let listener = listen(address).await?;
        let address = listener.local_addr()?;
        let (stopping, stopped) = watch::channel(());
        let tasks = TaskTracker::new();
        let serving = Serving {
            hub: self.hub.clone(),
            page: self.page,
            fallback: self.fallback,
            stopping: stopped,
            tasks: tasks.clone(),
        };
        let listening = Listening {
            listener,
            serving,
            #[cfg(feature = "tls")]
            tls: self.tls,
        };
        Ok(Server {
            address,
            hub: self.hub,
            stopping,
            accepting: tokio::spawn(listening.accept()),
            tasks,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

impl Server {
    /// Serves the hub without TLS, and nothing else. Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn bind(address: impl ToSocketAddrs, hub: Hub) -> io::Result<Self> {
        Self::builder(hub).bind(address).await
    }

    /// A server of the hub that does something else as well.
    pub const fn builder(hub: Hub) -> Builder {
        Builder {
            hub,
            page: None,
            fallback: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
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
        self.end();
        let accepting = &mut self.accepting;
        let Ok(connections) = accepting.await else {
            return false;
        };
        self.tasks.close();
        let gone = async {
            connections.shutdown().await;
            self.tasks.wait().await;
        };
        timeout(patience, gone).await.is_ok()
    }

    fn end(&self) {
        self.stopping.send_replace(());
        self.hub.wake();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        self.accepting.abort();
    }
}

async fn listen(address: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let mut refused = io::Error::new(io::ErrorKind::InvalidInput, "there is no such address");
    for address in lookup_host(address).await? {
        let listening = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        let listening = listening.and_then(|socket| {
            // So that a server can be started again at once; elsewhere it would let two listen on one port.
            #[cfg(unix)]
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)
        });
        match listening {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

struct Listening {
    listener: TcpListener,
    serving: Serving,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::Tls>,
}

impl Listening {
    /// Takes connections until the server stops, and gives those that hyper has.
    async fn accept(self) -> GracefulShutdown {
        let connections = GracefulShutdown::new();
        let mut stopping = self.serving.stopping.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stopping.changed() => return connections,
            };
            match accepted {
                Ok((socket, _)) => self.connect(socket, &connections),
                // Out of file descriptors, mostly: what was accepted goes on, and some of it will end.
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn connect(&self, socket: TcpStream, connections: &GracefulShutdown) {
        // An event must not wait for the acknowledgement of the one before. Without it the stream is late, not wrong.
        let _late = socket.set_nodelay(true);
        let (serving, watcher) = (self.serving.clone(), connections.watcher());
        #[cfg(feature = "tls")]
        if let Some(tls) = self.tls.clone() {
            self.serving.tasks.spawn(async move {
                if let Some(socket) = tls.accept(socket).await {
                    serving.serve(socket, watcher).await;
                }
            });
            return;
        }
        self.serving.tasks.spawn(serving.serve(socket, watcher));
    }
}
