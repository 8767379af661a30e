//! The same resource with other `Accept` headers.

use reqwest::header::{ACCEPT, HeaderValue};

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::header::{EVENT_STREAM, Header};
use crate::observation::Observation;

impl Prober {
    /// `usual` asks as an event source does, for comparison; `any` asks for `*/*`, `html` for `text/html`, `none` has no such header, and its body is kept
    /// as it came, transfer coding and all; it is read beside the others, unless each is to be `alone`. The fact `head` is what is against the
    /// grammar in its head.
    pub(super) async fn accept(&self, alone: bool) -> Observation {
        if let Some(nothing) = self.may_repeat(Probe::Accept) {
            return nothing;
        }
        let with_accept = async {
            let mut exchanges = Vec::new();
            for (name, value) in [
                ("usual", EVENT_STREAM),
                ("any", "*/*"),
                ("html", "text/html"),
            ] {
                let ask = Ask::stream(name, self).header(ACCEPT, HeaderValue::from_static(value));
                exchanges.push(self.ask(ask, None).await);
            }
            exchanges
        };
        let without_accept =
            |headers: &mut Vec<Header>| headers.retain(|header| header.name != "accept");
        // reqwest always sends one, so this goes over the wire by hand, and its bytes show how the response is framed.
        let rules = briefly(self.brief(), usize::MAX);
        let none = Ask::stream("none", self).keep_as_it_comes();
        let none = self.wire_ask(&none, without_accept, Some(&rules));
        let (none, mut exchanges) = match alone {
            true => {
                let exchanges = with_accept.await;
                (none.await, exchanges)
            }
            false => tokio::join!(none, with_accept),
        };
        exchanges.push(none.exchange);
        let mut observation = Observation::of(Probe::Accept, exchanges);
        let fault = none.fault.map(|fault| ("head".to_owned(), fault));
        observation.facts.extend(fault);
        observation
    }
}
