//! The smallest script that shows the same fault.

use sse_fixtures::ScriptStep;

use super::asking::Encoder;
use super::script_of;
use crate::observation::Exchange;
use crate::script::{Fault, faults};

/// How many times a script is made smaller at most.
const MOST_ROUNDS: usize = 64;

/// Makes `steps`, which led to `exchange`, smaller as long as they show `fault`; gives what came of the smallest.
pub(super) async fn smallest(
    encoder: &mut Encoder<'_>,
    steps: &[ScriptStep],
    mut exchange: Exchange,
    fault: Fault,
) -> Exchange {
    let mut steps = steps.to_vec();
    for _ in 0..MOST_ROUNDS {
        let smaller = smaller(&steps);
        let scripts: Vec<_> = smaller.iter().map(|steps| script_of(steps)).collect();
        let mut came = smaller.into_iter().zip(encoder.ask(&scripts).await);
        let Some(found) = came.find(|(_, exchange)| faults(exchange).contains(&fault)) else {
            break;
        };
        (steps, exchange) = found;
    }
    exchange
}

/// All scripts that are one cut smaller, the largest cuts first.
fn smaller(steps: &[ScriptStep]) -> Vec<Vec<ScriptStep>> {
    let mut all = Vec::new();
    if steps.len() > 1 {
        all.extend(steps.iter().map(|step| vec![step.clone()]));
        all.extend((0..steps.len()).map(|gone| {
            let mut rest = steps.to_vec();
            rest.remove(gone);
            rest
        }));
    }
    for (place, step) in steps.iter().enumerate() {
        all.extend(smaller_steps(step).into_iter().map(|step| {
            let mut changed = steps.to_vec();
            changed[place] = step;
            changed
        }));
    }
    all
}

fn smaller_steps(step: &ScriptStep) -> Vec<ScriptStep> {
    let (event, id, retry, data) = match step {
        ScriptStep::Comment(comment) => {
            return cuts(comment).into_iter().map(ScriptStep::Comment).collect();
        }
        ScriptStep::Wait(_) => return Vec::new(),
        ScriptStep::Event {
            event,
            id,
            retry,
            data,
        } => (event, id, retry, data),
    };
    let with =
        |event: &Option<String>, id: &Option<String>, retry: Option<u64>, data: &Option<String>| {
            ScriptStep::Event {
                event: event.clone(),
                id: id.clone(),
                retry,
                data: data.clone(),
            }
        };
    let mut all = Vec::new();
    // A step has at least one field, and one that is left with its data stays an event.
    all.extend(event.as_ref().map(|_| with(&None, id, *retry, data)));
    all.extend(id.as_ref().map(|_| with(event, &None, *retry, data)));
    all.extend(retry.map(|_| with(event, id, None, data)));
    all.extend(
        cuts_of(data)
            .iter()
            .map(|data| with(event, id, *retry, data)),
    );
    all.extend(
        cuts_of(event)
            .iter()
            .map(|event| with(event, id, *retry, data)),
    );
    all.extend(cuts_of(id).iter().map(|id| with(event, id, *retry, data)));
    all.retain(|step| *step != with(&None, &None, None, &None));
    all
}

fn cuts_of(text: &Option<String>) -> Vec<Option<String>> {
    text.iter().flat_map(|text| cuts(text)).map(Some).collect()
}

/// The text without a half, a quarter … a character of it.
fn cuts(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut all = Vec::new();
    let mut size = characters.len();
    while size > 0 {
        for from in (0..characters.len()).step_by(size) {
            let to = (from + size).min(characters.len());
            all.push(characters[..from].iter().chain(&characters[to..]).collect());
        }
        size /= 2;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_come_from_large_to_small() {
        assert_eq!(cuts("abcd"), ["", "cd", "ab", "bcd", "acd", "abd", "abc"]);
        assert!(cuts("").is_empty());
    }

    #[test]
    fn a_step_is_never_left_without_a_field() {
        let id = ScriptStep::Event {
            event: None,
            id: Some("1".to_owned()),
            retry: None,
            data: None,
        };
        assert!(
            smaller_steps(&id)
                .iter()
                .all(|step| serde_json::to_string(step).is_ok_and(|json| json != "{}"))
        );
        assert_eq!(smaller_steps(&id).len(), 1);
    }
}
