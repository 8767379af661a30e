use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, ORIGIN, VARY,
};

/// Which pages of [other origins](https://fetch.spec.whatwg.org/#http-cors-protocol) may read the streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cors {
    /// None: only pages of the server's own origin.
    SameOrigin,
    /// All, without credentials.
    Any,
    /// Those of these origins, such as `https://example.org`, with credentials.
    Only(Vec<String>),
}

impl Cors {
    /// Adds what a response to a request with these headers says about it.
    pub(crate) fn apply(&self, request: &HeaderMap, response: &mut HeaderMap) {
        match self {
            Self::SameOrigin => {}
            Self::Any => {
                response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Self::Only(origins) => {
                // Also when it is not let in: the answer depends on who asks.
                response.append(VARY, HeaderValue::from_static("Origin"));
                let allowed = request.get(ORIGIN).filter(|origin| {
                    origins
                        .iter()
                        .any(|one| one.as_bytes() == origin.as_bytes())
                });
                if let Some(origin) = allowed {
                    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                    response.insert(
                        ACCESS_CONTROL_ALLOW_CREDENTIALS,
                        HeaderValue::from_static("true"),
                    );
                }
            }
        }
    }

    /// Adds the answer to a [preflight](https://fetch.spec.whatwg.org/#cors-preflight-fetch).
    pub(crate) fn apply_to_preflight(&self, request: &HeaderMap, response: &mut HeaderMap) {
        self.apply(request, response);
        if response.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            response.insert(
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET, HEAD"),
            );
            // Named one by one, because `*` never stands for Authorization.
            response.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("Last-Event-ID, Cache-Control, Authorization"),
            );
            response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
    }
}
