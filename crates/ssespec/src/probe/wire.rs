//! HTTP/1 by hand, for what an HTTP library hides: HTTP/1.0, a request without `Accept`, the socket behind a stream.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;

use super::Prober;
use super::ask::Ask;
use super::head::read_head;
use super::watch::{micros, watch};
use crate::framing::{Chunks, fault_of_head, is_meant_as_http};
use crate::header::Header;
use crate::observation::{Answer, Exchange, Failure, Request, Response};
use crate::settings::{HttpVersion, StopRules};
use crate::tls;

/// What a failure begins with where TLS does not agree on a protocol.
const NO_AGREEMENT: &str = "TLS does not agree on";

/// Whether `why` is that TLS does not agree on the protocol that was wanted: the target does not speak it.
pub(super) fn is_no_agreement(why: &Failure) -> bool {
    matches!(why, Failure::Protocol(why) if why.starts_with(NO_AGREEMENT))
}

/// What came of a request by hand.
pub(super) struct Wire {
    pub(super) exchange: Exchange,
    /// What is against the grammar in the bytes of the head.
    pub(super) fault: Option<String>,
    /// The two ends of the connection, ours first.
    pub(super) addresses: Option<(SocketAddr, SocketAddr)>,
    /// The connection, if it is still open.
    pub(super) socket: Option<Box<dyn Socket>>,
}

impl Wire {
    /// Before anything has come.
    fn unanswered(name: &str, request: Request) -> Self {
        Self {
            exchange: Exchange {
                name: name.to_owned(),
                request,
                answer: Answer::Nothing {
                    why: Failure::Timeout,
                    after: 0,
                },
            },
            fault: None,
            addresses: None,
            socket: None,
        }
    }
}

