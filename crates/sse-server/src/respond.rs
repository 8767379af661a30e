//! From a request to a response, without a connection.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode, request};

use crate::body::ResponseBody;
use crate::hub::Hub;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

impl Hub {
    /// Answers a request for `/topic`; any server that speaks the types of the crate `http` can mount it.
    ///
    /// `Accept` is not looked at, because a topic has one representation only. A `Last-Event-ID` is opaque text: one that is not
    /// UTF-8, or not known, is answered as [`UnknownId`](crate::UnknownId) says, never with an error.
    #[must_use]
    pub fn respond(&self, request: &request::Parts) -> Response<ResponseBody> {
        let topic = self.find(request.uri.path().trim_start_matches('/'));
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
                    Some(events) => self.with_cors(request, stream(ResponseBody::Events(events))),
                    None => self.with_cors(request, empty(StatusCode::NO_CONTENT)),
                }
            }
            Method::HEAD => self.with_cors(request, stream(ResponseBody::Head)),
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

fn stream(body: ResponseBody) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(sse_encoder::CONTENT_TYPE),
    );
    // no-transform keeps compressors on the way from gathering events.
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-transform"),
    );
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

fn text(status: StatusCode, text: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Text(Some(Bytes::from_static(
        text.as_bytes(),
    ))));
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
