//! The further requests of profiles.

use reqwest::header::{HeaderName, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::{Exchange, Observation, Response};
use crate::profile;
use crate::settings::Manner;

impl Prober {
    /// One exchange for each ask, called `profile/ask`.
    pub(super) async fn profile_asks(&self, connect: &Observation) -> Observation {
        if self.settings.manner == Manner::Passive {
            return Observation::nothing(Probe::Profile, "--passive: one request only");
        }
        let stream = connect.response("stream").ok();
        let mut seen = Observation::of(Probe::Profile, Vec::new());
        for profile in &self.settings.profiles {
            for ask in &profile.asks {
                match self
                    .profile_ask(profile.exchange(&ask.name), ask, stream)
                    .await
                {
                    Ok(exchange) => seen.exchanges.push(exchange),
                    Err(why) => seen.nothing = Some(why),
                }
            }
        }
        seen
    }

    async fn profile_ask(
        &self,
        name: String,
        asked: &profile::Ask,
        stream: Option<&Response>,
    ) -> Result<Exchange, String> {
        let method: reqwest::Method = asked
            .method
            .parse()
            .map_err(|_| format!("{:?} is no method", asked.method))?;
        if !method.is_safe() && !self.settings.repeat_unsafe {
            return Err(format!("a {method} besides the first needs --repeat-post"));
        }
        let mut ask = Ask::stream(&name, self);
        ask.method = method;
        ask.body = asked.body.as_ref().map(|body| body.clone().into_bytes());
        let given = asked
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()));
        let forwarded = asked.forward.iter().filter_map(|name| {
            let header = stream?.headers_named(name).next()?;
            Some((name.clone(), header.value.clone()))
        });
        for (name, value) in given.chain(forwarded) {
            // A session that cannot be sent back is for a rule to tell.
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::from_bytes(&value))
            {
                ask.headers.push((name, value));
            }
        }
        Ok(self.ask(ask, Some(&briefly(self.brief(), 1))).await)
    }
}