/// A connection, with or without TLS.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {
    /// What lies below TLS.
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl Prober {
    /// Asks for the stream as the settings say, with the headers as `change` leaves them. Reads the body until `rules` hold; `None` reads only the head.
    pub(super) async fn wire_get(
        &self,
        name: &str,
        change: impl Fn(&mut Vec<Header>),
        rules: Option<&StopRules>,
    ) -> Wire {
        let ask = Ask::stream(name, self);
        self.wire_ask(&ask, change, rules).await
    }

    /// The same for any request: in HTTP/1.1 where that is spoken, and in HTTP/2 otherwise.
    pub(super) async fn wire_ask(
        &self,
        ask: &Ask<'_>,
        change: impl Fn(&mut Vec<Header>),
        rules: Option<&StopRules>,
    ) -> Wire {
        match self.http1_ask(ask, "HTTP/1.1", &change, rules).await {
            Ok(wire) => wire,
            Err(no_http1) => match self.http2_ask(ask, change, rules).await {
                Some(wire) => wire,
                None => no_http1,
            },
        }
    }

    /// The same in a `version` of HTTP/1.
    ///
    /// # Errors
    ///
    /// What came instead of an answer if the target speaks HTTP/2 only.
    pub(super) async fn http1_ask(
        &self,
        ask: &Ask<'_>,
        version: &str,
        change: impl Fn(&mut Vec<Header>),
        rules: Option<&StopRules>,
    ) -> Result<Wire, Wire> {
        let (bytes, request) = self.written(ask, version, change);
        let mut wire = Wire::unanswered(ask.name, request);
        if self.speaks_only_http2() {
            return Err(wire);
        }
        let _slot = self.slot().await;
        let started = Instant::now();
        let reading = self.send_and_read(ask, &bytes, rules, started, &mut wire);
        let result = reading.await;
        let no_agreement = result.as_ref().is_err_and(is_no_agreement);
        if no_agreement {
            // Nobody is asked again for what is not spoken.
            self.no_http1.store(true, Ordering::Relaxed);
            self.forget_request();
        }
        wire.exchange.answer = match result {
            Ok(response) => Answer::Response(response),
            Err(why) => Answer::Nothing {
                why,
                after: micros(started),
            },
        };
        match no_agreement {
            true => Err(wire),
            false => Ok(wire),
        }
    }

    /// Whether only HTTP/2 is to be spoken: the settings say so, or TLS did not agree on HTTP/1.
    pub(super) fn speaks_only_http2(&self) -> bool {
        matches!(
            self.settings.version,
            HttpVersion::Http2 | HttpVersion::Http2PriorKnowledge
        ) || self.no_http1.load(Ordering::Relaxed)
    }

    async fn send_and_read(
        &self,
        ask: &Ask<'_>,
        bytes: &[u8],
        rules: Option<&StopRules>,
        started: Instant,
        wire: &mut Wire,
    ) -> Result<Response, Failure> {
        self.begin_request()?;
        let connecting = self.socket(b"http/1.1", &mut wire.addresses);
        let mut socket = timeout(self.head_patience(), connecting)
            .await
            .map_err(|_| Failure::Timeout)??;
        let fault = &mut wire.fault;
        let head = async {
            socket
                .write_all(bytes)
                .await
                .map_err(|error| Failure::Protocol(error.to_string()))?;
            let mut rest = Vec::new();
            loop {
                let (head, more) = read_head(&mut *socket, rest).await?;
                let parsed = self.parse_head(&head);
                // What is no HTTP at all has no fault that can be named.
                if parsed.is_err() && is_meant_as_http(&head) {
                    *fault = fault_of_head(&head);
                }
                let response = parsed?;
                // Interim responses may come first: https://www.rfc-editor.org/rfc/rfc9110#section-15.2
                if !matches!(response.status, 100 | 102..200) {
                    *fault = fault_of_head(&head);
                    return Ok((response, more));
                }
                rest = more;
            }
        };
        let (mut response, rest) = tokio::select! {
            biased;
            head = head => head?,
            why = self.out_of_patience(&ask.method, self.head_patience()) => return Err(why),
        };
        response.head_at = micros(started);
        response.ended_at = response.head_at;
        match rules {
            None => {}
            Some(rules) => {
                let mut first = Some(rest).filter(|rest| !rest.is_empty());
                let mut buffer = vec![0; 16 << 10];
                let read = async || {
                    if let Some(first) = first.take() {
                        return Ok(Some(first));
                    }
                    match socket.read(&mut buffer).await {
                        Ok(0) => Ok(None),
                        Ok(count) => Ok(Some(buffer[..count].to_vec())),
                        Err(error) => Err(error.to_string()),
                    }
                };
                let in_chunks = !ask.as_it_comes && response.is_in_chunks();
                let watched = match in_chunks {
                    true => watch(content(read), rules, started).await,
                    false => watch(read, rules, started).await,
                };
                response.body = watched.body;
                response.end = watched.end;
                response.ended_at = watched.ended_at;
            }
        }
        wire.socket = Some(socket);
        Ok(response)
    }

    /// A connection to the target, with TLS where its URL says so, for the protocol `alpn`.
    pub(super) async fn socket(
        &self,
        alpn: &[u8],
        addresses: &mut Option<(SocketAddr, SocketAddr)>,
    ) -> Result<Box<dyn Socket>, Failure> {
        let connect = |error: std::io::Error| Failure::Connect(error.to_string());
        let tcp = self.connect_tcp().await.map_err(connect)?;
        *addresses = Some((
            tcp.local_addr().map_err(connect)?,
            tcp.peer_addr().map_err(connect)?,
        ));
        if self.url().scheme() != "https" {
            return Ok(Box::new(tcp));
        }
        let mut config = self.tls.clone();
        config.alpn_protocols = vec![alpn.to_vec()];
        let host = self
            .url()
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let name = rustls_pki_types::ServerName::try_from(host)
            .map_err(|error| Failure::Connect(error.to_string()))?;
        let tls = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config))
            .connect(name, tcp)
            .await;
        let no_agreement = || {
            let alpn = String::from_utf8_lossy(alpn);
            Failure::Protocol(format!("{NO_AGREEMENT} {alpn}"))
        };
        let tls = tls.map_err(|error| match tls::is_without_protocol(&error) {
            true => no_agreement(),
            false => connect(error),
        })?;
        let agreed = tls.get_ref().1.alpn_protocol();
        if agreed.is_some_and(|agreed| agreed != alpn) || (alpn == b"h2" && agreed.is_none()) {
            return Err(no_agreement());
        }
        Ok(Box::new(tls))
    }

    /// The request as bytes, and as it is recorded.
    pub(super) fn written(
        &self,
        ask: &Ask<'_>,
        version: &str,
        change: impl Fn(&mut Vec<Header>),
    ) -> (Vec<u8>, Request) {
        let url = &ask.url;
        let mut headers = vec![
            Header::new("host", host(url)),
            Header::new("accept", "text/event-stream"),
            Header::new("cache-control", "no-cache"),
            Header::new("user-agent", concat!("ssespec/", env!("CARGO_PKG_VERSION"))),
        ];
        for (name, value) in self.headers_for(ask) {
            headers.retain(|header| header.name != name.as_str());
            headers.push(Header::new(name.as_str(), value.as_bytes()));
        }
        change(&mut headers);
        let body = ask.body.as_deref().unwrap_or_default();
        if !body.is_empty() {
            headers.push(Header::new("content-length", body.len().to_string()));
        }
        if version == "HTTP/1.1" {
            headers.push(Header::new("connection", "close"));
        }
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let mut bytes = format!("{} {}{query} {version}\r\n", ask.method, url.path()).into_bytes();
        for header in &headers {
            bytes.extend_from_slice(header.name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(&header.value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        let secrets = &self.settings.secrets;
        let request = Request {
            method: format!("{} {version}", ask.method),
            url: secrets.redact_url(url),
            headers: headers
                .into_iter()
                .map(|header| secrets.redact_header(header))
                .collect(),
            body: None,
        };
        (bytes, request)
    }
}

fn host(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The content of a body in chunks, as `read` brings them.
fn content(
    mut read: impl AsyncFnMut() -> Result<Option<Vec<u8>>, String>,
) -> impl AsyncFnMut() -> Result<Option<Vec<u8>>, String> {
    let mut chunks = Chunks::default();
    async move || {
        while !chunks.is_over() {
            let Some(bytes) = read().await? else {
                return Err("the connection was closed before the last chunk".to_owned());
            };
            let content = chunks.feed(&bytes)?;
            if !content.is_empty() {
                return Ok(Some(content));
            }
        }
        Ok(None)
    }
}
