//! Leaves streams and sees by a number that the server shows whether it lets go.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{ACCEPT, HeaderValue};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep};

use super::ask::Ask;
use super::http2::CANCEL;
use super::leave::PATIENCE;
use super::vanished::Vanished;
use super::watch::briefly;
use super::wire::Wire;
use super::{ProbeError, Prober};
use crate::check::Probe;
use crate::gauge::Gauge;
use crate::observation::Observation;
use crate::settings::{Manner, StopRules};

/// How many streams are left at once.
pub(crate) const STREAMS: u8 = 3;

/// What those are called whose network has gone.
pub(crate) const VANISHED: &str = "vanished";

/// How often the number is read.
const LOOK: Duration = Duration::from_millis(500);

/// The most that is read of the page with the number, in bytes (4 MiB).
const LONGEST_PAGE: usize = 4 << 20;

impl Prober {
    /// What the gauge says, if there is one.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Gauge`] if no number can be read there.
    pub(super) async fn read_gauge(&self) -> Result<Option<f64>, ProbeError> {
        match &self.settings.gauge {
            Some(gauge) => self.read_number(gauge).await.map(Some),
            None => Ok(None),
        }
    }

    async fn read_number(&self, gauge: &Gauge) -> Result<f64, ProbeError> {
        let wrong = |why: String| ProbeError::Gauge {
            url: self.settings.secrets.redact_url(&gauge.url),
            why: self.settings.secrets.redact(&why),
        };
        let mut ask = Ask::stream("gauge", self).header(ACCEPT, HeaderValue::from_static("*/*"));
        ask.with_secrets = gauge.url.origin() == self.settings.url.origin();
        ask.url = gauge.url.clone();
        ask.method = reqwest::Method::GET;
        ask.body = None;
        let rules = StopRules {
            time: self.head_patience(),
            bytes: LONGEST_PAGE,
            ..StopRules::default()
        };
        let exchange = self.ask(ask, Some(&rules)).await;
        let response = exchange.response().map_err(|nothing| wrong(nothing.0))?;
        if response.status != 200 {
            return Err(wrong(format!("the status is {}", response.status)));
        }
        let text = String::from_utf8_lossy(&response.body.bytes);
        gauge.read(&text).map_err(wrong)
    }

    /// `left-1` … are closed, `reset-1` … are reset, and in HTTP/2 `cancelled-1` … are given up while their connections stay, as browsers do it; with
    /// `--stress` also `vanished-1` …, which answer nothing any more. The facts `left-before`, `left-during` and `left-after`, and the same with the
    /// others, are what the gauge said.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Gauge`] if no number can be read there any more.
    pub(super) async fn gauge(&self) -> Result<Observation, ProbeError> {
        if let Some(nothing) = self.may_repeat(Probe::Gauge) {
            return Ok(nothing);
        }
        if self.settings.gauge.is_none() {
            let why = "the server shows no number of its connections: name one with --gauge";
            return Ok(Observation::nothing(Probe::Gauge, why));
        }
        let mut observation = Observation::of(Probe::Gauge, Vec::new());
        let mut in_http2 = false;
        for manner in ["left", "reset", "cancelled", VANISHED] {
            let is_tried = match manner {
                "cancelled" => in_http2,
                VANISHED => self.settings.manner == Manner::Stress,
                _ => true,
            };
            if !is_tried {
                continue;
            }
            let before = self.settled().await?;
            let names: Vec<_> = (1..=STREAMS)
                .map(|number| format!("{manner}-{number}"))
                .collect();
            let rules = briefly(self.brief(), 1);
            let open = |name| self.wire_get(name, |_| {}, Some(&rules));
            let mut opened = join_all(names.iter().map(|name| open(name))).await;
            in_http2 = opened.iter().all(is_http2);
            let during = self
                .until(|number| number >= before + f64::from(STREAMS))
                .await?;
            let mut vanished = Vec::new();
            if manner == VANISHED {
                let sockets = opened.iter().filter_map(|wire| wire.socket.as_ref());
                vanished.extend(sockets.filter_map(|socket| Vanished::of(&**socket).ok()));
            } else {
                for wire in &mut opened {
                    leave(wire, manner).await;
                }
            }
            let after = self.until(|number| number <= before).await?;
            for (when, number) in [("before", before), ("during", during), ("after", after)] {
                let fact = format!("{manner}-{when}");
                observation.facts.insert(fact, number.to_string());
            }
            drop(vanished);
            let exchanges = opened.into_iter().map(|wire| wire.exchange);
            observation.exchanges.extend(exchanges);
        }
        Ok(observation)
    }

    /// The number as soon as it is the same twice: streams that were left before may still be counted.
    async fn settled(&self) -> Result<f64, ProbeError> {
        let mut last = f64::NAN;
        self.until(|number| std::mem::replace(&mut last, number) == number)
            .await
    }

    /// The number as soon as it is as `wanted`, or what it is after the time in which a server has to let go.
    pub(super) async fn until(
        &self,
        mut wanted: impl FnMut(f64) -> bool,
    ) -> Result<f64, ProbeError> {
        let until = Instant::now() + self.settings.scaled(PATIENCE);
        loop {
            let number = self.read_gauge().await?.unwrap_or_default();
            if wanted(number) || Instant::now() >= until {
                return Ok(number);
            }
            sleep(LOOK).await;
        }
    }
}

fn is_http2(wire: &Wire) -> bool {
    wire.exchange
        .response()
        .is_ok_and(|response| response.version == "HTTP/2")
}

/// Leaves the stream of `wire` in this manner.
async fn leave(wire: &mut Wire, manner: &str) {
    let Some(socket) = &mut wire.socket else {
        return;
    };
    if manner == "cancelled" {
        let cancelled = async {
            socket.write_all(&CANCEL).await?;
            socket.flush().await
        };
        // One that cannot be cancelled is closed with its connection.
        if cancelled.await.is_ok() {
            return;
        }
    }
    if manner == "reset" {
        // Where it cannot be reset it is closed.
        let _ = socket.tcp().set_zero_linger();
    }
    wire.socket = None;
}
