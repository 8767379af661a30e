//! Servers that write a value of the request into their stream.

use crate::reply::{End, Reply, Request};

/// The value that a request carries, if it has one.
pub(crate) type Value = fn(&Request) -> Option<String>;

/// The parameter `name` of the query.
pub(crate) fn query(request: &Request) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(name, _)| name == "name")
        .map(|(_, value)| value.into_owned())
}

/// The last segment of the path, unless it is that of the stream.
pub(crate) fn path(request: &Request) -> Option<String> {
    let path = request.target.split('?').next()?;
    let segment = path.strip_prefix('/').filter(|rest| *rest != "events")?;
    Some(decoded(segment))
}

/// The header `X-Name`, which is in percent-encoding.
pub(crate) fn header(request: &Request) -> Option<String> {
    request.header("x-name").map(|value| decoded(&value))
}

fn decoded(text: &str) -> String {
    // What a form is made of is the same but for the plus sign, which is not sent.
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    let (name, value) = pairs.next().unwrap_or_default();
    format!("{name}{value}")
}

/// Writes `lines` of the value; a stream without a value stays as it is.
pub(crate) fn write(request: &Request, reply: &mut Reply, value: Value, lines: fn(&str) -> String) {
    if let Some(value) = value(request) {
        reply.bytes(format!("{}\n\n", lines(&value)));
        reply.end = End::Silent;
    }
}

/// The value as it is.
pub(crate) fn raw(value: &str) -> String {
    format!("data: hello {value}")
}

/// The value in a type.
pub(crate) fn as_type(value: &str) -> String {
    format!("event: {value}\ndata: hello")
}

/// The value in a comment.
pub(crate) fn as_comment(value: &str) -> String {
    format!(": {value}\n\ndata: hello")
}

/// Split at LF, as if nothing else ended a line.
pub(crate) fn split_at_lf(value: &str) -> String {
    raw(&value.replace('\n', "\ndata: "))
}

/// A data line for each line, as it should be.
pub(crate) fn split(value: &str) -> String {
    raw(&value
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\ndata: "))
}

/// The value in a string of JSON.
pub(crate) fn json(value: &str) -> String {
    format!("data: {}", serde_json::json!({ "hello": value }))
}

/// The value in percent-encoding.
pub(crate) fn coded(value: &str) -> String {
    let coded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    format!("data: hello {coded}")
}

/// The value without its line ends.
pub(crate) fn cut_out(value: &str) -> String {
    raw(&value.replace(['\r', '\n'], ""))
}

/// Answers 400 to a value with a line end, and greets the others.
pub(crate) fn refuse(request: &Request, reply: &mut Reply, value: Value) {
    if value(request).is_some_and(|value| value.contains(['\r', '\n'])) {
        reply.status(400, "Bad Request");
    } else {
        write(request, reply, value, raw);
    }
}
