//! A request in HTTP/2, frame by frame: a library refuses a malformed response and does not show what was in it.

mod connection;
mod multiplexed;

pub(super) use self::connection::CANCEL;
pub(crate) use self::multiplexed::FLOWING;

use tokio::time::{Instant, timeout};

use self::connection::{Connection, Fields, What};
use super::Prober;
use super::ask::Ask;
use super::leave::Ends;
use super::watch::{briefly, micros, watch};
use super::wire::{Socket, Wire, is_no_agreement};
use crate::check::Probe;
use crate::escape;
use crate::header::Header;
use crate::observation::{
    Answer, Body, End, Exchange, Failure, Observation, Request, Response, Stop,
};
use crate::settings::{HttpVersion, StopRules};

/// Why nothing is seen where TLS does not agree on it.
const NOT_OFFERED: &str = "the target does not offer HTTP/2";

/// So many events are read: the end of a short stream is to be seen.
const EVENTS: usize = 40;

/// What a failure begins with where HTTP/2 was spoken and the head of the response is malformed.
pub(super) const HEADER_LIST: &str = "the header list";

/// The stream of our only request.
const STREAM: u32 = 1;

impl Prober {
    /// `http2`: the header list as it came, and the first bytes.
    pub(super) async fn http2(&self) -> Observation {
        if let Some(nothing) = self.no_http2(Probe::Http2) {
            return nothing;
        }
        let rules = briefly(self.brief(), EVENTS);
        let ask = Ask::stream("http2", self);
        match self.http2_ask(&ask, |_| {}, Some(&rules)).await {
            Some(wire) => Observation::of(Probe::Http2, vec![wire.exchange]),
            None => Observation::nothing(Probe::Http2, NOT_OFFERED),
        }
    }

    /// Asks for `ask` on a connection of its own, with the headers as `change` leaves them. Reads the body until `rules` hold; `None` reads only the
    /// head. `None` if TLS does not agree on HTTP/2.
    pub(super) async fn http2_ask(
        &self,
        ask: &Ask<'_>,
        change: impl Fn(&mut Vec<Header>),
        rules: Option<&StopRules>,
    ) -> Option<Wire> {
        let _slot = self.slot().await;
        let started = Instant::now();
        let mut headers = self.http2_headers(ask);
        change(&mut headers);
        let mut addresses = None;
        let body = ask.body.as_deref().unwrap_or_default();
        let asking = self.http2_exchange((&headers, body), rules, started, &mut addresses);
        let (answer, socket) = match asking.await {
            Ok((response, connection)) => {
                let socket = Some(connection.into_socket());
                (Answer::Response(response), socket)
            }
            Err(why) if is_no_agreement(&why) => {
                self.forget_request();
                return None;
            }
            Err(why) => {
                let after = micros(started);
                (Answer::Nothing { why, after }, None)
            }
        };
        let exchange = Exchange {
            name: ask.name.to_owned(),
            request: self.http2_request(ask, &headers),
            answer,
        };
        Some(Wire {
            exchange,
            fault: None,
            addresses,
            socket,
        })
    }

    /// Asks for the stream and waits for the answer to begin, unless it is to be left `at_once`; returns the connection, and whether the answer began.
    pub(super) async fn http2_begun(
        &self,
        at_once: bool,
        addresses: &mut Option<Ends>,
    ) -> Option<(Box<dyn Socket>, bool)> {
        let ask = Ask::stream("abort", self);
        let headers = self.http2_headers(&ask);
        let body = ask.body.as_deref().unwrap_or_default();
        let mut connection = self.http2_connection(None, addresses).await.ok()?;
        connection.request(STREAM, &headers, body).await.ok()?;
        let patience = self.brief() / 4;
        let answered = !at_once
            && matches!(
                timeout(patience, response_head(&mut connection)).await,
                Ok(Ok(_))
            );
        Some((connection.into_socket(), answered))
    }

    /// Why nothing is asked for in HTTP/2, if so.
    fn no_http2(&self, probe: Probe) -> Option<Observation> {
        if let Some(nothing) = self.may_repeat(probe) {
            return Some(nothing);
        }
        let https = self.url().scheme() == "https";
        let excuse = match self.settings.version {
            HttpVersion::Http10 | HttpVersion::Http11 => "HTTP/1 was asked for",
            HttpVersion::Auto | HttpVersion::Http2 if !https => {
                "HTTP/2 without TLS is only tried with --http2-prior-knowledge"
            }
            _ => return None,
        };
        Some(Observation::nothing(probe, excuse))
    }

    /// The request as it is recorded.
    fn http2_request(&self, ask: &Ask<'_>, headers: &[Header]) -> Request {
        let secrets = &self.settings.secrets;
        let fields = headers.iter().cloned();
        Request {
            method: format!("{} HTTP/2", ask.method),
            url: secrets.redact_url(&ask.url),
            headers: fields.map(|header| secrets.redact_header(header)).collect(),
            body: None,
        }
    }

    fn http2_headers(&self, ask: &Ask<'_>) -> Vec<Header> {
        let url = &ask.url;
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let authority = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let mut headers = vec![
            Header::new(":method", ask.method.as_str()),
            Header::new(":scheme", url.scheme()),
            Header::new(":authority", authority),
            Header::new(":path", format!("{}{query}", url.path())),
            Header::new("accept", "text/event-stream"),
            Header::new("cache-control", "no-cache"),
            Header::new("user-agent", concat!("ssespec/", env!("CARGO_PKG_VERSION"))),
        ];
        let own = ask.headers.iter();
        for (name, value) in self.headers_for(ask).chain(own) {
            headers.retain(|known| known.name != name.as_str());
            headers.push(Header::new(name.as_str(), value.as_bytes()));
        }
        headers
    }

