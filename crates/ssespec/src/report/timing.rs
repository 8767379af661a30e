//! When the bytes of a stream came, in numbers and as a line of text.

use schemars::JsonSchema;
use serde::Serialize;

use crate::observation::Response;
use crate::transcript::Transcript;

/// When the bytes of a stream came. It is told and not judged: what of it is a fault is for checks to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Timing {
    /// Milliseconds from the request to the head of the response.
    pub head_ms: u64,
    /// Milliseconds from the request to the first byte of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// Milliseconds from the request to the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_event_ms: Option<u64>,
    /// The times between two arrivals of bytes, if there are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Gaps>,
    /// The time from the head to the end in 60 equal parts, a character each: how many events came, `#` for more than 9, `-` for bytes without an
    /// event, `.` for nothing.
    pub timeline: String,
}

/// Times between two arrivals of bytes, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gaps {
    /// Half of them are not longer.
    pub p50_ms: u64,
    /// 95 of 100 are not longer.
    pub p95_ms: u64,
    /// The longest.
    pub max_ms: u64,
}

/// How many characters the timeline has.
const COLUMNS: usize = 60;

impl Timing {
    /// Of the body of `response`.
    pub fn of(response: &Response) -> Self {
        let arrivals = &response.body.arrivals;
        let transcript = Transcript::of(response);
        let ms = |micros: u64| micros / 1_000;
        Self {
            head_ms: ms(response.head_at),
            first_byte_ms: arrivals.first().map(|arrival| ms(arrival.at)),
            first_event_ms: transcript.events.first().map(|event| ms(event.at)),
            gaps: Gaps::between(arrivals.iter().map(|arrival| arrival.at).collect()),
            timeline: timeline(response, &transcript),
        }
    }
}

impl Gaps {
    /// Between these times, in microseconds. `None` for fewer than two of them.
    fn between(times: Vec<u64>) -> Option<Self> {
        let mut gaps: Vec<_> = times
            .windows(2)
            .map(|pair| pair[1].saturating_sub(pair[0]) / 1_000)
            .collect();
        gaps.sort_unstable();
        // The nearest rank.
        let rank = |percent: usize| {
            let place = (gaps.len() * percent).div_ceil(100).checked_sub(1)?;
            gaps.get(place).copied()
        };
        Some(Self {
            p50_ms: rank(50)?,
            p95_ms: rank(95)?,
            max_ms: rank(100)?,
        })
    }
}

fn timeline(response: &Response, transcript: &Transcript<'_>) -> String {
    let span = response.lasted().max(1);
    let column = |at: u64| {
        let since = u128::from(at.saturating_sub(response.head_at));
        let part = since * COLUMNS as u128 / u128::from(span);
        usize::try_from(part).map_or(COLUMNS - 1, |part| part.min(COLUMNS - 1))
    };
    let mut columns = [None; COLUMNS];
    for arrival in &response.body.arrivals {
        columns[column(arrival.at)] = Some(0);
    }
    for event in &transcript.events {
        *columns[column(event.at)].get_or_insert(0) += 1;
    }
    columns
        .into_iter()
        .map(|events| match events {
            None => '.',
            Some(0) => '-',
            Some(count) => char::from_digit(count, 10).unwrap_or('#'),
        })
        .collect()
}

/// In two lines, for people.
impl std::fmt::Display for Timing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "head after {} ms", self.head_ms)?;
        if let Some(first) = self.first_byte_ms {
            write!(f, ", first byte after {first} ms")?;
        }
        if let Some(first) = self.first_event_ms {
            write!(f, ", first event after {first} ms")?;
        }
        if let Some(gaps) = self.gaps {
            write!(
                f,
                "; gaps p50 {} ms, p95 {} ms, longest {} ms",
                gaps.p50_ms, gaps.p95_ms, gaps.max_ms
            )?;
        }
        write!(f, "\n|{}|", self.timeline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Probe;
    use crate::checks::evidence::Evidence;

    #[test]
    fn a_stream_is_told_as_it_came() {
        let seen = Evidence::of(b"data: a\n\ndata: b\n\n")
            .then(b":hi\n\n", 2_010)
            .then(b"data: c\n\n", 5_010)
            .observation(Probe::Connect);
        let timing = Timing::of(seen.response("stream").unwrap());
        assert_eq!((timing.head_ms, timing.first_event_ms), (5, Some(10)));
        let gaps = Gaps {
            p50_ms: 2_000,
            p95_ms: 3_000,
            max_ms: 3_000,
        };
        assert_eq!(timing.gaps, Some(gaps));
        assert_eq!(timing.timeline.len(), COLUMNS);
        assert_eq!(timing.timeline.replace('.', ""), "2-1");
    }

    #[test]
    fn nothing_that_came_is_no_gap() {
        let seen = Evidence::of(b"").observation(Probe::Connect);
        let timing = Timing::of(seen.response("stream").unwrap());
        assert_eq!((timing.first_byte_ms, timing.gaps), (None, None));
        assert_eq!(timing.timeline, ".".repeat(COLUMNS));
    }
}
