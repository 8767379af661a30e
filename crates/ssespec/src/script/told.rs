//! From what came of all steps to a verdict about one kind of fault.

use std::collections::BTreeSet;

use sse_fixtures::ScriptStep;

use super::played::held_against;
use super::{Came, Fault, MARKER, Script, Subject, Wrong, is_expressible, play, subject};
use crate::check::{Judgement, NotObserved, Probe, Verdict};
use crate::hub::seen::{ENVELOPE, PUBLISH};
use crate::observation::{Answer, Exchange, Failure, Observation};
use crate::transcript::Transcript;

/// A step with what came of it in one exchange.
pub(crate) struct Told<'o> {
    pub(crate) step: ScriptStep,
    pub(crate) came: Came,
    /// Whether no other step was under test in the same script.
    pub(crate) alone: bool,
    /// The body, empty if there was none.
    pub(crate) body: &'o [u8],
}

/// Which steps a check is about.
pub(crate) type Subjects = fn(&ScriptStep) -> bool;

/// What came of every step in every exchange.
///
/// # Errors
///
/// [`NotObserved`] if no script was answered with an event stream.
pub(crate) fn told(seen: &Observation) -> Result<Vec<Told<'_>>, NotObserved> {
    let told: Vec<_> = seen.exchanges.iter().flat_map(of_exchange).collect();
    if !told.is_empty() {
        return Ok(told);
    }
    match (&seen.nothing, seen.exchanges.first()) {
        (Some(why), _) => NotObserved::because(why),
        (None, None) => NotObserved::because("no script was sent"),
        (None, Some(first)) => {
            seen.stream(&first.name)?;
            NotObserved::because("no step came back")
        }
    }
}

fn of_exchange(exchange: &Exchange) -> Vec<Told<'_>> {
    let script = exchange.request.body.as_deref().and_then(Script::from_json);
    let Some(script) = script else {
        return Vec::new();
    };
    let alone = script.under_test().count() == 1;
    let response = match &exchange.answer {
        Answer::Response(response) => response,
        Answer::Nothing { why, .. } => return no_answer(&script, why),
    };
    let tell = |step, came| Told {
        step,
        came,
        alone,
        body: &response.body.bytes,
    };
    if response.is_event_stream() {
        let played = play(&script, response);
        return played
            .into_iter()
            .map(|played| tell(played.step, played.came))
            .collect();
    }
    if exchange.name == "stream" {
        // The plain event: what is wrong with its head is for other checks to say.
        return Vec::new();
    }
    // An answer without a stream speaks of the whole script: it can be laid to a step that is alone in it.
    let Some((_, step)) = script.under_test().next().filter(|_| alone) else {
        return Vec::new();
    };
    let came = match response.status {
        422 => Came::Refused,
        400..=499 if exchange.name.starts_with(PUBLISH) => Came::Refused,
        // Only a driver is heard to say this of a whole script.
        501 if exchange.request.url.is_empty() => Came::Unsupported,
        status => Came::Wrong(Wrong {
            fault: fault_of_silence(step),
            seen: format!("the answer is {status}"),
            expected: if exchange.name.starts_with(PUBLISH) {
                "2xx, or 4xx for an event that is refused".to_owned()
            } else {
                "an event stream, or 422 for a step that is refused".to_owned()
            },
            offset: 0,
        }),
    };
    vec![tell(step.clone(), held_against(step, came))]
}

/// A driver that breaks at a script: of its steps one that the format cannot carry is suspect, or else the first.
fn no_answer(script: &Script, why: &Failure) -> Vec<Told<'static>> {
    let mut steps = script.under_test().map(|(_, step)| step);
    let hostile = steps.clone().find(|step| !is_expressible(step));
    let (Failure::NoAnswer(what), Some(step)) = (why, hostile.or_else(|| steps.next())) else {
        return Vec::new();
    };
    let came = Came::Wrong(Wrong {
        fault: fault_of_silence(step),
        seen: format!("it {what}"),
        expected: "bytes, or a refusal".to_owned(),
        offset: 0,
    });
    vec![Told {
        step: step.clone(),
        came,
        alone: script.under_test().count() == 1,
        body: &[],
    }]
}

fn fault_of_silence(step: &ScriptStep) -> Fault {
    if is_expressible(step) {
        Fault::RoundTrip
    } else {
        Fault::SilentChange
    }
}

/// The faults that an exchange shows, each once.
pub(crate) fn faults(exchange: &Exchange) -> BTreeSet<Fault> {
    let told = of_exchange(exchange).into_iter();
    told.filter_map(|told| match told.came {
        Came::Wrong(wrong) => Some(wrong.fault),
        _ => None,
    })
    .collect()
}

