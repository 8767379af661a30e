//! Comes back with the id of an event that was seen, and sees what follows.

use reqwest::header::HeaderValue;

use super::Prober;
use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;
use crate::transcript::Transcript;

/// How many events before the end of the first stream the client pretends to have been cut off.
const BEHIND: usize = 3;

impl Prober {
    /// `first` is the stream that `connect` saw, `resumed` the one after the reconnection.
    pub(super) async fn resume(&self, connect: &Observation) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Resume) {
            return nothing;
        }
        let first = match connect.stream("stream") {
            Ok(_) => connect
                .exchange("stream")
                .expect("it has a response")
                .clone(),
            Err(why) => return Observation::nothing(Probe::Resume, why.0),
        };
        let id = {
            let response = connect.stream("stream").expect("seen above");
            let transcript = Transcript::of(response);
            let ids = transcript.ids();
            let Some(last) = ids.len().checked_sub(1).filter(|last| *last > 0) else {
                return Observation::nothing(
                    Probe::Resume,
                    format!(
                        "{} of the events seen have an id of their own, 2 are needed",
                        ids.len()
                    ),
                );
            };
            ids[last.saturating_sub(BEHIND)].last_event_id.clone()
        };
        let Ok(value) = HeaderValue::from_bytes(id.as_bytes()) else {
            return Observation::nothing(Probe::Resume, "the id cannot be sent back in a header");
        };
        let ask = Ask::stream("resumed", self).header(LAST_EVENT_ID, value);
        let resumed = self
            .ask(ask, Some(&briefly(self.brief(), BEHIND + 3)))
            .await;
        let mut observation = Observation::of(Probe::Resume, vec![renamed(first), resumed]);
        observation.facts.insert("last-event-id".to_owned(), id);
        observation
    }
}

fn renamed(mut first: crate::observation::Exchange) -> crate::observation::Exchange {
    first.name = "first".to_owned();
    first
}
