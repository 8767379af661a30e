//! Where a redirect leads, as Fetch follows it: <https://fetch.spec.whatwg.org/#http-redirect-fetch>.

use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, LOCATION, ORIGIN};

use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;

/// How many redirects Fetch follows.
pub(super) const MOST_REDIRECTS: usize = 20;

impl Ask<'_> {
    /// The request that `response` leads on to, if it leads anywhere. Credentials never go to another origin.
    pub(super) fn led_on_by(&self, response: &reqwest::Response) -> Option<Self> {
        let status = response.status().as_u16();
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = response.headers().get(LOCATION)?.to_str().ok()?;
        let url = self.url.join(location).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let mut next = self.clone();
        if becomes_get(status, &self.method) {
            (next.method, next.body) = (Method::GET, None);
        }
        if url.origin() != self.url.origin() {
            next.with_secrets = false;
            // What is no secret by its name may be one by what it was named for, such as the header of another session.
            let bare = [ACCEPT, ACCEPT_ENCODING, LAST_EVENT_ID, ORIGIN];
            next.headers.retain(|(name, _)| bare.contains(name));
        }
        next.url = url;
        Some(next)
    }
}

/// Whether a redirect makes a GET of a request.
fn becomes_get(status: u16, method: &Method) -> bool {
    match status {
        301 | 302 => *method == Method::POST,
        303 => !matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    }
}