/// Judges one kind of fault by the steps that could show it.
pub(crate) fn judge(seen: &Observation, fault: Fault, about: Subjects) -> Judgement {
    let told = told(seen)?;
    if let (Some(how), true) = (seen.facts.get(ENVELOPE), fault != Fault::Injection) {
        return NotObserved::because(format!(
            "plain data comes in an envelope of the hub's own: {how:?}"
        ));
    }
    let wrong = |told: &&Told<'_>| matches!(&told.came, Came::Wrong(wrong) if wrong.fault == fault);
    // Between the events of a hub there may be others: what is wrong with one has to be so each time that it is published alone.
    let only_confirmed = seen.probe == Probe::HubTexts;
    let confirmed = |step: &ScriptStep| {
        let mut alone = told.iter().filter(|told| told.alone && told.step == *step);
        alone.clone().next().is_some() && alone.all(|told| wrong(&told))
    };
    let wrong = |told: &&Told<'_>| wrong(told) && (!only_confirmed || confirmed(&told.step));
    // Where ordinary text is changed, unusual text is too, and nothing is added by saying it twice.
    let anyway = fault == Fault::SilentChange
        && told.iter().any(|told| {
            matches!(&told.came, Came::Wrong(wrong) if wrong.fault == Fault::RoundTrip)
                && (!only_confirmed || told.alone)
        });
    let wrong = |told: &&Told<'_>| wrong(told) && !(anyway && is_expressible(&told.step));
    let mut steps: Vec<&ScriptStep> = Vec::new();
    for told in told.iter().filter(wrong) {
        if !steps.contains(&&told.step) {
            steps.push(&told.step);
        }
    }
    // The shortest script says it best.
    let first = told
        .iter()
        .filter(wrong)
        .min_by_key(|told| (!told.alone, size(&told.step)));
    if let Some(told) = first
        && let Came::Wrong(wrong) = &told.came
    {
        let more = match steps.len() - 1 {
            0 => String::new(),
            1 => "; and so does 1 more step".to_owned(),
            more => format!("; and so do {more} more steps"),
        };
        let seen = format!("{} comes back as: {}{more}", shown(told), wrong.seen);
        return Ok(Verdict::fail_at(
            seen,
            wrong.expected.clone(),
            told.body,
            wrong.offset,
        ));
    }
    // It went wrong in another way, of which another check speaks, or was not reached: that says nothing.
    let came = |wanted: &[Came]| {
        let told = told.iter().filter(|told| about(&told.step));
        told.filter(|told| wanted.contains(&told.came)).count()
    };
    let shown = came(&[Came::Kept, Came::Refused]) > 0;
    let plain = match fault {
        Fault::RoundTrip => told.iter().find(|told| is_plain(told)),
        _ => None,
    };
    match (plain, shown) {
        (Some(told), _) => Ok(Verdict::Unsupported(format!(
            "the framework has no way to write some plain data, such as {}",
            self::shown(told)
        ))),
        (None, true) => Ok(Verdict::Pass),
        (None, false) if came(&[Came::Unsupported]) > 0 => Ok(Verdict::Unsupported(
            "the framework has no way to express what could show it".to_owned(),
        )),
        (None, false) => {
            NotObserved::because("no step that could show it came back as it was written")
        }
    }
}

/// Whether it is plain data that the framework is said to have no way to write: who reads of a pass must not believe that it can.
fn is_plain(told: &Told<'_>) -> bool {
    let plain = matches!(
        &told.step,
        ScriptStep::Event {
            event: None,
            id: None,
            retry: None,
            data: Some(_)
        }
    );
    let harmless = || {
        subject::find(&told.step)
            .is_some_and(|found| found.refusal == sse_fixtures::Refusal::Defect)
    };
    told.came == Came::Unsupported && plain && harmless()
}

/// The step as a script that shows it, with its fixture.
fn shown(told: &Told<'_>) -> String {
    let step = serde_json::to_string(&told.step).expect("a step is plain data");
    let mut shown: String = step.chars().take(SHOWN).collect();
    if shown.len() < step.len() {
        shown.push_str(&format!("… ({} bytes)", step.len()));
    }
    if !told.alone {
        shown.push_str(" among others");
    }
    match subject::find(&told.step) {
        Some(Subject { fixture, .. }) => format!("{shown} ({fixture})"),
        None => shown,
    }
}

/// How many characters of a step are shown.
const SHOWN: usize = 200;

fn size(step: &ScriptStep) -> usize {
    serde_json::to_string(step).map_or(usize::MAX, |step| step.len())
}

/// Judges every stream of the observation as if it were the only one: the first that fails counts.
pub(crate) fn each(seen: &Observation, judge: fn(&Observation) -> Judgement) -> Judgement {
    let mut best = NotObserved::because(seen.nothing.as_deref().unwrap_or("no script was sent"));
    for exchange in &seen.exchanges {
        let judged = judge(&exchange.as_stream(seen.probe));
        match judged {
            Ok(Verdict::Fail(_)) => return judged,
            Ok(Verdict::Pass) | Err(_) if best.is_ok() => {}
            judged => best = judged,
        }
    }
    best
}

/// The steps that the target says its framework cannot express.
pub(crate) fn unsupported(seen: &Observation) -> Vec<ScriptStep> {
    let told = told(seen).unwrap_or_default().into_iter();
    told.filter(|told| told.came == Came::Unsupported)
        .map(|told| told.step)
        .collect()
}

/// The body of a response that leaves out what stands up to a step with an empty id, although the request had no `Last-Event-ID`.
pub(crate) fn skips_to_empty_id(seen: &Observation) -> Option<&[u8]> {
    seen.exchanges.iter().find_map(|exchange| {
        let script = Script::from_json(exchange.request.body.as_deref()?)?;
        let response = exchange
            .response()
            .ok()
            .filter(|response| response.is_event_stream())?;
        let (_, step) = script.under_test().next()?;
        let empty = matches!(step, ScriptStep::Event { id: Some(id), .. } if id.is_empty());
        let played = play(&script, response);
        let skipped = played.len() == 1 && played[0].came == Came::NotReached;
        let rest = Transcript::of(response)
            .events
            .iter()
            .any(|event| event.data.contains(MARKER));
        (empty && skipped && rest).then_some(&response.body.bytes[..])
    })
}
