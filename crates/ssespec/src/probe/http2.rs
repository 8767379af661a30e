//! A request in HTTP/2, frame by frame: a library refuses a malformed response and does not show what was in it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use super::Prober;
use super::ask::Ask;
use super::watch::{briefly, micros, watch};
use super::wire::Socket;
use crate::check::Probe;
use crate::header::Header;
use crate::observation::{
    Answer, Body, End, Exchange, Failure, Observation, Request, Response, Stop,
};
use crate::settings::HttpVersion;

/// <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The longest frame that a peer may send us, in bytes: the initial value of `SETTINGS_MAX_FRAME_SIZE`.
const LONGEST_FRAME: usize = 16_384;
/// The stream of our request.
const STREAM: u32 = 1;

mod kind {
    pub(super) const DATA: u8 = 0;
    pub(super) const HEADERS: u8 = 1;
    pub(super) const RST_STREAM: u8 = 3;
    pub(super) const SETTINGS: u8 = 4;
    pub(super) const PING: u8 = 6;
    pub(super) const GOAWAY: u8 = 7;
    pub(super) const WINDOW_UPDATE: u8 = 8;
    pub(super) const CONTINUATION: u8 = 9;
}

mod flag {
    pub(super) const ACK: u8 = 1;
    pub(super) const END_STREAM: u8 = 1;
    pub(super) const END_HEADERS: u8 = 4;
    pub(super) const PADDED: u8 = 8;
    pub(super) const PRIORITY: u8 = 32;
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Prober {
    /// `http2`: the header list as it came, and the first bytes.
    pub(super) async fn http2(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Http2) {
            return nothing;
        }
        let https = self.url().scheme() == "https";
        let excuse = match self.settings.version {
            HttpVersion::Http10 | HttpVersion::Http11 => Some("HTTP/1 was asked for"),
            HttpVersion::Auto | HttpVersion::Http2 if !https => {
                Some("HTTP/2 without TLS is only tried with --http2-prior-knowledge")
            }
            _ => None,
        };
        if let Some(excuse) = excuse {
            return Observation::nothing(Probe::Http2, excuse);
        }
        let _slot = self.slot().await;
        self.count_request();
        let started = Instant::now();
        let ask = Ask::stream("http2", self);
        let headers = self.http2_headers(&ask);
        let request = Request {
            method: format!("{} HTTP/2", ask.method),
            url: self.settings.secrets.redact_url(&ask.url),
            headers: headers
                .iter()
                .map(|(name, value)| {
                    self.settings
                        .secrets
                        .redact_header(Header::new(name, value.clone()))
                })
                .collect(),
            body: None,
        };
        let answer = match self.http2_exchange(&headers, started).await {
            Ok(response) => Answer::Response(response),
            Err(Failure::Protocol(why)) if why.starts_with("TLS does not agree") => {
                return Observation::nothing(Probe::Http2, "the target does not offer HTTP/2");
            }
            Err(why) => Answer::Nothing {
                why,
                after: micros(started),
            },
        };
        let exchange = Exchange {
            name: "http2".to_owned(),
            request,
            answer,
        };
        Observation::of(Probe::Http2, vec![exchange])
    }

    fn http2_headers(&self, ask: &Ask<'_>) -> Vec<(String, Vec<u8>)> {
        let url = &ask.url;
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let authority = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let mut headers: Vec<(String, Vec<u8>)> = vec![
            (":method".to_owned(), "GET".into()),
            (":scheme".to_owned(), url.scheme().into()),
            (":authority".to_owned(), authority.into()),
            (":path".to_owned(), format!("{}{query}", url.path()).into()),
            ("accept".to_owned(), "text/event-stream".into()),
            ("cache-control".to_owned(), "no-cache".into()),
        ];
        for (name, value) in self.headers_for(ask) {
            headers.push((name.as_str().to_owned(), value.as_bytes().to_vec()));
        }
        headers
    }

    async fn http2_exchange(
        &self,
        headers: &[(String, Vec<u8>)],
        started: Instant,
    ) -> Result<Response, Failure> {
        let patience = self.head_patience();
        let mut connection = timeout(patience, self.http2_connection())
            .await
            .map_err(|_| Failure::Timeout)??;
        let block = fluke_hpack::Encoder::new().encode(
            headers
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_slice())),
        );
        connection
            .send(
                kind::HEADERS,
                flag::END_STREAM | flag::END_HEADERS,
                STREAM,
                &block,
            )
            .await?;
        let (fields, ended) = timeout(patience, connection.response_head())
            .await
            .map_err(|_| Failure::Timeout)??;
        let head_at = micros(started);
        let mut response = self.http2_response(fields, head_at)?;
        if ended {
            response.end = End::Complete;
            return Ok(response);
        }
        let rules = briefly(self.brief(), 1);
        let next = async || {
            connection
                .data()
                .await
                .map_err(|failure| failure.to_string())
        };
        let watched = watch(next, &rules, started).await;
        response.body = watched.body;
        response.end = watched.end;
        response.ended_at = watched.ended_at;
        Ok(response)
    }

    async fn http2_connection(&self) -> Result<Connection, Failure> {
        let mut connection = Connection {
            socket: self.socket(b"h2", &mut None).await?,
            decoder: fluke_hpack::Decoder::new(),
            ended: false,
        };
        connection.write(PREFACE).await?;
        connection.send(kind::SETTINGS, 0, 0, &[]).await?;
        Ok(connection)
    }

    fn http2_response(
        &self,
        fields: Vec<(Vec<u8>, Vec<u8>)>,
        head_at: u64,
    ) -> Result<Response, Failure> {
        let status = fields
            .iter()
            .find(|(name, _)| name == b":status")
            .and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok())
            .ok_or_else(|| Failure::Protocol("the header list has no :status".to_owned()))?;
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

