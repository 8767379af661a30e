//! What a server is asked, and what it answers: the control's answer, and the ways in which a row of a table changes it.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

/// What a server is asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    pub(crate) version: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// Names as they are written.
    pub(crate) spelling: Vec<String>,
    /// How many requests there were before this one.
    pub(crate) number: usize,
    /// How many other streams are open.
    pub(crate) others: usize,
    /// How many other streams are open on the same connection of HTTP/2.
    pub(crate) siblings: usize,
}

impl Request {
    /// The value of the header `name`, as text with replacement.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The number in `Last-Event-ID`, 0 without one that can be read.
    pub(crate) fn last_id(&self) -> u64 {
        let value = self.header("last-event-id").unwrap_or_default();
        value.parse().unwrap_or_default()
    }

    /// Whether the content coding `coding` alone is offered.
    pub(crate) fn offers(&self, coding: &str) -> bool {
        self.header("accept-encoding").as_deref() == Some(coding)
    }

    pub(crate) fn is(&self, method: &str) -> bool {
        self.method == method
    }
}

/// What a server does with a request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) framing: Framing,
    /// In front of the head.
    pub(crate) delay: Duration,
    /// Whether the head waits for the first bytes of the body, and leaves together with them.
    pub(crate) head_with_body: bool,
    pub(crate) body: Vec<Step>,
    pub(crate) end: End,
    /// Whether an interim response goes in front of the head, in HTTP/1.1.
    pub(crate) interim: bool,
    /// Written instead of everything else.
    pub(crate) raw: Option<Vec<u8>>,
    /// What becomes of the text of the head, in HTTP/1.
    pub(crate) head: fn(String) -> String,
    /// Whether it waits for the other streams, in HTTP/2 for those of its connection.
    pub(crate) in_line: bool,
    /// Whether it begins only when no other one is being played, in HTTP/2 on its connection.
    pub(crate) alone: bool,
    /// Whether it sends without looking at the windows of HTTP/2.
    pub(crate) pushy: bool,
    /// Whether it goes on as if the client had not left.
    pub(crate) deaf: Deaf,
    /// Whether it says in HTTP/2 that no more streams are taken soon.
    pub(crate) goodbye: bool,
    /// Whether the client is counted for ever.
    pub(crate) counts_on: bool,
    /// For how long a client is counted that has left, in HTTP/1.
    pub(crate) lingers: Duration,
    /// Whether it has no body whatever events there are, as an answer to HEAD.
    pub(crate) head_alone: bool,
    /// What another stream does that ends this one.
    pub(crate) ended_by: Option<Another>,
    /// Whether it brings nothing any more as soon as the client of any stream has left.
    pub(crate) dies: bool,
    /// Whether each event is for one of the streams that are open, in HTTP/1.
    pub(crate) dealt: bool,
}

/// What another stream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Another {
    /// It begins.
    Comes,
    /// Its client leaves.
    Leaves,
}

/// What a server does not hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deaf {
    /// It hears all.
    No,
    /// That a stream of HTTP/2 was cancelled.
    ToCancels,
    /// That the client has closed its half of the connection.
    ToEnds,
    /// That a connection was reset.
    ToResets,
    /// That a connection is closed.
    ToAll,
}

impl Deaf {
    /// Whether it does not hear this, which a read said.
    pub(crate) fn to(self, error: &std::io::Error) -> bool {
        let ended = error.kind() == std::io::ErrorKind::UnexpectedEof;
        match self {
            Self::No | Self::ToCancels => false,
            Self::ToEnds => ended,
            Self::ToResets => !ended,
            Self::ToAll => true,
        }
    }
}

/// How the length of a body is told, in HTTP/1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// In chunks, one a step.
    Chunked,
    /// By the end of the connection.
    Close,
    /// Not at all, or by a header of the reply.
    Nothing,
}

/// A piece of a body.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
}

/// What comes behind the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing: the response stays open, with a comment now and then.
    Open,
    /// Nothing at all: not even comments.
    Silent,
    /// The body is over, and its framing says so.
    Complete,
    /// The connection ends as if the process had crashed in the middle of the body.
    Abort,
    /// The same, and in HTTP/2 without an error code.
    KindAbort,
}

