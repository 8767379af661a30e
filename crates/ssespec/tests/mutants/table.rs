//! The broken servers, one row a defect.

use std::time::Duration;

use ssespec::settings::HttpVersion;

use crate::Row;
use crate::reply::{Deaf, End, Framing, Reply, Step};

/// A pause from which on a head or a first event is late.
const LATE: Duration = Duration::from_millis(1_100);

/// Each is the control with one thing broken, and the checks that must say so. No other check may.
#[rustfmt::skip]
pub(crate) const MUTANTS: &[Row] = &[
    // The response
    Row::new("type-html", "the type is text/html", &["resp/content-type"], |_, reply| reply.set("content-type", "text/html; charset=utf-8")),
    Row::new("type-none", "there is no Content-Type", &["resp/content-type"], |_, reply| reply.remove("content-type")),
    Row::new("type-json", "the type is application/json", &["resp/content-type"], |_, reply| reply.set("content-type", "application/json")),
    Row::new("type-x-ndjson", "the type is that of JSON lines", &["resp/content-type"], |_, reply| reply.set("content-type", "application/x-ndjson")),
    Row::new("type-longer", "the type only begins with text/event-stream", &["resp/content-type"], |_, reply| reply.set("content-type", "text/event-streaming")),
    Row::new("charset-latin-1", "the type names another charset", &["srv/charset"], |_, reply| reply.set("content-type", "text/event-stream; charset=ISO-8859-1")),
    Row::new("status-500", "every stream is answered with 500", &["resp/ok"], |request, reply| if request.is("GET") { reply.status(500, "Oops"); reply.set("content-type", "text/plain") }),
    Row::new("status-401", "the stream needs a token that nobody gave", &["resp/ok"], |_, reply| { reply.status(401, "Unauthorized"); reply.add("www-authenticate", "Bearer") }),
    Row::new("status-404", "there is no such resource", &["resp/ok"], |_, reply| reply.status(404, "Not Found")),
    Row::new("status-201", "the status is 201", &["resp/ok"], |request, reply| if request.is("GET") { reply.status(201, "Created") }),
    Row::new("redirect-to-login", "the stream is redirected to a page", &["redirect/follow", "resp/content-type"], |request, reply| if request.target == "/events" { reply.status(302, "Found"); reply.set("location", "/login") } else { reply.set("content-type", "text/html"); reply.bytes("<p>who are you?") }),
    Row::new("redirect-loop", "the stream is redirected to itself", &["redirect/follow", "resp/ok"], |_, reply| { reply.status(307, "Temporary Redirect"); reply.set("location", "/events") }),
    // The bytes
    Row::new("latin-1", "text is in Latin-1", &["srv/utf8"], |_, reply| reply.pieces(&[b"data: caf\xE9\n\n", b"data: x\n\n"])),
    Row::new("cut-character", "a character is cut at a chunk of 5 bytes", &["srv/utf8"], |_, reply| reply.pieces(&[b"data: abc\xE2\x82\n\n", b"data: \xACdef\n\n"])),
    Row::new("no-last-blank-line", "the stream ends without its last blank line", &["srv/grammar"], |_, reply| { reply.pieces(&[b"id: 1\ndata: a\n\n", b"id: 2\ndata: b\n"]); reply.ends() }),
    Row::new("no-last-line-end", "the stream ends in the middle of a line", &["srv/grammar"], |_, reply| { reply.pieces(&[b"id: 1\ndata: a\n\n", b"id: 2\ndata: [DONE]"]); reply.ends() }),
    Row::new("escaped-ends", "line ends are written as backslash and n", &["srv/eol"], |_, reply| reply.each(|text| text.replace('\n', "\\n"))),
    Row::new("field-in-capitals", "the field is called Data", &["lint/unknown-fields"], |_, reply| reply.each(|text| text.replace("data:", "Data:"))),
    Row::new("json-lines", "JSON stands in lines of its own, without a field", &["lint/unknown-fields"], |_, reply| reply.each(|text| text.replace("retry: 3000\n\n", "").replace("data: ", "{\"text\": \"").replace("\n\n", "\"}\n\n"))),
    Row::new("indented", "lines are indented", &["lint/unknown-fields"], |_, reply| reply.each(|text| text.replace("data:", "  data:"))),
    Row::new("name-only", "an event has a type and no data", &["lint/empty-data"], |_, reply| reply.each(|text| text.replace("data: event 2\n", "event: ping\n"))),
    Row::new("id-with-null", "an id has NULL in it", &["lint/id-nul"], |_, reply| reply.each(|text| text.replace("id: 2\n", "id: 2\0\n"))),
    Row::new("id-with-space", "an id ends with a space", &["lint/id-nul"], |_, reply| reply.each(|text| text.replace("id: 2\n", "id: 2 \n"))),
    Row::new("same-id", "all events have the same id", &["lint/id-duplicate"], |_, reply| reply.events(0, |number| format!("id: 7\ndata: event {number}\n\n"))),
    Row::new("retry-in-seconds", "retry has a unit", &["lint/retry-value"], |_, reply| reply.each(|text| text.replace("retry: 3000", "retry: 3s"))),
    Row::new("retry-0", "retry is 10 ms", &["lint/retry-value"], |_, reply| reply.each(|text| text.replace("retry: 3000", "retry: 10"))),
    Row::new("type-error", "an event is called error", &["lint/reserved-types"], |_, reply| reply.each(|text| text.replace("data: event 2\n", "event: error\ndata: event 2\n"))),
    Row::new("second-bom", "a byte order mark stands before the second event", &["lint/bom", "lint/unknown-fields"], |_, reply| reply.each(|text| text.replace("id: 2\n", "\u{feff}id: 2\n"))),
    Row::new("keep-alive-inside", "a keep-alive cuts an event in two", &["lint/comment-in-block", "lint/empty-data"], |_, reply| reply.each(|text| text.replace("data: event 2\n", "event: news\n: ping\n\ndata: event 2\n"))),
    // HTTP
    Row::new("no-cache-control", "nothing is said about caches", &["http/cache"], |_, reply| reply.remove("cache-control")),
    Row::new("cached-for-an-hour", "caches may keep the stream for an hour", &["http/cache"], |_, reply| reply.set("cache-control", "public, max-age=3600")),
    Row::new("cached-where-shared", "shared caches may keep the stream, private ones not", &["http/cache"], |_, reply| reply.set("cache-control", "s-maxage=29, max-age=0")),
    Row::new("cached-but-for-a-field", "caches must ask again for one field alone", &["http/cache"], |_, reply| reply.set("cache-control", "no-cache=\"set-cookie\", max-age=60")),
    Row::new("buffer-please", "nginx is asked to buffer", &["http/no-buffering"], |_, reply| reply.set("x-accel-buffering", "yes")),
    Row::new("gzip-unasked", "the body is in gzip, which was not offered", &["http/content-encoding"], |_, reply| { reply.set("content-encoding", "gzip"); reply.bytes(&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..]) }),
    Row::new("no-last-chunk", "the stream ends without its last chunk", &["http/framing-h1"], |_, reply| { reply.pieces(&[b"id: 1\ndata: a\n\n"]); reply.end = End::Abort }),
    Row::new("length-and-chunks", "both Content-Length and Transfer-Encoding", &["http/framing-h1"], |_, reply| if reply.framing == Framing::Chunked { reply.add("content-length", "100000") }),
    Row::new("head-with-first-event", "the head waits for the first event", &["http/headers-early"], |request, reply| if request.is("GET") { reply.head_with_body = true; reply.body.insert(0, Step::Wait(LATE)) }),
    Row::new("all-at-once", "events are collected and sent together, then the stream ends", &["srv/chunking"], |_, reply| { reply.at_once_after(LATE); reply.ends() }).events(usize::MAX),
    Row::new("chunks-for-http10", "a request in HTTP/1.0 is answered in chunks", &["http/http10"], |request, reply| if request.version == "HTTP/1.0" { reply.framing = Framing::Chunked }),
    Row::new("head-hangs", "HEAD is never answered", &["http/head-options"], |request, reply| if request.is("HEAD") { reply.hang() }),
    Row::new("options-500", "OPTIONS is answered with 500", &["http/head-options"], |request, reply| if request.is("OPTIONS") { reply.status(500, "Oops") }),
    Row::new("preflight-without-header", "the preflight does not let Last-Event-ID in", &["http/head-options"], |_, reply| reply.remove("access-control-allow-headers")),
    Row::new("two-origins", "Access-Control-Allow-Origin comes twice", &["http/cors"], |_, reply| reply.add("access-control-allow-origin", "*")),
    Row::new("origin-without-vary", "the origin is echoed without Vary", &["http/cors"], |request, reply| if let Some(origin) = request.header("origin") { reply.set("access-control-allow-origin", origin) }),
    Row::new("anybodys-credentials", "any origin may read with credentials", &["req/credentials"], |request, reply| if let Some(origin) = request.header("origin") { reply.set("access-control-allow-origin", origin); reply.set("vary", "Origin"); reply.set("access-control-allow-credentials", "true") }),
    Row::new("h2-keep-alive", "Connection: keep-alive over HTTP/2", &["http/h2-h3"], |_, reply| reply.set("connection", "keep-alive")).over(HttpVersion::Http2PriorKnowledge),
    Row::new("h2-upper-case", "a name in upper case over HTTP/2", &["http/h2-h3"], |_, reply| reply.set("X-Request-Id", "7")).over(HttpVersion::Http2PriorKnowledge),
    Row::new("h2-transfer-encoding", "Transfer-Encoding: chunked over HTTP/2", &["http/h2-h3"], |_, reply| reply.set("transfer-encoding", "chunked")).over(HttpVersion::Http2PriorKnowledge),
    Row::new("h2-reset", "a stream in HTTP/2 ends with a reset", &["http/h2-h3"], |_, reply| if reply.has_body() { reply.end = End::Abort }).over(HttpVersion::Http2PriorKnowledge).events(usize::MAX),
    Row::new("h2-in-line", "on one connection of HTTP/2 a stream that is not read holds up the others", &["http/flow"], |_, reply| reply.in_line = true).over(HttpVersion::Http2PriorKnowledge),
    Row::new("h2-pushy", "bytes are sent in HTTP/2 for which there is no window", &["http/flow"], |_, reply| reply.pushy = true).over(HttpVersion::Http2PriorKnowledge),
    Row::new("h2-two-streams", "the third stream on one connection of HTTP/2 is refused", &["srv/conn-limit"], |request, reply| if request.siblings >= 2 { reply.hang_up() }).over(HttpVersion::Http2PriorKnowledge),
    Row::new("accept-exactly", "only Accept: text/event-stream is served", &["req/accept"], |request, reply| if request.header("accept").as_deref() != Some("text/event-stream") && request.is("GET") { reply.status(403, "Forbidden") }),
    // Ids and many clients
    Row::new("unknown-id-400", "an id that is not a number is answered with 400", &["srv/last-event-id-read", "reconnect/last-event-id-utf8"], |request, reply| if request.header("last-event-id").is_some_and(|id| id.parse::<u64>().is_err()) { reply.status(400, "Bad Request") }),
    Row::new("id-beyond-ascii-500", "an id beyond ASCII is answered with 500", &["reconnect/last-event-id-utf8"], |request, reply| if request.header("last-event-id").is_some_and(|id| !id.is_ascii()) { reply.status(500, "Oops") }),
    Row::new("long-id-hangs-up", "a long id ends the connection", &["srv/last-event-id-long"], |request, reply| if request.header("last-event-id").is_some_and(|id| id.len() > 1024) { reply.hang_up() }),
    Row::new("from-the-start", "a reconnection begins with the first event again", &["srv/resume-exact"], |request, reply| if request.last_id() > 0 { reply.events(0, |number| format!("id: {number}\ndata: event {number}\n\n")) }),
    Row::new("off-by-one", "a reconnection repeats the last event", &["srv/resume-exact"], |request, reply| if request.last_id() > 0 { reply.events(request.last_id() - 1, |number| format!("id: {number}\ndata: event {number}\n\n")) }),
    Row::new("one-lost", "a reconnection loses one event", &["srv/resume-exact"], |request, reply| if request.last_id() > 0 { reply.events(request.last_id() + 1, |number| format!("id: {number}\ndata: event {number}\n\n")) }),
    Row::new("four-at-most", "the sixth stream at the same time is refused", &["srv/conn-limit"], |request, reply| if request.others >= 4 && request.is("GET") { reply.status(503, "Service Unavailable") }),
    Row::new("one-after-the-other", "only the stream that was there first gets events", &["http/flow"], |request, reply| if request.others > 0 && request.is("GET") { reply.body.clear(); reply.end = End::Silent }),
    Row::new("poll", "the response ends after its events, without ids and without retry", &["srv/open-ended"], |_, reply| { reply.pieces(&[b"data: a\n\n", b"data: b\n\n"]); reply.ends() }),
    Row::new("never-lets-go", "the connection is kept after the client has left", &["close/abort"], |_, reply| { reply.bytes("data: a\n\n"); reply.deaf = Deaf::ToAll; reply.end = End::Silent }),
    Row::new("holds-after-reset", "the connection is kept after the client has reset it", &["close/abort", "srv/aborted-connects"], |_, reply| { reply.bytes("data: a\n\n"); reply.deaf = Deaf::ToResets; reply.end = End::Silent }).under_stress(),
    Row::new("counts-on", "clients that have left are counted for ever", &["close/abort", "srv/aborted-connects"], |_, reply| reply.counts_on = true).gauged().under_stress(),
    Row::new("no-keep-alive", "a silent stream shows no sign of life for 21 s", &["srv/keepalive"], |_, reply| { reply.bytes("data: a\n\n"); reply.end = End::Silent }).watched_for(Duration::from_secs(21)),
    // Ids, seen from two connections
    Row::new("id-per-connection", "each connection counts its own events", &["srv/id-stable"], |request, reply| { let number = request.number; reply.events(request.last_id(), |event| format!("id: {event}\ndata: {event} of {number}\n\n")) }),
    Row::new("swapped", "two events are sent in the wrong order", &["lint/id-order", "srv/resume-exact"], |request, reply| if reply.has_body() { reply.events(request.last_id(), |number| { let number = match number { 3 => 4, 4 => 3, other => other }; format!("id: {number}\ndata: event {number}\n\n") }) }),
    Row::new("twice-at-handover", "between replay and live events one comes twice", &["srv/resume-exact"], |request, reply| if request.last_id() > 0 { let last = request.last_id(); reply.events(last, |number| { let number = if number > last + 2 { number - 1 } else { number }; format!("id: {number}\ndata: event {number}\n\n") }) }),
    Row::new("known-id-410", "an id that was given out is answered with 410", &["srv/resume-exact"], |request, reply| if request.last_id() > 0 { reply.status(410, "Gone") }),
    Row::new("id-in-header", "the id comes back in a header", &["srv/last-event-id-read"], |request, reply| if let Some(id) = request.header("last-event-id") { reply.set("x-resumed-after", id) }),
    Row::new("quotes-500", "an id with a quote breaks the query", &["srv/last-event-id-read"], |request, reply| if request.header("last-event-id").is_some_and(|id| id.contains('\'')) { reply.status(500, "Oops") }),
    Row::new("tab-500", "an id with a tab is answered with 500", &["srv/last-event-id-read"], |request, reply| if request.header("last-event-id").is_some_and(|id| id.contains('\t')) { reply.status(500, "Oops") }),
    // Codings
    Row::new("gzip-held-back", "gzip keeps events until its block is full", &["http/content-encoding"], |request, reply| if request.header("accept-encoding").as_deref() == Some("gzip") { coded(reply, b"\x1f\x8b\x08\0\0\0\0\0\0\x03") }),
    Row::new("gzip-in-name-only", "the body is labelled gzip and is not", &["http/content-encoding"], |request, reply| if request.header("accept-encoding").as_deref() == Some("gzip") { reply.set("content-encoding", "gzip") }),
    Row::new("br-for-zstd", "br is sent to who offers zstd", &["http/content-encoding"], |request, reply| if request.header("accept-encoding").as_deref() == Some("zstd") { coded(reply, b"\x0b") }),
    Row::new("gzip-cut-off", "the stream ends in the middle of the gzip data", &["http/content-encoding"], |request, reply| if request.header("accept-encoding").as_deref() == Some("gzip") { coded(reply, &gzip(b"data: a\n\n")[..20]); reply.ends() }),
    // Clients that come back, and many of them
    Row::new("too-often", "a client that comes back at once is told that it asks too often", &["srv/come-back"], |request, reply| if BACK.contains(&request.number) && request.header("last-event-id").is_none() { reply.status(429, "Too Many Requests") }),
    Row::new("over-but-200", "after the end, 200 and nothing, again and again", &["srv/204-stop"], |request, reply| { reply.ends(); if request.last_id() >= 10 { reply.pieces(&[b": nothing new\n\n"]) } }).events(usize::MAX),
    Row::new("sixth-dropped", "the sixth stream at the same time is dropped without an answer", &["srv/conn-limit", "srv/5xx-capacity"], |request, reply| if request.others >= 4 && request.is("GET") { reply.hang_up() }),
    Row::new("worn-out", "nobody is served after many requests", &["srv/aborted-connects"], |request, reply| if request.number > 200 { reply.status(503, "Service Unavailable") }).under_stress(),
];

/// The numbers of the requests that a gentle run makes between watching the stream and opening several at once.
const BACK: std::ops::Range<usize> = 24..32;

/// A body in a content coding, of these bytes.
fn coded(reply: &mut Reply, bytes: &[u8]) {
    let coding = if bytes.starts_with(b"\x1f\x8b") {
        "gzip"
    } else {
        "br"
    };
    reply.set("content-encoding", coding);
    reply.bytes(bytes);
    reply.end = End::Silent;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    to.write_all(bytes).expect("memory takes all");
    to.finish().expect("memory takes all")
}
