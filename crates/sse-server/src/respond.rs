//! From a request to a response, without a connection.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
#[cfg(feature = "gzip")]
use http::header::{CONTENT_ENCODING, VARY};
use http::{Method, Response, StatusCode, Uri, request};

use crate::body::{Events, ResponseBody};
use crate::hub::Hub;
use crate::topic::Topic;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

impl Hub {
    /// Answers a request for `/topic`; any server that speaks the types of the crate `http` can mount it.
    ///
    /// `Accept` is not looked at, because a topic has one representation only. A `Last-Event-ID` is opaque text: one that is not
    /// UTF-8, or not known, is answered as [`UnknownId`](crate::UnknownId) says, never with an error.
    #[must_use]
    pub fn respond(&self, request: &request::Parts) -> Response<ResponseBody> {
        let topic = self.asked_for(&request.uri);
        let Some(topic) = topic else {
            return self.with_cors(
                request,
                text(StatusCode::NOT_FOUND, "there is no such topic\n"),
            );
        };
        match request.method {
            Method::GET => {
                let id = request
                    .headers
                    .get(LAST_EVENT_ID)
                    .map(|id| String::from_utf8_lossy(id.as_bytes()));
                match topic.subscribe(id.as_deref()) {
                    Some(events) => self.with_cors(request, self.stream(request, events)),
                    None => self.with_cors(request, empty(StatusCode::NO_CONTENT)),
                }
            }
            Method::HEAD => {
                let (response, _) = self.stream_head(request);
                self.with_cors(request, response.map(|()| ResponseBody::Head))
            }
            Method::OPTIONS => {
                let mut response = empty(StatusCode::NO_CONTENT);
                response.headers_mut().insert(ALLOW, METHODS);
                self.settings()
                    .cors
                    .apply_to_preflight(&request.headers, response.headers_mut());
                response
            }
            _ => {
                let mut response = text(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "a stream is read with GET\n",
                );
                response.headers_mut().insert(ALLOW, METHODS);
                self.with_cors(request, response)
            }
        }
    }

    /// The topic that the path names.
    pub(crate) fn asked_for(&self, uri: &Uri) -> Option<Topic> {
        self.find(uri.path().trim_start_matches('/'))
    }

    fn stream(&self, request: &request::Parts, events: Events) -> Response<ResponseBody> {
        let (response, gzip) = self.stream_head(request);
        let events = match gzip {
            #[cfg(feature = "gzip")]
            true => events.gzip(),
            _ => events,
        };
        response.map(|()| ResponseBody::Events(events))
    }

    /// The head of a stream, and whether the stream is compressed.
    fn stream_head(&self, request: &request::Parts) -> (Response<()>, bool) {
        let mut response = Response::new(());
        let headers = response.headers_mut();
        let event_stream = HeaderValue::from_static(sse_encoder::CONTENT_TYPE);
        headers.insert(CONTENT_TYPE, event_stream);
        // no-transform keeps compressors on the way from gathering events.
        let cache = HeaderValue::from_static("no-cache, no-transform");
        headers.insert(CACHE_CONTROL, cache);
        let buffering = HeaderName::from_static("x-accel-buffering");
        headers.insert(buffering, HeaderValue::from_static("no"));
        let gzip = self.negotiate(&request.headers, headers);
        (response, gzip)
    }

    #[cfg(feature = "gzip")]
    fn negotiate(&self, request: &HeaderMap, response: &mut HeaderMap) -> bool {
        if !self.settings().gzip {
            return false;
        }
        response.append(VARY, HeaderValue::from_static("Accept-Encoding"));
        let gzip = crate::gzip::wanted(request);
        if gzip {
            response.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        gzip
    }

    #[cfg(not(feature = "gzip"))]
    #[expect(
        clippy::unused_self,
        reason = "with the feature it looks at the settings"
    )]
    fn negotiate(&self, _request: &HeaderMap, _response: &mut HeaderMap) -> bool {
        false
    }

    fn with_cors(
        &self,
        request: &request::Parts,
        mut response: Response<ResponseBody>,
    ) -> Response<ResponseBody> {
        self.settings()
            .cors
            .apply(&request.headers, response.headers_mut());
        response
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

fn empty(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Text(None));
    *response.status_mut() = status;
    response
}
