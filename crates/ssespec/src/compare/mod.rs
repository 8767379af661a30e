//! Two addresses of one stream, an origin and what stands before it: what differs, and which side did it.

mod events;
mod stream;

use std::collections::BTreeSet;

use crate::check::{NOT_REPLAYED, Probe};
use crate::escape::{excerpt, printable};
use crate::observation::{Failure, Observation, Response};
use crate::report::{Comparison, Difference, Outcome, Row, Run, Side};
use crate::run::Looked;

/// The longest text that is told of one side, in bytes.
const LONGEST: usize = 120;

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
    told.harms(
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
    /// What is not the same at the other address was done by it, or on the way to it. No event suffers from it.
    fn tell(&mut self, what: &str, origin: impl Into<String>, other: impl Into<String>) {
        self.unlike(what, (origin.into(), other.into()), Outcome::Note);
    }

    /// The same, where something of the stream is lost, changed, late or cut off.
    fn harms(&mut self, what: &str, origin: impl Into<String>, other: impl Into<String>) {
        self.unlike(what, (origin.into(), other.into()), Outcome::Warning);
    }

    fn unlike(&mut self, what: &str, (origin, other): (String, String), outcome: Outcome) {
        if origin != other {
            let shown = |text: String| excerpt(text.as_bytes(), LONGEST);
            self.add(what, (shown(origin), shown(other)), Side::Other, outcome);
        }
    }

    /// Something is lost, changed, late or cut off at one of the sides.
    fn harmful(&mut self, what: &str, origin: String, other: String, by: Side) {
        self.add(what, (origin, other), by, Outcome::Warning);
    }

    fn add(&mut self, what: &str, both: (String, String), by: Side, outcome: Outcome) {
        self.0.push(Difference {
            what: printable(what),
            origin: both.0,
            other: both.1,
            by,
            outcome,
        });
    }

    /// Whether what was missed is replayed at the origin only, which nobody is accused of.
    fn resumes(&mut self, origin: &Row, other: &Run) {
        let passed = origin.id == "srv/resume-exact" && origin.outcome == Outcome::Passed;
        let other = other
            .checks
            .iter()
            .find(|row| row.id == origin.id && row.outcome == Outcome::Note);
        let told = other.and_then(|row| row.seen.as_ref());
        if let Some(lost) = told.filter(|told| passed && told.starts_with(NOT_REPLAYED)) {
            self.harms(
                "after a Last-Event-ID",
                "what was missed is replayed",
                &**lost,
            );
        }
    }

    /// What is accused at the origin is its own doing, whether it is seen at the other address or not.
    fn verdicts(&mut self, origin: &Run, other: &Run) {
        let accused = |run: &Run, id: &str| -> Option<(Outcome, String)> {
            let row: &Row = run.checks.iter().find(|row| row.id == id)?;
            let bad = matches!(
                row.outcome,
                Outcome::Failed | Outcome::Warning | Outcome::KnownFailure
            );
            bad.then(|| (row.outcome, row.seen.clone().unwrap_or_default()))
        };
        let told = |run: &Run, id: &str| {
            let row = run.checks.iter().find(|row| row.id == id);
            row.map_or_else(String::new, |row| row.outcome.to_string())
        };
        for row in &origin.checks {
            let (a, b) = (accused(origin, &row.id), accused(other, &row.id));
            let (outcome, by) = match (&a, &b) {
                (None, None) => {
                    self.resumes(row, other);
                    continue;
                }
                (None, Some((outcome, _))) => (*outcome, Side::Other),
                (Some((outcome, _)), _) => (*outcome, Side::Origin),
            };
            let a = a.map_or_else(|| told(origin, &row.id), |(_, seen)| seen);
            let b = b.map_or_else(|| told(other, &row.id), |(_, seen)| seen);
            self.add(&format!("check {}", row.id), (a, b), by, outcome);
        }
    }
}

fn head(response: &Response) -> String {
    format!(
        "status {} after {} ms",
        response.status,
        response.head_at / 1_000
    )
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
    use crate::observation::{End, Stop};
    use crate::probe::QUICKEST;

    fn told(origin: Evidence, other: Evidence) -> Vec<Difference> {
        let seen = |evidence: Evidence| evidence.observation(Probe::Connect);
        let mut told = Told::default();
        let (origin, other) = (seen(origin), seen(other));
        told.streams(&origin, &other);
        if let (Ok(a), Ok(b)) = (origin.stream("stream"), other.stream("stream")) {
            told.at_the_same_time(a, b);
        }
        told.0
    }

    fn differing(origin: Evidence, other: Evidence) -> Vec<(String, Side)> {
        let told = told(origin, other).into_iter();
        told.map(|difference| (difference.what, difference.by))
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
        let chunked = |response: &mut Response| {
            response
                .headers
                .push(Header::new("transfer-encoding", "chunked"));
        };
        let http2 = |response: &mut Response| response.version = "HTTP/2".to_owned();
        assert_eq!(
            differing(of(EVENTS).with(chunked), of(EVENTS).with(http2)),
            by_other(&["version of HTTP"])
        );
        assert_eq!(
            differing(of(EVENTS).with(chunked), of(EVENTS)),
            by_other(&["header transfer-encoding"])
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
    fn what_harms_the_stream_is_a_warning() {
        let outcomes = |other: Evidence| {
            let told = told(Evidence::of(EVENTS), other).into_iter();
            told.map(|difference| difference.outcome)
                .collect::<Vec<_>>()
        };
        let via = |response: &mut Response| response.headers.push(Header::new("via", "1.1 edge"));
        assert_eq!(outcomes(Evidence::of(EVENTS).with(via)), [Outcome::Note]);
        let bare = b"data: a\n\ndata: b\n\ndata: c\n\n";
        assert_eq!(outcomes(Evidence::of(bare)), [Outcome::Warning]);
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
