//! Servers that are unusual and right: none of them may be accused of anything.

use std::time::Duration;

use ssespec::settings::HttpVersion;

use crate::Row;
use crate::coding::How;
use crate::reflect;
use crate::reply::{Deaf, End, Framing, GAP, Step};

/// The control, in the ways in which it can be met. Between them, every check passes.
#[rustfmt::skip]
pub(crate) const CONTROLS: &[Row] = &[
    Row::right("control", "as it should be", |_, _| {}),
    Row::right("control-http2", "the same in HTTP/2", |_, _| {}).over(HttpVersion::Http2PriorKnowledge),
    Row::right("control-finite", "the same, and then it ends", |_, reply| reply.ends()).events(usize::MAX).watched_for(Duration::from_secs(5)),
    Row::right("control-over", "the same, and it is over for good", |request, reply| { reply.ends(); if request.last_id() >= 10 { reply.status(204, "No Content") } }).events(usize::MAX).watched_for(Duration::from_secs(5)),
    Row::right("control-busy", "no more than twenty streams at the same time, and it says so", |request, reply| if request.others >= 20 && request.is("GET") { reply.status(503, "Service Unavailable") }).under_stress(),
    Row::right("control-gauged-http2", "the number of its streams is shown in HTTP/2", |_, _| {}).over(HttpVersion::Http2PriorKnowledge).gauged().under_stress(),
    Row::right("control-gauged", "the number of its streams is shown", |_, _| {}).gauged(),
    Row::right("control-sessions", "each session has events of its own", |request, reply| if request.header("cookie").is_some() { reply.of_others() }).with_another_session(),
    Row::right("control-redirected", "the same, somewhere else", |request, reply| if request.target == "/events" { reply.status(307, "Temporary Redirect"); reply.set("location", "/moved") }),
    Row::right("control-greets", "a value of the query comes back in a data line for each of its lines", |request, reply| reflect::write(request, reply, reflect::query, reflect::split)).given("query:name"),
];

