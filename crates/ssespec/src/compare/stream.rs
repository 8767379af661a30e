//! What differs between two streams that were read one after the other: heads, fields, line ends, how they arrive, how they end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Told, head};
use crate::check::NotObserved;
use crate::observation::{End, Observation, Response, Stop};
use crate::probe::QUICKEST;
use crate::report::Side;
use crate::transcript::Transcript;

/// Fields that differ from one response to the next by their nature.
const NEVER_ALIKE: [&str; 6] = [
    "age",
    "date",
    "etag",
    "expires",
    "last-modified",
    "set-cookie",
];

/// Fields that belong to a connection, and go by its version of HTTP: <https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2>.
const OF_CONNECTION: [&str; 5] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// With fewer events nothing is said about how they arrive.
const FEW: usize = 6;

/// So many times as many events in one arrival are gathered.
const GATHERED: usize = 2;

/// Two events that come within so many microseconds have arrived together.
const TOGETHER: u64 = 5_000;

/// A head that comes so many microseconds later is late, if it is the only one.
const LATE: u64 = 1_000_000;

/// The same for the quickest of several: a busy machine does not delay each of them.
const LATE_EACH_TIME: u64 = 150_000;

impl Told {
    pub(super) fn streams(&mut self, origin: &Observation, other: &Observation) {
        let hops =
            |seen: &Observation| format!("{} redirects", seen.exchanges.len().saturating_sub(1));
        self.tell("redirects", hops(origin), hops(other));
        // Both are about the stream.
        let bare = |why: String| why.trim_start_matches("stream: ").to_owned();
        match (origin.response("stream"), other.response("stream")) {
            (Ok(a), Ok(b)) => {
                self.heads([(origin, a), (other, b)]);
                self.responses(a, b);
            }
            (Err(NotObserved(why)), Ok(b)) => {
                self.harmful("response head", bare(why), head(b), Side::Origin);
            }
            (Ok(a), Err(NotObserved(why))) => {
                self.harmful("response head", head(a), bare(why), Side::Other);
            }
            (Err(_), Err(_)) => {}
        }
    }

    /// Whether a head comes later at one of the addresses: also a little, as from a proxy that waits for more bytes before it sends any.
    fn heads(&mut self, both: [(&Observation, &Response); 2]) {
        let quickest = both.map(|(seen, _)| seen.facts.get(QUICKEST)?.parse::<u64>().ok());
        let ([a, b], late) = match quickest {
            [Some(a), Some(b)] => ([a, b], LATE_EACH_TIME),
            _ => (both.map(|(_, response)| response.head_at), LATE),
        };
        let by = match () {
            () if b > a + late => Side::Other,
            () if a > b + late => Side::Origin,
            () => return,
        };
        let after = |at: u64| format!("after {} ms", at / 1_000);
        self.harmful("response head", after(a), after(b), by);
    }

    /// How the response ends, if it does at the origin: a cut that does not show at the other address is taken for a good end by clients, or for none.
    fn ends(&mut self, origin: &Response, other: &Response) {
        let told = |end: &End| match end {
            End::Aborted(_) => "breaks off",
            End::Complete => "in order",
            End::Left(_) | End::TargetDied => "none",
        };
        let (a, b) = (told(&origin.end), told(&other.end));
        let hidden = matches!((&origin.end, &other.end), (End::Aborted(_), End::Complete));
        let hangs = !matches!(origin.end, End::Left(_) | End::TargetDied)
            && matches!(other.end, End::Left(Stop::Time))
            && other.ended_at > origin.ended_at + LATE;
        let cuts = matches!(origin.end, End::Left(Stop::Time))
            && !matches!(other.end, End::Left(_) | End::TargetDied)
            && origin.ended_at > other.ended_at + LATE;
        if hidden || hangs || cuts {
            self.harms("end of the response", a, b);
        }
    }

    fn responses(&mut self, origin: &Response, other: &Response) {
        self.harms(
            "status",
            origin.status.to_string(),
            other.status.to_string(),
        );
        self.tell("version of HTTP", &*origin.version, &*other.version);
        let (a, b) = (headers(origin), headers(other));
        for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            if origin.version != other.version && OF_CONNECTION.contains(&name.as_str()) {
                continue;
            }
            let value = |of: &BTreeMap<String, String>| {
                of.get(name).cloned().unwrap_or_else(|| "absent".to_owned())
            };
            self.tell(&format!("header {name}"), value(&a), value(&b));
        }
        if origin.is_event_stream() && other.is_event_stream() {
            self.ends(origin, other);
            let (a, b) = (Transcript::of(origin), Transcript::of(other));
            self.lines(&a, &b);
            self.arrivals(&a, &b);
        }
    }

    fn lines(&mut self, origin: &Transcript<'_>, other: &Transcript<'_>) {
        let ends = |of: &Transcript<'_>| {
            let ends: BTreeSet<_> = of
                .lines()
                .filter_map(|line| line.end_of_line)
                .map(|end| format!("{end:?}"))
                .collect();
            ends.into_iter().collect::<Vec<_>>().join(", ")
        };
        let comments = |of: &Transcript<'_>| {
            of.lines()
                .filter(|line| matches!(line.line, sse_parser::Line::Comment(_)))
                .count()
        };
        if origin.events.is_empty() || other.events.is_empty() {
            return;
        }
        self.tell("line ends", ends(origin), ends(other));
        if comments(origin) >= FEW && comments(other) == 0 {
            self.harms("comments, which keep the stream alive", "there", "absent");
        }
    }

    /// Whether one side gathers what comes one by one at the other.
    fn arrivals(&mut self, origin: &Transcript<'_>, other: &Transcript<'_>) {
        let arrivals = |of: &Transcript<'_>| {
            let pairs = of.events.windows(2);
            1 + pairs
                .filter(|pair| pair[1].at > pair[0].at + TOGETHER)
                .count()
        };
        let told = |of: &Transcript<'_>| match of.events.len() {
            0 => "no event in that time".to_owned(),
            events => format!("{events} events in {} arrivals", arrivals(of)),
        };
        let gathers = |one: &Transcript<'_>, of: &Transcript<'_>| {
            of.events.len() >= FEW
                && (one.events.is_empty()
                    || one.events.len() >= FEW
                        && one.events.len() * arrivals(of)
                            >= GATHERED * of.events.len() * arrivals(one))
        };
        let by = match (gathers(other, origin), gathers(origin, other)) {
            (true, _) => Side::Other,
            (_, true) => Side::Origin,
            _ => return,
        };
        self.harmful("how events arrive", told(origin), told(other), by);
    }
}

fn headers(response: &Response) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for header in &response.headers {
        if NEVER_ALIKE.contains(&header.name.as_str()) {
            continue;
        }
        let value = headers.entry(header.name.clone()).or_default();
        if !value.is_empty() {
            value.push_str(", ");
        }
        value.push_str(&header.text());
    }
    headers
}
