//! A stream whose head does not come, or late: whether the server answers anything else.

use super::Prober;
use super::connect::OpenStream;
use crate::check::Probe;
use crate::observation::{Answer, Failure, Observation};

/// The fact that holds the method to which the server did answer.
pub(crate) const ANSWERED: &str = "answered";

impl Prober {
    /// What can be said of a server that takes the request for the stream and does not answer it, or later than anything else is waited for: who
    /// waits for one stream waits for each, so only HEAD and OPTIONS are tried beside it.
    pub(super) async fn unanswered(&self, open: OpenStream, probes: &[Probe]) -> Vec<Observation> {
        let mut connect = self.watch_stream(open).await;
        let mut seen = Vec::new();
        for probe in probes {
            match probe {
                Probe::Connect => {}
                Probe::Methods => seen.push(self.methods().await),
                _ => seen.push(Observation::nothing(*probe, Failure::Timeout.to_string())),
            }
        }
        let answered = seen.iter().flat_map(|seen| &seen.exchanges);
        let answered = answered
            .filter(|exchange| matches!(exchange.answer, Answer::Response(_)))
            // By hand, the version stands behind it.
            .filter_map(|exchange| exchange.request.method.split(' ').next())
            .map(str::to_owned);
        let fact = answered.map(|method| (ANSWERED.to_owned(), method)).next();
        connect.facts.extend(fact);
        seen.push(connect);
        seen
    }
}