/// Unusual, and right.
#[rustfmt::skip]
pub(crate) const CONFORMING: &[Row] = &[
    Row::right("cr", "lines end in CR", |_, reply| reply.each(|text| text.replace('\n', "\r"))),
    Row::right("crlf", "lines end in CRLF", |_, reply| reply.each(|text| text.replace('\n', "\r\n"))),
    Row::right("mixed-ends", "lines end in all three ways", |_, reply| reply.each(|text| text.replacen('\n', "\r\n", 1).replace("\n\n", "\n\r"))),
    Row::right("no-space", "no space behind the colon", |_, reply| reply.each(|text| text.replace(": ", ":"))),
    Row::right("opaque-ids", "ids are UUIDs that differ on each connection", |request, reply| { let number = request.number; reply.events(0, |event| format!("id: 5bd4e6f0-{number:04}-4c5e-{event:04}\ndata: x\n\n")) }),
    Row::right("no-ids", "there are no ids", |_, reply| reply.events(0, |number| format!("data: event {number}\n\n"))),
    Row::right("live-only", "a reconnection goes on with what is new", |request, reply| if reply.has_body() { let now = 100 * (request.number as u64 + 1); reply.events(now, |number| format!("id: {number}\ndata: x\n\n")) }),
    Row::right("big-events", "events of 64 KiB", |_, reply| reply.events(0, |number| format!("id: {number}\ndata: {}\n\n", "x".repeat(64 << 10)))),
    Row::right("much", "megabytes in a second", |_, reply| reply.much()),
    Row::right("bursts-and-pauses", "a lot at once, and then nothing for a while", |_, reply| if reply.has_body() { let event = Step::Send(b"data: a\n\n".to_vec()); reply.body = (0..8).flat_map(|_| { let mut burst = vec![event.clone(), Step::Wait(Duration::from_millis(10))]; burst = burst.iter().cycle().take(16).cloned().collect(); burst.push(Step::Wait(Duration::from_millis(900))); burst }).collect() }),
    Row::right("byte-by-byte", "bytes come one by one", |_, reply| { let bytes = b": hi\n\nretry: 2000\nevent: x\ndata: a\n\ndata: b\n\n"; let pieces: Vec<&[u8]> = bytes.chunks(1).collect(); reply.pieces(&pieces); reply.body.retain(|step| matches!(step, Step::Send(_))) }),
    Row::right("close-delimited", "the end of the connection ends the response", |_, reply| if reply.has_body() { reply.framing = Framing::Close }),
    Row::right("close-delimited-finite", "the same, and it ends", |_, reply| if reply.has_body() { reply.framing = Framing::Close; reply.ends() }),
    Row::right("one-for-all", "all sessions get the same events", |_, _| {}).with_another_session(),
    Row::right("not-yours", "an id of another session is answered with 403", |request, reply| if request.header("cookie").is_some() { reply.of_others(); if request.last_id() > 0 { reply.status(403, "Forbidden") } }).with_another_session(),
    Row::right("answers-for-each", "each connection gets an answer of its own, without ids", |request, reply| { let number = request.number; reply.events(0, |event| format!("data: {event} of {number}\n\n")) }),
    Row::right("half-open", "a client that has closed its half of the connection is served on", |_, reply| if reply.has_body() { reply.deaf = Deaf::ToEnds; reply.end = End::Open }),
    Row::right("silent", "nothing but the head", |_, reply| { reply.body.clear(); if reply.end == End::Open { reply.end = End::Silent } }),
    Row::right("comments-only", "nothing but comments", |_, reply| reply.events(0, |_| ": nothing new\n\n".to_owned())),
    Row::right("slow", "an event every second", |_, reply| reply.pauses(Duration::from_secs(1))),
    Row::right("retry-first", "retry in a block of its own, comments in front, three line ends between events", |_, reply| reply.each(|text| text.replace("\n\n", "\n\n\n"))),
    Row::right("blank-first", "the body begins with a blank line", |_, reply| if reply.has_body() { reply.body.insert(0, Step::Send(b"\n".to_vec())) }),
    Row::right("charset-quoted", "charset=\"UTF-8\" in quotes and capitals", |_, reply| reply.set("content-type", "Text/Event-Stream ; Charset=\"UTF-8\"")),
    Row::right("title-case", "names of header fields in title case", |_, reply| for (name, _) in &mut reply.headers { *name = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect::<Vec<_>>().join("-") }),
    Row::right("no-cors", "no CORS, no hint for proxies", |_, reply| { reply.remove("access-control-allow-origin"); reply.remove("access-control-allow-headers"); reply.remove("x-accel-buffering") }),
    Row::right("one-origin", "CORS for one origin", |_, reply| { reply.set("access-control-allow-origin", "https://example.org"); reply.set("vary", "origin") }),
    Row::right("no-store", "no-store, with other directives", |_, reply| reply.set("cache-control", "No-Store, no-transform, private")),
    Row::right("expired", "stale at once by Expires alone, as before HTTP/1.1", |_, reply| { reply.remove("cache-control"); reply.set("expires", "0") }),
    Row::right("stale-at-once", "stale at once for everybody", |_, reply| reply.set("cache-control", "max-age=0, s-maxage=0, must-revalidate")),
    Row::right("identity", "a transfer coding that was taken from the standard long ago", |request, reply| if request.version == "HTTP/1.1" && reply.has_body() { reply.framing = Framing::Close; reply.set("transfer-encoding", "identity") }),
    Row::right("coding-none", "Content-Encoding: none, as graphql-sse and others send it", |_, reply| reply.set("content-encoding", "none")),
    Row::right("head-405", "HEAD and OPTIONS are not allowed", |request, reply| if !request.is("GET") { reply.remove("access-control-allow-origin"); reply.status(405, "Method Not Allowed"); reply.set("allow", "GET") }),
    Row::right("html-406", "text/html is not acceptable", |request, reply| if request.header("accept").as_deref() == Some("text/html") { reply.status(406, "Not Acceptable") }),
    Row::right("page-for-html", "the same URL is a page for those who ask for one", |request, reply| if request.header("accept").as_deref() == Some("text/html") { reply.set("content-type", "text/html"); reply.bytes("<p>a page"); reply.ends() }),
    Row::right("long-id-431", "a long id is too long for a header", |request, reply| if request.header("last-event-id").is_some_and(|id| id.len() > 4096) { reply.status(431, "Request Header Fields Too Large") }),
    Row::right("answers", "a finite stream that says when it is over", |_, reply| { reply.pieces(&[b"data: {\"text\": \"a\"}\n\n", b"data: {\"text\": \"b\"}\n\n", b"data: [DONE]\n\n"]); reply.ends() }).events(usize::MAX),
    Row::right("json-over-lines", "JSON over several data lines, and text with \\n\\ndata: in it", |request, reply| reply.events(request.last_id(), |number| format!("id: {number}\ndata: {{\ndata:   \"text\": \"a\\n\\ndata: b\"\ndata: }}\n\n"))),
    Row::right("big-comment", "2 KiB of spaces in a comment first", |_, reply| if reply.has_body() { reply.body.insert(1, Step::Send(format!(":{}\n\n", " ".repeat(2048)).into_bytes())) }),
    Row::right("bom", "a byte order mark at the start", |_, reply| if reply.has_body() { reply.body.insert(1, Step::Send("\u{feff}".into())) }),
    Row::right("typed", "every event has a type, some have empty data", |request, reply| reply.events(request.last_id(), |number| format!("event: tick\nid: {number}\ndata\n\n"))),
    Row::right("unicode", "U+2028, U+0085, VT, FF and NUL in data", |_, reply| reply.each(|text| text.replace("event 2", "a\u{2028}b\u{85}c\u{b}d\u{c}e\0f 😀"))),
    Row::right("pause-in-event", "an event comes in two pieces", |_, reply| if reply.has_body() { reply.body.insert(1, Step::Send(b"da".to_vec())); reply.body.insert(2, Step::Wait(GAP)); reply.body.insert(3, Step::Send(b"ta: first\n\n".to_vec())) }),
    Row::right("not-http10", "HTTP/1.0 is refused", |request, reply| if request.version == "HTTP/1.0" { reply.status(505, "HTTP Version Not Supported") }),
    Row::right("http10-hangs", "HTTP/1.0 is not answered", |request, reply| if request.version == "HTTP/1.0" { reply.hang() }),
    Row::right("http10-nothing", "in HTTP/1.0 there is nothing to read, and it says so", |request, reply| if request.version == "HTTP/1.0" { reply.no_body(); reply.set("content-length", "0") }),
    Row::right("head-200-length", "HEAD is answered with the length that the GET would have", |request, reply| if request.is("HEAD") { reply.set("content-length", "1000") }),
    Row::right("gzip-flushed", "gzip for who offers it, each event flushed", |request, reply| if request.offers("gzip") { reply.coded("gzip", How::Flushed) }),
    Row::right("br-flushed", "br for who offers it, each event flushed", |request, reply| if request.offers("br") { reply.coded("br", How::Flushed) }),
    Row::right("zstd-flushed", "zstd for who offers it, each event flushed", |request, reply| if request.offers("zstd") { reply.coded("zstd", How::Flushed) }),
    Row::right("coded-slowly", "any coding that is offered, and events far apart", |request, reply| { reply.slowly(); for coding in ["gzip", "br", "zstd"] { if request.offers(coding) { reply.coded(coding, How::Flushed) } } }).scaled(2.0),
    Row::right("coded-finite", "any coding that is offered, and the stream ends", |request, reply| { reply.ends(); for coding in ["gzip", "br", "zstd"] { if request.offers(coding) { reply.coded(coding, How::Flushed) } } }).events(usize::MAX),
    Row::right("early-hints", "an interim response comes first", |_, reply| reply.interim = true),
    Row::right("chunk-extensions", "chunks have extensions, their sizes leading zeros, and events are torn by them", |request, reply| if request.is("GET") && request.version == "HTTP/1.1" { reply.framing = Framing::Nothing; reply.set("transfer-encoding", "Chunked"); reply.pieces(&[b"0005;a=b\r\ndata:\r\n4;c\r\n a\n\n\r\n", b"f\r\nid: 1\ndata: b\n\n\r\n0\r\nX-Trailer: 1\r\n\r\n"]); reply.ends() }).events(usize::MAX),
    Row::right("h2-silent", "nothing but the head in HTTP/2", |_, reply| { reply.body.clear(); if reply.end == End::Open { reply.end = End::Silent } }).over(HttpVersion::Http2PriorKnowledge),
    Row::right("h2-slow", "an event every 700 ms in HTTP/2", |_, reply| reply.pauses(Duration::from_millis(700))).over(HttpVersion::Http2PriorKnowledge),
    Row::right("h2-finite", "a stream in HTTP/2 that ends", |_, reply| reply.ends()).over(HttpVersion::Http2PriorKnowledge).events(usize::MAX),
    Row::right("h2-trailers-of-others", "fields that only HTTP/1 knows are left out in HTTP/2, others stay", |request, reply| if request.version == "HTTP/2" { reply.set("te", "trailers"); reply.set("alt-svc", "h3=\":443\"") }).over(HttpVersion::Http2PriorKnowledge),
    Row::right("id-taken-back", "an empty id takes back the one before", |_, reply| reply.each(|text| text.replace("id: 3\n", "id\n"))),
    Row::right("bare-comments", "comments without a blank line between events", |_, reply| reply.each(|text| text.replace(": still here\n\n", ":\n"))),
    Row::right("whole-kibibytes", "pieces of 1 KiB that are whole events", |_, reply| if reply.has_body() { let event = format!("data: {}\n\n", "x".repeat(504)); let piece = event.repeat(2).into_bytes(); reply.body = (0..6).flat_map(|_| [Step::Wait(Duration::from_millis(300)), Step::Send(piece.clone())]).collect() }).events(usize::MAX),
    Row::right("five-at-once", "events that happen together, five of them every 600 ms", |_, reply| if reply.has_body() { reply.body = (0..7).flat_map(|lump| { let events = (0..5).map(|event| format!("event: sensor-{event}\ndata: {{\"at\": {}}}\n\n", 1_764_057_600_000_u64 + 600 * lump)); [Step::Wait(Duration::from_millis(600)), Step::Send(events.collect::<String>().into_bytes())] }).collect() }).events(usize::MAX).watched_for(Duration::from_millis(4_500)),
    Row::right("line-by-line", "each line of an event is written when it is known", |_, reply| { reply.pieces(&[b"data: a\n", b"data: b\n\n", b"data: c\n", b"data: d\n\n", b"data: e\n", b"data: f\n\n"]); reply.pauses(Duration::from_millis(300)) }),
    Row::right("ends-with-a-comment", "the stream ends behind a comment without a blank line", |_, reply| if reply.has_body() { reply.body.push(Step::Send(b": bye\n".to_vec())); reply.ends() }).events(usize::MAX),
    Row::right("speaks-of-fields", "the data of one event begins with data:, others hold lists of JSON", |_, reply| reply.pieces(&[b"data: data: is a field\n\n", b"data: [1]\ndata: [2]\n\n", b"data: {\ndata: \"id: 7\": 1}\n\n"])),
    Row::right("many-streams-429", "the seventh stream is told that there are too many", |request, reply| if request.others >= 6 && request.is("GET") { reply.status(429, "Too Many Requests"); reply.add("retry-after", "5") }),
    Row::right("private-parts", "Content-Encoding: identity, Vary: *, and private caches", |_, reply| { reply.set("content-encoding", "identity"); reply.set("vary", "*"); reply.set("cache-control", "private, no-cache=\"set-cookie\", no-transform") }),
    Row::right("over-for-good", "a known id is answered with 204", |request, reply| if request.last_id() > 0 { reply.status(204, "No Content") }),
    Row::right("greets-path", "a segment of the path comes back in a data line for each of its lines", |request, reply| reflect::write(request, reply, reflect::path, reflect::split)).given("path"),
    Row::right("greets-header", "a header comes back in a data line for each of its lines", |request, reply| reflect::write(request, reply, reflect::header, reflect::split)).given("header:X-Name"),
    Row::right("greets-in-json", "a segment of the path comes back in a string of JSON", |request, reply| reflect::write(request, reply, reflect::path, reflect::json)).given("path"),
    Row::right("greets-coded", "a header comes back in percent-encoding", |request, reply| reflect::write(request, reply, reflect::header, reflect::coded)).given("header:X-Name"),
    Row::right("greets-in-one-line", "a segment of the path comes back without its line ends", |request, reply| reflect::write(request, reply, reflect::path, reflect::cut_out)).given("path"),
    Row::right("greets-politely", "a segment of the path with a line end is answered with 400", |request, reply| reflect::refuse(request, reply, reflect::path)).given("path"),
    Row::right("does-not-greet", "a header does not come back", |_, _| {}).given("header:X-Name"),
];