struct Connection {
    socket: Box<dyn Socket>,
    decoder: fluke_hpack::Decoder<'static>,
    ended: bool,
}

impl Connection {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.socket
            .write_all(bytes)
            .await
            .map_err(|error| Failure::Protocol(error.to_string()))
    }

    async fn send(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &[u8],
    ) -> Result<(), Failure> {
        let length = u32::try_from(payload.len())
            .map_err(|_| Failure::Protocol("our frame is too long".to_owned()))?;
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend_from_slice(&[kind, flags]);
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.write(&frame).await
    }

    async fn receive(&mut self) -> Result<Frame, Failure> {
        let broken = |error: std::io::Error| Failure::Protocol(error.to_string());
        let mut head = [0; 9];
        self.socket.read_exact(&mut head).await.map_err(broken)?;
        let [high, middle, low, kind, flags, a, b, c, d] = head;
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        if length > LONGEST_FRAME {
            return Err(Failure::Protocol(format!(
                "not HTTP/2, or a frame of {length} bytes"
            )));
        }
        let mut payload = vec![0; length];
        self.socket.read_exact(&mut payload).await.map_err(broken)?;
        Ok(Frame {
            kind,
            flags,
            stream: u32::from_be_bytes([a & 0x7f, b, c, d]),
            payload,
        })
    }

    /// The next frame that is about our stream; what concerns the connection is answered on the way.
    async fn next(&mut self) -> Result<Frame, Failure> {
        loop {
            let frame = self.receive().await?;
            match frame.kind {
                kind::SETTINGS if frame.flags & flag::ACK == 0 => {
                    self.send(kind::SETTINGS, flag::ACK, 0, &[]).await?
                }
                kind::PING if frame.flags & flag::ACK == 0 => {
                    self.send(kind::PING, flag::ACK, 0, &frame.payload).await?
                }
                kind::GOAWAY => {
                    let code = frame.payload.get(4..8).map_or(0, |code| {
                        u32::from_be_bytes([code[0], code[1], code[2], code[3]])
                    });
                    return Err(Failure::Protocol(format!("GOAWAY with error code {code}")));
                }
                kind::RST_STREAM if frame.stream == STREAM => {
                    let code = frame
                        .payload
                        .first_chunk()
                        .map_or(0, |code| u32::from_be_bytes(*code));
                    return Err(Failure::Protocol(format!(
                        "RST_STREAM with error code {code}"
                    )));
                }
                _ if frame.stream == STREAM => return Ok(frame),
                _ => {}
            }
        }
    }

    /// The final header list, and whether the stream ends with it.
    async fn response_head(&mut self) -> Result<(Vec<(Vec<u8>, Vec<u8>)>, bool), Failure> {
        loop {
            let frame = self.next().await?;
            if frame.kind != kind::HEADERS {
                continue;
            }
            let ended = frame.flags & flag::END_STREAM != 0;
            let mut block = unpadded(&frame);
            if frame.flags & flag::PRIORITY != 0 {
                block.drain(..block.len().min(5));
            }
            let mut flags = frame.flags;
            while flags & flag::END_HEADERS == 0 {
                let more = self.receive().await?;
                if more.kind != kind::CONTINUATION || block.len() > 4 * LONGEST_FRAME {
                    return Err(Failure::Protocol(
                        "the header block is not continued, or too long".to_owned(),
                    ));
                }
                flags = more.flags;
                block.extend_from_slice(&more.payload);
            }
            let fields = self.decoder.decode(&block).map_err(|error| {
                Failure::Protocol(format!("the header block cannot be decoded: {error:?}"))
            })?;
            let interim = fields
                .iter()
                .any(|(name, value)| name == b":status" && value.starts_with(b"1"));
            if !interim {
                return Ok((fields, ended));
            }
        }
    }

    /// The next piece of the body; `None` at its end.
    async fn data(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        while !self.ended {
            let frame = self.next().await?;
            self.ended = frame.flags & flag::END_STREAM != 0
                && matches!(frame.kind, kind::DATA | kind::HEADERS);
            if frame.kind != kind::DATA {
                continue;
            }
            if let Ok(length @ 1..) = u32::try_from(frame.payload.len()) {
                for stream in [0, STREAM] {
                    self.send(kind::WINDOW_UPDATE, 0, stream, &length.to_be_bytes())
                        .await?;
                }
            }
            return Ok(Some(unpadded(&frame)));
        }
        Ok(None)
    }
}

/// The payload of a HEADERS or DATA frame without its padding.
fn unpadded(frame: &Frame) -> Vec<u8> {
    if frame.flags & flag::PADDED == 0 {
        return frame.payload.clone();
    }
    match frame.payload.split_first() {
        Some((&padding, rest)) => rest[..rest.len().saturating_sub(usize::from(padding))].to_vec(),
        None => Vec::new(),
    }
}