    async fn http2_exchange(
        &self,
        (headers, body): (&[Header], &[u8]),
        rules: Option<&StopRules>,
        started: Instant,
        addresses: &mut Option<Ends>,
    ) -> Result<(Response, Connection), Failure> {
        self.begin_request()?;
        let patience = self.head_patience();
        let opened = async {
            let mut connection = self.http2_connection(None, addresses).await?;
            connection.request(STREAM, headers, body).await?;
            Ok(connection)
        };
        let mut connection = timeout(patience, opened)
            .await
            .map_err(|_| Failure::Timeout)??;
        let (fields, ended) = timeout(patience, response_head(&mut connection))
            .await
            .map_err(|_| Failure::Timeout)??;
        let mut response = self.http2_response(fields, micros(started))?;
        let Some(rules) = rules else {
            return Ok((response, connection));
        };
        if ended {
            response.end = End::Complete;
            return Ok((response, connection));
        }
        let mut over = false;
        let next = async || {
            if over {
                return Ok(None);
            }
            let (piece, ended) = data(&mut connection)
                .await
                .map_err(|failure| match failure {
                    Failure::Protocol(why) => why,
                    other => other.to_string(),
                })?;
            over = ended;
            Ok::<_, String>(Some(piece))
        };
        let watched = watch(next, rules, started).await;
        response.body = watched.body;
        response.end = watched.end;
        response.ended_at = watched.ended_at;
        Ok((response, connection))
    }

    /// A connection in HTTP/2. With a `window`, each stream begins with that much of one, in bytes.
    async fn http2_connection(
        &self,
        window: Option<u32>,
        addresses: &mut Option<Ends>,
    ) -> Result<Connection, Failure> {
        Connection::begin(self.socket(b"h2", addresses).await?, window).await
    }

    fn http2_response(&self, fields: Fields, head_at: u64) -> Result<Response, Failure> {
        pseudo_fields(&fields)
            .map_err(|fault| Failure::Protocol(format!("{HEADER_LIST} {fault}")))?;
        let status = fields
            .iter()
            .find(|(name, _)| name == b":status")
            .and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok())
            .ok_or_else(|| Failure::Protocol(format!("{HEADER_LIST} has no :status")))?;
        let headers = fields
            .into_iter()
            .filter(|(name, _)| !name.starts_with(b":"))
            // The case is kept: upper case is malformed in HTTP/2, and a judge may want to see it.
            .map(|(name, value)| Header {
                name: String::from_utf8_lossy(&name).into_owned(),
                value,
            })
            .map(|header| self.settings.secrets.redact_header(header))
            .collect();
        Ok(Response {
            version: "HTTP/2".to_owned(),
            status,
            headers,
            head_at,
            body: Body::default(),
            end: End::Left(Stop::Seen),
            ended_at: head_at,
        })
    }
}

/// What a response has in front of its fields is `:status`, and nothing else: <https://www.rfc-editor.org/rfc/rfc9113#section-8.3>.
fn pseudo_fields(fields: &Fields) -> Result<(), String> {
    let shown = |name: &[u8]| escape::excerpt(name, 60);
    let statuses = fields.iter().filter(|(name, _)| name == b":status");
    if statuses.count() > 1 {
        return Err("has :status twice".to_owned());
    }
    let mut behind = fields.iter().skip_while(|(name, _)| name.starts_with(b":"));
    if let Some((name, _)) = behind.find(|(name, _)| name.starts_with(b":")) {
        return Err(format!("has {} behind other fields", shown(name)));
    }
    match fields
        .iter()
        .find(|(name, _)| name.starts_with(b":") && name != b":status")
    {
        Some((name, _)) => Err(format!("has {}, which no response has", shown(name))),
        None => Ok(()),
    }
}

/// The header list of the response, and whether the stream ends with it.
async fn response_head(connection: &mut Connection) -> Result<(Fields, bool), Failure> {
    loop {
        let incoming = connection.next().await?;
        match incoming.what {
            _ if incoming.stream != STREAM => {}
            What::Fields(fields) => return Ok((fields, incoming.ended)),
            What::Reset(code) => return Err(reset(code)),
            What::Data(..) => {}
        }
    }
}

/// The next piece of the body, and whether it is the last one.
async fn data(connection: &mut Connection) -> Result<(Vec<u8>, bool), Failure> {
    loop {
        let incoming = connection.next().await?;
        match incoming.what {
            _ if incoming.stream != STREAM => {}
            What::Data(bytes, length) => {
                if length > 0 {
                    connection.grant(0, length).await?;
                    connection.grant(STREAM, length).await?;
                }
                return Ok((bytes, incoming.ended));
            }
            // Trailers: https://www.rfc-editor.org/rfc/rfc9113#section-8.1
            What::Fields(fields) => {
                return match fields.iter().find(|(name, _)| name.starts_with(b":")) {
                    Some((name, _)) => Err(Failure::Protocol(format!(
                        "the trailers have {}",
                        escape::excerpt(name, 60)
                    ))),
                    None => Ok((Vec::new(), true)),
                };
            }
            What::Reset(code) => return Err(reset(code)),
        }
    }
}

/// That the server reset the stream.
fn reset(code: u32) -> Failure {
    Failure::Protocol(format!("RST_STREAM with error code {code}"))
}
