//! Several clients at the same time: two of our session, and one of another session, if we have its credentials.

use std::time::Duration;

use reqwest::header::HeaderValue;

use super::Prober;
use super::ask::Ask;
use super::last_event_id::LAST_EVENT_ID;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::Observation;
use crate::settings::StopRules;
use crate::transcript::Transcript;

/// How many events tell whether two clients get the same.
const EVENTS: usize = 8;

/// How much longer than ours the stream of the other session is read.
const LONGER: Duration = Duration::from_millis(500);

impl Prober {
    /// `mine` and `also-mine` are read side by side. With the credentials of another session also `theirs`, which is there before them and stays
    /// longer, so that what is for everybody comes there too; then `replayed` asks with those credentials for what stands behind the id of ours that
    /// is in the fact `id`.
    pub(super) async fn sessions(&self) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Sessions) {
            return nothing;
        }
        // Credentials never go to another origin.
        let other = !self.settings.other_session.is_empty() && self.is_at_home();
        let theirs = match other {
            true => Some(self.open(self.as_other("theirs")).await),
            false => None,
        };
        // Together: on a busy machine one of them would have its events before the other one is there.
        let (mine, also_mine) = tokio::join!(
            self.open(Ask::stream("mine", self)),
            self.open(Ask::stream("also-mine", self)),
        );
        let all = StopRules {
            events: if other { usize::MAX } else { EVENTS },
            ..briefly(self.brief(), 0)
        };
        let longer = briefly(self.brief() + self.settings.scaled(LONGER), usize::MAX);
        let (theirs, mine, also_mine) = tokio::join!(
            async { Some(theirs?.read(self, Some(&longer)).await) },
            mine.read(self, Some(&all)),
            also_mine.read(self, Some(&all)),
        );
        let id = mine.response().ok().and_then(|response| {
            let transcript = Transcript::of(response);
            Some(transcript.ids().first()?.last_event_id.clone())
        });
        let mut observation = Observation::of(Probe::Sessions, vec![mine, also_mine]);
        let Some(theirs) = theirs else {
            return observation;
        };
        observation.exchanges.push(theirs);
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
