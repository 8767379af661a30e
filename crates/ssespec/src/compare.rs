//! Two addresses of one stream, an origin and what stands before it: what differs, and which side did it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::arrivals::{APART, MANY};
use crate::check::{NotObserved, Probe};
use crate::escape::{excerpt, printable};
use crate::observation::{End, Failure, Observation, Response, Stop};
use crate::probe::QUICKEST;
use crate::report::{Comparison, Difference, Outcome, Row, Run, Side};
use crate::run::Looked;
use crate::transcript::{Dispatched, Transcript};

/// Fields that differ from one response to the next by their nature.
const NEVER_ALIKE: [&str; 6] = [
    "age",
    "date",
    "etag",
    "expires",
    "last-modified",
    "set-cookie",
];

/// The longest text that is told of one side, in bytes.
const LONGEST: usize = 120;

/// With fewer events nothing is said about how they arrive.
const FEW: usize = 6;

/// So many times as many events in one arrival are gathered.
const GATHERED: usize = 2;

/// Two events that come within so many microseconds have arrived together.
const TOGETHER: u64 = 5_000;

/// Events of which each comes so many microseconds later are held back.
const DELAY: u64 = 300_000;

/// A head that comes so many microseconds later is late, if it is the only one.
const LATE: u64 = 1_000_000;

/// The same for the quickest of several: a busy machine does not delay each of them.
const LATE_EACH_TIME: u64 = 150_000;

/// What differs between `origin` and `other`, whose streams were also read at the same time: `both`.
pub fn compare(origin: &Looked, other: &Looked, both: Option<&[Observation; 2]>) -> Comparison {
    let mut told = Told::default();
    let stream = |looked: &Looked| looked.seen.observations.get(&Probe::Connect).cloned();
    if let (Some(a), Some(b)) = (stream(origin), stream(other)) {
        told.streams(&a, &b);
    }
    if let Some([a, b]) = both
        && let (Ok(a), Ok(b)) = (a.stream("stream"), b.stream("stream"))
        && is_the_same_for_all(origin)
    {
        told.at_the_same_time(a, b);
    }
    let codings = |looked: &Looked| looked.seen.observations.get(&Probe::Coding).map(codings);
    if let (Some(a), Some(b)) = (codings(origin), codings(other)) {
        let b = match a == "none" && b != a && stream(origin).is_some_and(|seen| is_kept(&seen)) {
            true => format!("{b}, although the origin says no-transform"),
            false => b,
        };
        told.tell("content codings that are used", a, b);
    }
    told.verdicts(&origin.run, &other.run);
    Comparison {
        origin: origin.run.target.url.clone().unwrap_or_default(),
        other: other.run.target.url.clone().unwrap_or_default(),
        differences: told.0,
    }
}

/// Whether two clients of `origin` itself get the same: where each has a stream of its own, nothing can be held against who stands in between.
fn is_the_same_for_all(origin: &Looked) -> bool {
    let Some(seen) = origin.seen.observations.get(&Probe::Subscribers) else {
        return true;
    };
    let mut told = Told::default();
    if let (Ok(mine), Ok(also)) = (seen.stream("mine"), seen.stream("also-mine")) {
        told.at_the_same_time(mine, also);
    }
    told.0.is_empty()
}

/// What differs if `other` cannot be reached, or answers with something that is no response.
pub fn unanswered(origin: &Looked, other: String, why: &Failure) -> Comparison {
    let stream = origin.seen.observations.get(&Probe::Connect);
    let answered = stream.and_then(|seen| seen.response("stream").ok());
    let mut told = Told::default();
    told.tell(
        "response head",
        answered.map_or_else(String::new, head),
        why.to_string(),
    );
    Comparison {
        origin: origin.run.target.url.clone().unwrap_or_default(),
        other,
        differences: told.0,
    }
}

#[derive(Default)]
struct Told(Vec<Difference>);

impl Told {
    /// What is not the same at the other address was done by it, or on the way to it.
    fn tell(&mut self, what: &str, origin: impl Into<String>, other: impl Into<String>) {
        let (origin, other) = (origin.into(), other.into());
        if origin != other {
            let shown = |text: String| excerpt(text.as_bytes(), LONGEST);
            self.add(what, shown(origin), shown(other), Side::Other);
        }
    }

    fn add(&mut self, what: &str, origin: String, other: String, by: Side) {
        self.0.push(Difference {
            what: printable(what),
            origin,
            other,
            by,
        });
    }

