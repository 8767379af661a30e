//! HEAD, and the OPTIONS that a browser sends ahead of a cross-origin `fetch()` with headers of its own.

use reqwest::Method;
use reqwest::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN,
};

use super::Prober;
use super::ask::Ask;
use super::origin::FOREIGN;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;
use crate::settings::StopRules;

/// As much of what comes behind the head of an answer to HEAD is worth showing, in bytes.
const SHOWN: usize = 256;

impl Prober {
    /// `head`, by hand, so that what comes behind the head is seen, and `options`.
    pub(super) async fn methods(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Methods) {
            return nothing;
        }
        let rules = briefly(self.brief(), 1);
        let mut head = Ask::stream("head", self);
        head.method = Method::HEAD;
        head.body = None;
        let mut options = Ask::stream("options", self)
            .header(ORIGIN, HeaderValue::from_static(FOREIGN))
            .header(
                ACCESS_CONTROL_REQUEST_METHOD,
                HeaderValue::from_static("GET"),
            )
            .header(
                ACCESS_CONTROL_REQUEST_HEADERS,
                HeaderValue::from_static("last-event-id"),
            );
        options.method = Method::OPTIONS;
        options.body = None;
        // A preflight carries no credentials: https://fetch.spec.whatwg.org/#cors-preflight-fetch
        options.with_secrets = false;
        let behind_head = StopRules {
            bytes: SHOWN,
            ..rules.clone()
        };
        let head = self
            .wire_ask(&head.keep_as_it_comes(), |_| {}, Some(&behind_head))
            .await;
        Observation::of(
            Probe::Methods,
            vec![head.exchange, self.ask(options, Some(&rules)).await],
        )
    }
}
