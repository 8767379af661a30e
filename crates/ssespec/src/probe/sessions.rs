//! A client of our session and one of another session at the same time, if we have its credentials.

use std::time::Duration;

use reqwest::header::HeaderValue;

use super::Prober;
use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;
use crate::transcript::Transcript;

/// How many events tell whether what stands behind an id of ours is given to the other session.
const EVENTS: usize = 8;

/// How much longer than ours the stream of the other session is read.
const LONGER: Duration = Duration::from_millis(500);

impl Prober {
    /// `theirs` is read with the credentials of the other session beside `mine`: it is there before and stays longer, so that what is for everybody
    /// comes there too. Then `replayed` asks with those credentials for what stands behind the id of ours that is in the fact `id`.
    pub(super) async fn sessions(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Sessions) {
            return nothing;
        }
        if self.settings.other_session.is_empty() {
            let why = "there are no credentials of a second session: name a header of it with --other-session";
            return Observation::nothing(Probe::Sessions, why);
        }
        if !self.is_at_home() {
            let why = "the stream is at another origin than the one that was named: credentials do not go there";
            return Observation::nothing(Probe::Sessions, why);
        }
        let theirs = self.open(self.as_other("theirs")).await;
        let mine = self.open(Ask::stream("mine", self)).await;
        let longer = briefly(self.brief() + self.settings.scaled(LONGER), usize::MAX);
        let ours = briefly(self.brief(), usize::MAX);
        let (theirs, mine) = tokio::join!(
            theirs.read(self, Some(&longer)),
            mine.read(self, Some(&ours)),
        );
        let id = mine.response().ok().and_then(|response| {
            let transcript = Transcript::of(response);
            Some(transcript.ids().first()?.last_event_id.clone())
        });
        let mut observation = Observation::of(Probe::Sessions, vec![mine, theirs]);
        let value = id.as_ref().map(|id| HeaderValue::from_bytes(id.as_bytes()));
        if let (Some(id), Some(Ok(value))) = (id, value) {
            let ask = self.as_other("replayed").header(LAST_EVENT_ID, value);
            let replayed = self.ask(ask, Some(&briefly(self.brief(), EVENTS))).await;
            observation.exchanges.push(replayed);
            observation.facts.insert("id".to_owned(), id);
        }
        observation
    }

    /// The request for the stream with the credentials of the other session instead of ours.
    fn as_other<'a>(&self, name: &'a str) -> Ask<'a> {
        let mut ask = Ask::stream(name, self);
        ask.with_secrets = false;
        ask.headers.clone_from(&self.settings.other_session);
        ask
    }
}
