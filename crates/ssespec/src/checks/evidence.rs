//! Observations made by hand, for the tests of judges.

use crate::check::{Judgement, Probe, Verdict};
use crate::header::Header;
use crate::observation::{Answer, Body, End, Exchange, Observation, Request, Response, Stop};

/// An exchange in the making: `GET`, answered at once with 200, `text/event-stream`, and a body that we left.
pub(crate) struct Evidence {
    name: String,
    response: Response,
}

impl Evidence {
    /// With this body, which came in one piece after 10 ms.
    pub(crate) fn of(body: &[u8]) -> Self {
        let response = Response {
            version: "HTTP/1.1".to_owned(),
            status: 200,
            headers: vec![Header::new("content-type", "text/event-stream")],
            head_at: 5_000,
            body: Body::default(),
            end: End::Left(Stop::Time),
            ended_at: 10_000_000,
        };
        let evidence = Self {
            name: "stream".to_owned(),
            response,
        };
        if body.is_empty() {
            evidence
        } else {
            evidence.then(body, 10)
        }
    }

    /// And then this, so many milliseconds after the request.
    pub(crate) fn then(mut self, bytes: &[u8], milliseconds: u64) -> Self {
        self.response
            .body
            .push(bytes, milliseconds * 1_000, usize::MAX);
        self
    }

    /// Called something else than `stream`.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// Changed in any other way.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Response)) -> Self {
        change(&mut self.response);
        self
    }

    pub(crate) fn exchange(self) -> Exchange {
        Exchange {
            name: self.name,
            request: Request {
                method: "GET".to_owned(),
                url: "http://127.0.0.1/".to_owned(),
                headers: Vec::new(),
                body: None,
            },
            answer: Answer::Response(self.response),
        }
    }

    pub(crate) fn observation(self, probe: Probe) -> Observation {
        Observation::of(probe, vec![self.exchange()])
    }
}

/// What kind of judgement it is.
pub(crate) fn named(judgement: Judgement) -> &'static str {
    match judgement {
        Ok(Verdict::Pass) => "pass",
        Ok(Verdict::Fail(_)) => "fail",
        Ok(Verdict::Unsupported(_)) => "unsupported",
        Ok(Verdict::Note(_)) => "note",
        Err(_) => "not observed",
    }
}
