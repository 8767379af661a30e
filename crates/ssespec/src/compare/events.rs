//! What became of events on their way, seen in streams that were read at the same time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Told;
use crate::arrivals::{APART, MANY};
use crate::escape::excerpt;
use crate::observation::{End, Response};
use crate::transcript::{Dispatched, Transcript};

/// Events of which each comes so many microseconds later are held back.
const DELAY: u64 = 300_000;

impl Told {
    /// What became of the fields of events on the way.
    pub(super) fn at_the_same_time(&mut self, origin: &Response, other: &Response) {
        let (a, b) = (Transcript::of(origin), Transcript::of(other));
        self.events(&a, &b);
        self.ids(&a, &b);
        let over = |response: &Response| response.end == End::Complete;
        self.last(&a, &b, over(origin) && over(other));
        self.delay((origin, &a), (other, &b));
        let retry = |of: &Transcript<'_>| of.lines().find_map(|line| retry_of(&line.line));
        if let (Some(a), None, false) = (retry(&a), retry(&b), b.events.is_empty()) {
            self.harms("retry", a, "absent");
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
                return self.harms(&what, &*one.last_event_id, &*another.last_event_id);
            }
        }
        if bare == 0 {
            return;
        }
        let gone = format!("absent of {bare} of {} events", pairs.len());
        self.harms("ids", "there", gone);
        // By their ids types have been compared already.
        let mut pairs = pairs.iter();
        if let Some((one, another)) =
            pairs.find(|(one, another)| one.event_type != another.event_type)
        {
            self.harms("types of events", &*one.event_type, &*another.event_type);
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
            self.harms("when events come", "at once", late);
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
            self.harms("last event of a stream that ends", &*a.data, &*b.data);
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
                None => self.harms(&what, "there", "missing"),
                Some((kind, data)) => self.harms(
                    &what,
                    format!("{}: {}", event.event_type, event.data),
                    format!("{kind}: {data}"),
                ),
            }
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
