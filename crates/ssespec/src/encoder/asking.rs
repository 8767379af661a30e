//! Scripts to exchanges, through a driver that is started anew when it breaks.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::Settings;
use crate::body::{Body, MOST_BYTES};
use crate::driver::{Answer as Answers, Driver, DriverError, Question};
use crate::escape;
use crate::header::Header;
use crate::observation::{Answer, End, Exchange, Failure, Request, Response};
use crate::script::Script;

/// After it has broken so many times it is asked nothing more.
const MOST_TROUBLES: usize = 8;

/// An encoder under test.
pub(super) struct Encoder<'s> {
    settings: &'s Settings,
    /// `None` once it is asked nothing more.
    driver: Option<Driver>,
    name: String,
    asked: usize,
    troubles: usize,
    /// What it wrote to stderr before it last broke.
    tail: Option<String>,
    /// Whether it could not be started again.
    died: bool,
}

#[derive(Deserialize)]
struct Reply {
    case: String,
    bytes: Option<String>,
    refused: Option<Value>,
    unsupported: Option<Value>,
}

impl Answers for Reply {
    fn case(&self) -> &str {
        &self.case
    }
}

impl<'s> Encoder<'s> {
    pub(super) async fn start(settings: &'s Settings) -> Result<Self, DriverError> {
        let driver = Driver::start(&settings.program, settings.patience).await?;
        let greeting = driver.greeting();
        let name = match (&greeting.name, &greeting.version) {
            (Some(name), Some(version)) => escape::printable(&format!("{name} {version}")),
            (Some(name), None) => escape::printable(name),
            (None, _) => settings.program.shown(),
        };
        Ok(Self {
            settings,
            driver: Some(driver),
            name,
            asked: 0,
            troubles: 0,
            tail: None,
            died: false,
        })
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// How many scripts were sent.
    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// What it wrote to stderr before it last broke.
    pub(super) fn output(&self) -> Option<String> {
        self.tail.clone().filter(|tail| !tail.is_empty())
    }

    /// Whether it is asked nothing more.
    pub(super) fn gave_up(&self) -> bool {
        self.driver.is_none()
    }

    /// Whether it could not be started again.
    pub(super) fn died(&self) -> bool {
        self.died
    }

    pub(super) async fn stop(self) {
        if let Some(driver) = self.driver {
            driver.stop().await;
        }
    }

    /// What comes of each script, in order; fewer if it has broken too often.
    pub(super) async fn ask(&mut self, scripts: &[Script]) -> Vec<Exchange> {
        let mut exchanges = Vec::with_capacity(scripts.len());
        while exchanges.len() < scripts.len() {
            let Some(driver) = &mut self.driver else {
                break;
            };
            let rest = &scripts[exchanges.len()..];
            let first = self.asked;
            let questions = rest.iter().enumerate();
            let questions = questions.map(|(place, script)| question(first + place, script));
            let mut answers = Vec::new();
            let outcome = driver
                .exchange(questions, |_, reply: Reply| answers.push(answer(reply)))
                .await;
            if let Err(trouble) = outcome {
                answers.push(nothing(trouble.how.to_string()));
                self.tail = Some(trouble.tail);
                self.start_again().await;
            }
            self.asked += answers.len();
            let told = rest.iter().zip(answers);
            exchanges.extend(told.map(|(script, answer)| exchange(script, answer)));
        }
        exchanges
    }

    async fn start_again(&mut self) {
        self.driver = None;
        self.troubles += 1;
        if self.troubles < MOST_TROUBLES {
            let again = Driver::start(&self.settings.program, self.settings.patience).await;
            self.died = again.is_err();
            self.driver = again.ok();
        }
    }
}

fn question(place: usize, script: &Script) -> Question {
    let case = place.to_string();
    let line = serde_json::json!({ "case": case, "script": script.steps });
    Question {
        line: format!("{line}\n").into_bytes(),
        case,
        allowance: Duration::ZERO,
    }
}

/// An answer in the terms of a replay endpoint, so that the same judge reads both.
fn answer(reply: Reply) -> Answer {
    let Reply {
        bytes,
        refused,
        unsupported,
        ..
    } = reply;
    match (bytes, refused, unsupported) {
        (Some(bytes), None, None) => match STANDARD.decode(bytes.as_bytes()) {
            Ok(bytes) => response(200, &bytes),
            Err(error) => nothing(format!("answered with bytes that are not Base64: {error}")),
        },
        (None, Some(_), None) => response(422, b""),
        (None, None, Some(_)) => response(501, b""),
        _ => nothing(
            "answered with none, or more than one, of bytes, refused and unsupported".to_owned(),
        ),
    }
}

fn response(status: u16, bytes: &[u8]) -> Answer {
    let mut body = Body::default();
    let whole = body.push(bytes, 0, MOST_BYTES);
    Answer::Response(Response {
        version: String::new(),
        status,
        headers: vec![Header::new("content-type", "text/event-stream")],
        head_at: 0,
        body,
        end: if whole {
            End::Complete
        } else {
            End::Left(crate::observation::Stop::TooMuch)
        },
        ended_at: 0,
    })
}

fn nothing(what: String) -> Answer {
    Answer::Nothing {
        why: Failure::NoAnswer(what),
        after: 0,
    }
}

fn exchange(script: &Script, answer: Answer) -> Exchange {
    Exchange {
        name: "script".to_owned(),
        request: Request {
            method: String::new(),
            url: String::new(),
            headers: Vec::new(),
            body: Some(script.to_json()),
        },
        answer,
    }
}