/// Between two events: more than what still counts as one arrival.
pub(crate) const GAP: Duration = Duration::from_millis(60);

/// How many events the control sends, one after the other.
const EVENTS: u64 = 10;

/// The control's answer.
pub(crate) fn control(request: &Request) -> Reply {
    let http10 = request.version == "HTTP/1.0";
    let mut reply = Reply {
        status: 200,
        reason: "OK",
        headers: Vec::new(),
        framing: if http10 {
            Framing::Close
        } else {
            Framing::Chunked
        },
        delay: Duration::ZERO,
        head_with_body: false,
        body: Vec::new(),
        end: End::Open,
        interim: false,
        raw: None,
        head: |head| head,
        in_line: false,
        alone: false,
        pushy: false,
        deaf: Deaf::No,
        goodbye: false,
        counts_on: false,
        lingers: Duration::ZERO,
        ended_by: None,
        dies: false,
        dealt: false,
        head_alone: request.is("HEAD"),
    };
    // The same in each recording.
    reply.set("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    if request.is("OPTIONS") {
        reply.status(204, "No Content");
        reply.set("access-control-allow-origin", "*");
        reply.set("access-control-allow-headers", "last-event-id");
        return reply;
    }
    reply.set("content-type", "text/event-stream");
    reply.set("cache-control", "no-cache");
    reply.set("x-accel-buffering", "no");
    reply.set("access-control-allow-origin", "*");
    if request.is("HEAD") {
        reply.no_body();
        return reply;
    }
    reply.events(request.last_id(), |number| {
        format!("id: {number}\ndata: event {number}\n\n")
    });
    reply
}

impl Reply {
    /// Another status.
    pub(crate) fn status(&mut self, status: u16, reason: &'static str) {
        (self.status, self.reason) = (status, reason);
        if status == 204 || status >= 300 {
            self.no_body();
        }
    }

