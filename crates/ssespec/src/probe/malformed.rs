//! Responses that no HTTP library reads: they are asked for again, by hand.

use super::ask::Ask;
use super::http2::HEADER_LIST;
use super::{ProbeError, Prober};
use crate::check::Probe;
use crate::observation::{Answer, End, Failure, Observation};

/// The fact that says why a library refuses what comes in HTTP/2.
pub(crate) const REFUSED: &str = "refused";

/// Whether there is the head of a response, good or bad; or anything, where TLS has `agreed` on HTTP/2.
fn speaks_http2(frames: &Observation, agreed: bool) -> bool {
    frames
        .exchange("http2")
        .is_ok_and(|exchange| match &exchange.answer {
            Answer::Response(_) => true,
            Answer::Nothing { why, .. } => {
                matches!(why, Failure::Protocol(why) if agreed || why.starts_with(HEADER_LIST))
            }
        })
}

impl Prober {
    /// What can be said of a server whose response an HTTP library refuses: it is asked for again and looked at by hand.
    pub(super) async fn malformed(
        &self,
        error: ProbeError,
        probes: &[Probe],
    ) -> Result<Vec<Observation>, ProbeError> {
        let ProbeError::Unreachable {
            why: Failure::Protocol(refused),
            ..
        } = &error
        else {
            return Err(error);
        };
        let by_hand = match probes.contains(&Probe::Http2) {
            true => {
                let agreed = self.url().scheme() == "https";
                Some(self.http2().await).filter(|frames| speaks_http2(frames, agreed))
            }
            false => None,
        };
        let by_hand = match by_hand {
            Some(frames) => Some(frames),
            None => self.refused_http1(refused).await,
        };
        let Some(mut by_hand) = by_hand else {
            return Err(error);
        };
        if by_hand.probe == Probe::Http2 {
            let refused = (REFUSED.to_owned(), refused.clone());
            by_hand.facts.extend([refused]);
        }
        let why = error.to_string();
        let seen = by_hand.probe;
        let others = probes.iter().filter(|probe| **probe != seen);
        let nothing = others.map(|probe| Observation::nothing(*probe, why.as_str()));
        Ok(nothing.chain([by_hand]).collect())
    }

    /// The head of a response in HTTP/1 whose framing cannot be made sense of, as a stream that broke off for that reason.
    async fn refused_http1(&self, refused: &str) -> Option<Observation> {
        let may = self.may_repeat(Probe::Connect).is_none();
        // With TLS it may have been HTTP/2 that was refused.
        if !may || self.url().scheme() != "http" {
            return None;
        }
        let ask = Ask::stream("stream", self);
        let wire = self.http1_ask(&ask, "HTTP/1.1", |_| {}, None).await.ok()?;
        let mut exchange = wire.exchange;
        match &mut exchange.answer {
            Answer::Response(response) => response.end = End::Aborted(refused.to_owned()),
            // A head that cannot be read, and it can be said why.
            Answer::Nothing { .. } if wire.fault.is_some() => {}
            Answer::Nothing { .. } => return None,
        }
        let mut observation = Observation::of(Probe::Connect, vec![exchange]);
        let fault = wire.fault.map(|fault| ("head".to_owned(), fault));
        observation.facts.extend(fault);
        Some(observation)
    }
}