    fn streams(&mut self, origin: &Observation, other: &Observation) {
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
                self.add("response head", bare(why), head(b), Side::Origin);
            }
            (Ok(a), Err(NotObserved(why))) => {
                self.add("response head", head(a), bare(why), Side::Other);
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
        self.add("response head", after(a), after(b), by);
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
            self.tell("end of the response", a, b);
        }
    }

    fn responses(&mut self, origin: &Response, other: &Response) {
        self.tell(
            "status",
            origin.status.to_string(),
            other.status.to_string(),
        );
        self.tell("version of HTTP", &*origin.version, &*other.version);
        let (a, b) = (headers(origin), headers(other));
        for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
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

    /// What became of the fields of events on the way.
    fn at_the_same_time(&mut self, origin: &Response, other: &Response) {
        let (a, b) = (Transcript::of(origin), Transcript::of(other));
        self.events(&a, &b);
        self.ids(&a, &b);
        let over = |response: &Response| response.end == End::Complete;
        self.last(&a, &b, over(origin) && over(other));
        self.delay((origin, &a), (other, &b));
        let retry = |of: &Transcript<'_>| of.lines().find_map(|line| retry_of(&line.line));
        if let (Some(a), None, false) = (retry(&a), retry(&b), b.events.is_empty()) {
            self.tell("retry", a, "absent");
        }
    }

    /// Whether the ids or the types are gone of events that are the same by their data, which is there once.
    fn ids(&mut self, origin: &Transcript<'_>, other: &Transcript<'_>) {
        let (here, there) = (by_data(origin), by_data(other));
        let pairs = origin.events.iter().filter_map(|event| {
            let data = event.data.as_str();
            Some(((*here.get(data)?)?, (*there.get(data)?)?))
        });
        let pairs: Vec<_> = pairs.collect();
        let mut bare = 0;
        for (one, another) in &pairs {
            bare += usize::from(one.own_id && !another.own_id);
            if one.own_id && another.own_id && one.last_event_id != another.last_event_id {
                let what = format!("id of the event \"{}\"", excerpt(one.data.as_bytes(), 40));
                return self.tell(&what, &*one.last_event_id, &*another.last_event_id);
            }
        }
        if bare == 0 {
            return;
        }
        let gone = format!("absent of {bare} of {} events", pairs.len());
        self.tell("ids", "there", gone);
        // By their ids types have been compared already.
        let mut pairs = pairs.iter();
        if let Some((one, another)) =
            pairs.find(|(one, another)| one.event_type != another.event_type)
        {
            self.tell("types of events", &*one.event_type, &*another.event_type);
        }
    }

    /// Whether each event comes later at the other address, though both are read at the same time: not those that were there when it was asked for.
    fn delay(
        &mut self,
        (a, origin): (&Response, &Transcript<'_>),
        (b, other): (&Response, &Transcript<'_>),
    ) {
        let live = origin
            .events
            .iter()
            .filter(|event| event.at > a.head_at + APART);
        let there = by_data(other);
        let delays = live.filter_map(|event| {
            let twin = (*there.get(event.data.as_str())?)?;
            let since_head = |at: u64, head: u64| at.saturating_sub(head);
            let of_heads =
                since_head(twin.at, b.head_at).saturating_sub(since_head(event.at, a.head_at));
            Some(twin.at.saturating_sub(event.at).min(of_heads))
        });
        let delays: Vec<_> = delays.collect();
        let least = delays
            .iter()
            .min()
            .filter(|least| **least >= DELAY && delays.len() >= MANY);
        if let Some(least) = least {
            let late = format!(
                "each of {} events {:.1} s later, or more",
                delays.len(),
                Duration::from_micros(*least).as_secs_f64()
            );
            self.tell("when events come", "at once", late);
        }
    }

    /// Whether the last event of a stream that ended at both addresses is missing.
    fn last(&mut self, origin: &Transcript<'_>, other: &Transcript<'_>, over: bool) {
        let (Some(a), Some(b)) = (origin.events.last(), other.events.last()) else {
            return;
        };
        let came = origin
            .events
            .iter()
            .rev()
            .skip(1)
            .any(|event| event.data == b.data);
        if over && a.data != b.data && came {
            self.tell("last event of a stream that ends", &*a.data, &*b.data);
        }
    }

    /// Events with the same id are the same event; what lies between two of them at one address lies there at the other one too.
    fn events(&mut self, origin: &Transcript<'_>, other: &Transcript<'_>) {
        let (a, b) = (origin.ids(), other.ids());
        let there: BTreeMap<_, _> = b
            .iter()
            .map(|event| (&event.last_event_id, (&event.event_type, &event.data)))
            .collect();
        let shared = |event: &&Dispatched| there.contains_key(&event.last_event_id);
        let (Some(first), Some(last)) = (a.iter().position(shared), a.iter().rposition(shared))
        else {
            return;
        };
        for event in &a[first..=last] {
            let what = format!("event with the id {}", event.last_event_id);
            match there.get(&event.last_event_id) {
                None => self.tell(&what, "there", "missing"),
                Some((kind, data)) => self.tell(
                    &what,
                    format!("{}: {}", event.event_type, event.data),
                    format!("{kind}: {data}"),
                ),
            }
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
            self.tell("comments, which keep the stream alive", "there", "absent");
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
        self.add("how events arrive", told(origin), told(other), by);
    }

    /// Whether what was missed is replayed at the origin only, which nobody is accused of.
    fn resumes(&mut self, origin: &Row, other: &Run) {
        let passed = origin.id == "srv/resume-exact" && origin.outcome == Outcome::Passed;
        let other = other
            .checks
            .iter()
            .find(|row| row.id == origin.id && row.outcome == Outcome::Note);
        let told = other.and_then(|row| row.seen.as_ref());
        if let Some(lost) = told.filter(|told| passed && told.starts_with("nothing is replayed")) {
            self.tell(
                "after a Last-Event-ID",
                "what was missed is replayed",
                &**lost,
            );
        }
    }

    /// What is accused at the origin is its own doing, whether it is seen at the other address or not.
    fn verdicts(&mut self, origin: &Run, other: &Run) {
        let accused = |run: &Run, id: &str| -> Option<String> {
            let row: &Row = run.checks.iter().find(|row| row.id == id)?;
            let bad = matches!(
                row.outcome,
                Outcome::Failed | Outcome::Warning | Outcome::KnownFailure
            );
            bad.then(|| row.seen.clone().unwrap_or_default())
        };
        let told = |run: &Run, id: &str| {
            let row = run.checks.iter().find(|row| row.id == id);
            row.map_or_else(String::new, |row| row.outcome.to_string())
        };
        for row in &origin.checks {
            let (a, b) = (accused(origin, &row.id), accused(other, &row.id));
            let by = match (&a, &b) {
                (None, None) => {
                    self.resumes(row, other);
                    continue;
                }
                (None, Some(_)) => Side::Other,
                (Some(_), _) => Side::Origin,
            };
            let a = a.unwrap_or_else(|| told(origin, &row.id));
            let b = b.unwrap_or_else(|| told(other, &row.id));
            self.add(&format!("check {}", row.id), a, b, by);
        }
    }
}

/// The events by their data, `None` where several have the same.
fn by_data<'t>(of: &'t Transcript<'_>) -> BTreeMap<&'t str, Option<&'t Dispatched>> {
    let mut events = BTreeMap::new();
    for event in &of.events {
        let one = events.entry(event.data.as_str());
        one.and_modify(|one| *one = None).or_insert(Some(event));
    }
    events
}

fn retry_of(line: &sse_parser::Line<'_>) -> Option<String> {
    match line {
        sse_parser::Line::Field {
            name: b"retry",
            value,
        } => Some(String::from_utf8_lossy(value).into_owned()),
        _ => None,
    }
}

fn head(response: &Response) -> String {
    format!(
        "status {} after {} ms",
        response.status,
        response.head_at / 1_000
    )
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

/// Whether the origin forbids to change its content: <https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.6>.
fn is_kept(origin: &Observation) -> bool {
    let response = origin.response("stream");
    response.is_ok_and(|response| response.lists("cache-control", &["no-transform"]))
}

/// Which codings the answers have to requests that offer them.
fn codings(seen: &Observation) -> String {
    let answers = seen
        .exchanges
        .iter()
        .filter_map(|exchange| exchange.response().ok());
    let used: BTreeSet<_> = answers.flat_map(Response::content_codings).collect();
    match used.is_empty() {
        true => "none".to_owned(),
        false => used.into_iter().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evidence::Evidence;
    use crate::header::Header;

    fn differing(origin: Evidence, other: Evidence) -> Vec<(String, Side)> {
        let seen = |evidence: Evidence| evidence.observation(Probe::Connect);
        let mut told = Told::default();
        let (origin, other) = (seen(origin), seen(other));
        told.streams(&origin, &other);
        if let (Ok(a), Ok(b)) = (origin.stream("stream"), other.stream("stream")) {
            told.at_the_same_time(a, b);
        }
        told.0
            .into_iter()
            .map(|difference| (difference.what, difference.by))
            .collect()
    }

    fn by_other(what: &[&str]) -> Vec<(String, Side)> {
        what.iter()
            .map(|what| ((*what).to_owned(), Side::Other))
            .collect()
    }

    const EVENTS: &[u8] = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n";

    #[test]
    fn what_is_the_same_is_not_told() {
        let later = b"id: 2\ndata: b\n\nid: 3\ndata: c\n\nid: 4\ndata: d\n\n";
        assert!(differing(Evidence::of(EVENTS), Evidence::of(EVENTS)).is_empty());
        // The streams need not begin at the same place.
        assert!(differing(Evidence::of(EVENTS), Evidence::of(later)).is_empty());
    }

    #[test]
    fn headers_events_lines_and_buffers_are_told() {
        let of = Evidence::of;
        let via = |response: &mut Response| response.headers.push(Header::new("via", "1.1 edge"));
        assert_eq!(
            differing(of(EVENTS), of(EVENTS).with(via)),
            by_other(&["header via"])
        );
        let lost = b"id: 1\ndata: a\n\nid: 3\ndata: C\n\n";
        assert_eq!(
            differing(of(EVENTS), of(lost)),
            by_other(&["event with the id 2", "event with the id 3"])
        );
        let crlf = b"id: 1\r\ndata: a\r\n\r\n";
        assert_eq!(differing(of(EVENTS), of(crlf)), by_other(&["line ends"]));
        let event = b"data: x\n\n";
        let flowing = || (1..9).fold(of(event), |stream, at| stream.then(event, at * 100));
        assert_eq!(
            differing(flowing(), of(&event.repeat(9))),
            by_other(&["how events arrive"])
        );
        assert_eq!(
            differing(flowing(), of(b"")),
            by_other(&["how events arrive"])
        );
        assert_eq!(
            differing(of(&event.repeat(9)), flowing()),
            [("how events arrive".to_owned(), Side::Origin)]
        );
    }

    #[test]
    fn what_an_edge_takes_from_events_is_told() {
        let of = Evidence::of;
        let bare = b"data: a\n\ndata: b\n\ndata: c\n\n";
        assert_eq!(differing(of(EVENTS), of(bare)), by_other(&["ids"]));
        let retry = [b"retry: 5\n\n", EVENTS].concat();
        assert_eq!(differing(of(&retry), of(EVENTS)), by_other(&["retry"]));
        let ended = |response: &mut Response| response.end = End::Complete;
        let cut = &EVENTS[..EVENTS.len() - 15];
        assert_eq!(
            differing(of(EVENTS).with(ended), of(cut).with(ended)),
            by_other(&["last event of a stream that ends"])
        );
    }

    #[test]
    fn events_that_come_later_each_time_are_told() {
        let stream = |delay: u64| {
            (1..7).fold(Evidence::of(b""), |stream, number| {
                let event = format!("data: {number}\n\n");
                stream.then(event.as_bytes(), number * 200 + delay)
            })
        };
        let late = ["when events come"];
        assert_eq!(differing(stream(0), stream(400)), by_other(&late));
        assert!(differing(stream(0), stream(100)).is_empty());
    }

    #[test]
    fn how_the_response_ends_is_told_where_it_is_hidden() {
        let ended = |end: End, at: u64| {
            Evidence::of(EVENTS).with(move |response| {
                response.end = end;
                response.ended_at = at;
            })
        };
        let cut = || ended(End::Aborted("cut".to_owned()), 1_000_000);
        let is_told = |origin, other| !differing(origin, other).is_empty();
        assert!(is_told(cut(), ended(End::Complete, 1_000_000)));
        assert!(is_told(cut(), ended(End::Left(Stop::Time), 9_000_000)));
        assert!(!is_told(cut(), cut()));
        assert!(!is_told(cut(), ended(End::Left(Stop::Events), 900_000)));
        let over = ended(End::Complete, 9_900_000);
        assert!(!is_told(over, ended(End::Left(Stop::Time), 10_000_000)));
    }

    #[test]
    fn a_head_that_is_late_each_time_is_told() {
        let after = |quickest: u64| {
            let mut seen = Evidence::of(EVENTS).observation(Probe::Connect);
            seen.facts.insert(QUICKEST.to_owned(), quickest.to_string());
            seen
        };
        let is_told = |quickest: u64| {
            let mut told = Told::default();
            told.streams(&after(1_000), &after(quickest));
            told.streams(&after(quickest), &after(1_000));
            let by: Vec<_> = told.0.iter().map(|difference| difference.by).collect();
            by == [Side::Other, Side::Origin]
        };
        assert!(is_told(205_000));
        assert!(!is_told(90_000));
    }

    #[test]
    fn what_the_origin_wants_kept_is_kept() {
        let is_kept = |value| {
            let field = Header::new("cache-control", value);
            let with = Evidence::of(EVENTS).with(|response| response.headers.push(field));
            is_kept(&with.observation(Probe::Connect))
        };
        assert!(is_kept("no-cache, No-Transform"));
        assert!(!is_kept("no-cache"));
    }
}