    /// The field `name` with this value, and no other one.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.remove(name);
        self.add(name, value);
    }

    /// One more field.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    /// No field `name`.
    pub(crate) fn remove(&mut self, name: &str) {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// A body of these bytes after a pause, in one piece; nothing where the answer has no body.
    pub(crate) fn bytes(&mut self, bytes: impl Into<Vec<u8>>) {
        if self.has_body() {
            self.body = vec![Step::Wait(GAP), Step::Send(bytes.into())];
        }
    }

    /// A body of these pieces, with a pause in front of each.
    pub(crate) fn pieces(&mut self, pieces: &[&[u8]]) {
        if self.has_body() {
            self.body = Vec::new();
            for piece in pieces {
                self.body.push(Step::Wait(GAP));
                self.body.push(Step::Send(piece.to_vec()));
            }
        }
    }

    /// The events behind `last`, written by `write`, a keep-alive among them.
    pub(crate) fn events(&mut self, last: u64, write: impl Fn(u64) -> String) {
        if self.head_alone {
            return;
        }
        let mut pieces = vec![b": welcome\n\nretry: 3000\n\n".to_vec()];
        for number in last + 1..=last + EVENTS {
            if number == last + 4 {
                pieces.push(b": still here\n\n".to_vec());
            }
            pieces.push(write(number).into_bytes());
        }
        self.body = vec![Step::Wait(GAP)];
        for piece in pieces {
            self.body.push(Step::Send(piece));
            self.body.push(Step::Wait(GAP));
        }
    }

    /// One stream for all clients, of which who comes with `last` gets what was missed first, all at once.
    #[expect(clippy::disallowed_methods, reason = "a server has a clock")]
    pub(crate) fn live(&mut self, last: u64, write: impl Fn(u64) -> String) {
        if !self.has_body() {
            return;
        }
        static BEGAN: OnceLock<Instant> = OnceLock::new();
        let gone = BEGAN.get_or_init(Instant::now).elapsed().as_millis() / GAP.as_millis();
        // Numbers begin at a place that nobody asks for by chance.
        let now = 5_000 + u64::try_from(gone).unwrap_or_default();
        let missed = match (5_000..now).contains(&last) {
            true => (last + 1..=now).map(&write).collect(),
            false => String::new(),
        };
        self.body = vec![Step::Send(format!(": welcome\n\n{missed}").into_bytes())];
        for number in now + 1..now + 500 {
            self.body.push(Step::Wait(GAP));
            self.body.push(Step::Send(write(number).into_bytes()));
        }
    }

    /// The events of another session.
    pub(crate) fn of_others(&mut self) {
        if self.has_body() {
            self.events(1_000, |number| {
                format!("id: {number}\ndata: theirs {number}\n\n")
            });
        }
    }

    /// Each piece of the body changed.
    pub(crate) fn each(&mut self, change: impl Fn(&str) -> String) {
        for step in &mut self.body {
            if let Step::Send(bytes) = step {
                *bytes = change(&String::from_utf8_lossy(bytes)).into_bytes();
            }
        }
    }

    /// All pauses of the body this long.
    pub(crate) fn pauses(&mut self, length: Duration) {
        for step in &mut self.body {
            if let Step::Wait(pause) = step {
                *pause = length;
            }
        }
    }

    /// All of the body with one pause in front of it.
    pub(crate) fn at_once_after(&mut self, pause: Duration) {
        if self.has_body() {
            let sent = self.body.drain(..).filter_map(|step| match step {
                Step::Send(bytes) => Some(bytes),
                Step::Wait(_) => None,
            });
            let bytes = sent.collect::<Vec<_>>().concat();
            self.body = vec![Step::Wait(pause), Step::Send(bytes)];
        }
    }

    /// Events behind `last` that leave when a buffer of 1 KiB is full, and then nothing.
    pub(crate) fn in_bursts(&mut self, last: u64) {
        if self.has_body() {
            let all: String = (last + 1..last + 200)
                .map(|number| format!("id: {number}\ndata: event {number} of many\n\n"))
                .collect();
            let pause = Step::Wait(Duration::from_millis(600));
            let pieces = all.as_bytes().chunks(1024).take(7);
            self.body = pieces
                .flat_map(|piece| [pause.clone(), Step::Send(piece.to_vec())])
                .collect();
            self.end = End::Silent;
        }
    }

    /// Events that are more in all than what is kept for a client that does not read.
    pub(crate) fn much(&mut self) {
        if self.has_body() {
            let event = format!("data: {}\n\n", "x".repeat(4 << 10)).into_bytes();
            let pause = Step::Wait(Duration::from_millis(4));
            self.body = (0..1_000)
                .flat_map(|_| [Step::Send(event.clone()), pause.clone()])
                .collect();
            self.end = End::Silent;
        }
    }

    /// Three events, so far apart that one that comes with the next one is late.
    pub(crate) fn slowly(&mut self) {
        if self.has_body() {
            self.pieces(&[b"data: a\n\n", b"data: b\n\n", b"data: c\n\n"]);
            self.pauses(Duration::from_secs(1));
            self.end = End::Silent;
        }
    }

    /// The stream ends behind what there is.
    pub(crate) fn ends(&mut self) {
        self.end = End::Complete;
    }

    /// No body, and the answer says so.
    pub(crate) fn no_body(&mut self) {
        self.body.clear();
        self.framing = Framing::Nothing;
        self.end = End::Complete;
        if self.status >= 300 {
            self.set("content-length", "0");
        }
    }

    /// No answer, and the connection stays open.
    pub(crate) fn hang(&mut self) {
        self.body.clear();
        self.raw = Some(Vec::new());
        self.end = End::Silent;
    }

    /// The connection is closed without an answer.
    pub(crate) fn hang_up(&mut self) {
        self.body.clear();
        self.raw = Some(Vec::new());
        self.end = End::Abort;
    }

    /// Whether there is a body to be changed.
    pub(crate) fn has_body(&self) -> bool {
        !self.body.is_empty()
    }
}
