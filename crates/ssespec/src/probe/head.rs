//! The head of a response in HTTP/1, read by hand: leniently, so that one that is wrong can be told from none at all.

use tokio::io::AsyncReadExt as _;

use super::Prober;
use super::wire::Socket;
use crate::header::Header;
use crate::observation::{Body, End, Failure, Response, Stop};

/// The longest response head that is read, in bytes (512 KiB): more than HTTP libraries take.
const LONGEST_HEAD: usize = 512 << 10;

impl Prober {
    pub(super) fn parse_head(&self, head: &[u8]) -> Result<Response, Failure> {
        let mut fields = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Response::new(&mut fields);
        let mut lenient = httparse::ParserConfig::default();
        lenient
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true);
        match lenient.parse_response(&mut parsed, head) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => {
                return Err(Failure::Protocol(
                    "the response head is incomplete".to_owned(),
                ));
            }
            Err(error) => return Err(Failure::Protocol(format!("not a response head: {error}"))),
        }
        Ok(Response {
            version: format!("HTTP/1.{}", parsed.version.unwrap_or_default()),
            status: parsed.code.unwrap_or_default(),
            headers: parsed
                .headers
                .iter()
                .map(|field| {
                    self.settings
                        .secrets
                        .redact_header(Header::new(field.name, field.value))
                })
                .collect(),
            head_at: 0,
            body: Body::default(),
            end: End::Left(Stop::Seen),
            ended_at: 0,
        })
    }
}

/// Reads up to the blank line after the header fields, of which `head` is there already; returns the head and what came with it.
pub(super) async fn read_head(
    socket: &mut dyn Socket,
    mut head: Vec<u8>,
) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = end_of_head(&head) {
            let rest = head.split_off(end);
            return Ok((head, rest));
        }
        if head.len() > LONGEST_HEAD {
            return Err(Failure::Protocol(format!(
                "the response head is longer than {LONGEST_HEAD} bytes"
            )));
        }
        let count = socket
            .read(&mut buffer)
            .await
            .map_err(|error| Failure::Protocol(error.to_string()))?;
        if count == 0 {
            return Err(Failure::Protocol(
                "the connection was closed before the response head".to_owned(),
            ));
        }
        head.extend_from_slice(&buffer[..count]);
    }
}

/// Where the blank line ends that ends a head. Its lines may end in LF alone, as recipients may take it:
/// <https://www.rfc-editor.org/rfc/rfc9112#section-2.2>.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}
