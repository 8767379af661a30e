//! Hostile values through a parameter that the server writes into its stream. Only if asked for: see `--inject`.

use futures_util::future::join_all;
use reqwest::header::HeaderValue;

use super::Prober;
use super::ask::Ask;
use super::watch::briefly;
use crate::check::Probe;
use crate::observation::{Exchange, Observation};
use crate::settings::Inject;

/// A value that does no harm: if it does not come back, nothing can be said.
pub(crate) const HARMLESS: &str = "ssespec-harmless";

/// The line that a hostile value tries to put into the stream.
pub(crate) const FORGED: &str = "data: ssespec-forged";

/// What ends the line before it. Where one end does not go through, two of them do not either.
const ENDS: [&str; 4] = ["\n", "\r", "\r\n", "\r\n\r\n"];

/// How many events are waited for.
const EVENTS: usize = 20;

impl Prober {
    /// `harmless` has a value without line ends, `inject-1` … have one each, with a `data` line behind it.
    pub(super) async fn inject(&self) -> Observation {
        let Some(inject) = &self.settings.inject else {
            return Observation::nothing(Probe::Inject, "no parameter was named with --inject");
        };
        if let Some(nothing) = self.may_repeat(Probe::Inject) {
            return nothing;
        }
        let harmless = self.ask_with(inject, "harmless", HARMLESS).await;
        let mut exchanges = vec![harmless];
        let names: Vec<_> = (1..=ENDS.len())
            .map(|number| format!("inject-{number}"))
            .collect();
        let hostile = names.iter().zip(ENDS).map(async |(name, end)| {
            self.ask_with(inject, name, &format!("{HARMLESS}{end}{FORGED}{end}"))
                .await
        });
        exchanges.extend(join_all(hostile).await);
        Observation::of(Probe::Inject, exchanges)
    }

    async fn ask_with(&self, inject: &Inject, name: &str, value: &str) -> Exchange {
        let mut ask = Ask::stream(name, self);
        match inject {
            Inject::Query(parameter) => {
                let others: Vec<_> = ask
                    .url
                    .query_pairs()
                    .into_owned()
                    .filter(|(name, _)| name != parameter)
                    .collect();
                ask.url
                    .query_pairs_mut()
                    .clear()
                    .extend_pairs(others)
                    .append_pair(parameter, value);
            }
            // By hand: the setters of a URL leave line ends out, as its parser does.
            Inject::Path => {
                let path = ask.url.path().to_owned();
                let before = path.rsplit_once('/').map_or("", |(before, _)| before);
                ask.url.set_path(&format!("{before}/{}", coded(value)));
            }
            // A header field cannot hold a line end, but a server may decode what it holds.
            Inject::Header(header) => {
                let value = HeaderValue::from_str(&coded(value)).expect("it is ASCII");
                ask = ask.header(header.clone(), value);
            }
        }
        self.ask(ask, Some(&briefly(self.brief(), EVENTS))).await
    }
}

/// A text in percent-encoding.
fn coded(text: &str) -> String {
    let coded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    coded.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    #[test]
    fn line_ends_arrive_in_a_path() {
        let mut url: url::Url = "http://127.0.0.1/rooms/7?x=1".parse().expect("a URL");
        let mut setter = url.clone();
        let mut segments = setter.path_segments_mut().expect("it has a path");
        segments.push("a\nb");
        drop(segments);
        assert_eq!(
            setter.path(),
            "/rooms/7/ab",
            "the reason for doing it by hand"
        );
        url.set_path(&format!("/rooms/{}", super::coded("a b\r\n\u{e9}/")));
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1/rooms/a%20b%0D%0A%C3%A9%2F?x=1"
        );
    }
}
