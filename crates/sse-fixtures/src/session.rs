use core::time::Duration;

use crate::section::{Section, Stream};

/// One connection of a fixture, as a server has to play it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    /// What the request must carry; `None` means that a header must be absent.
    pub expect: &'a [(String, Option<Vec<u8>>)],
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer; `None` means `Content-Type: text/event-stream` and nothing else.
    pub headers: Option<&'a [(String, Vec<u8>)]>,
    /// The body, in order.
    pub body: Vec<BodyPart<'a>>,
    /// How it ends.
    pub end: End,
}

/// A part of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyPart<'a> {
    /// These bytes.
    Stream(&'a Stream),
    /// Silence.
    Wait(Duration),
}

/// The end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The body is complete.
    Complete,
    /// The connection breaks off in the middle of the body.
    Reset,
}

/// A connection starts at a request, at a response that answers none, and at a stream that follows neither.
pub(crate) fn connections(sections: &[Section]) -> Vec<Connection<'_>> {
    let mut connections: Vec<Connection<'_>> = Vec::new();
    let mut stage = Stage::Over;
    for section in sections {
        let starts = match section {
            Section::Request { .. } => true,
            Section::Response { .. } => stage != Stage::Asked,
            Section::Stream(_) | Section::Wait(_) | Section::Reset => stage == Stage::Over,
            _ => continue,
        };
        if starts {
            connections.push(Connection {
                expect: &[],
                status: 200,
                headers: None,
                body: Vec::new(),
                end: End::Complete,
            });
        }
        let Some(connection) = connections.last_mut() else {
            continue;
        };
        stage = match section {
            Section::Request { expect } => {
                connection.expect = expect;
                Stage::Asked
            }
            Section::Response { status, headers } => {
                connection.status = *status;
                connection.headers = Some(headers);
                Stage::Answered
            }
            Section::Stream(stream) => {
                connection.body.push(BodyPart::Stream(stream));
                Stage::Answered
            }
            Section::Wait(duration) => {
                connection.body.push(BodyPart::Wait(*duration));
                Stage::Answered
            }
            _ => {
                connection.end = End::Reset;
                Stage::Over
            }
        };
    }
    connections
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The next section of a body belongs to a new connection.
    Over,
    /// The request is described, the response is not.
    Asked,
    /// Bytes that follow belong to this response.
    Answered,
}
