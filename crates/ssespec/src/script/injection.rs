//! Whether a text of a step got out of its field.

use sse_fixtures::ScriptStep;
use sse_parser::FieldName;

use super::compare::{any_line_end, short};
use super::played::{Fault, Wrong};
use super::region::Region;
use super::{MARKER, REFUSED, UNSUPPORTED, has_line_end, lines_of, texts};
use crate::transcript::Dispatched;

/// What got out, if something did. Only a text with a line end can.
pub(super) fn injected(region: &Region<'_>) -> Option<Wrong> {
    if !any_line_end(region.step) {
        return None;
    }
    line(region)
        .or_else(|| torn(region))
        .or_else(|| event(region))
}

/// What stands behind a line end of a text is a line of its own.
fn line(region: &Region<'_>) -> Option<Wrong> {
    let own = own_lines(region.step);
    for (name, text) in texts(region.step) {
        for piece in lines_of(text).skip(1) {
            // A blank line is no text: what matters of it is what it does to the events. A comment of several lines may be several comments.
            if piece.is_empty() || piece == ":" || (name == "comment" && piece.starts_with(':')) {
                continue;
            }
            let mut same = region
                .lines
                .iter()
                .filter(|line| region.content(line) == piece.as_bytes());
            let meant = own.iter().filter(|own| own.as_str() == piece).count();
            if let Some(line) = same.nth(meant) {
                return Some(Wrong {
                    fault: Fault::Injection,
                    seen: format!("{} of the {name} is a line of its own", short(piece)),
                    expected: format!("the line ends of the {name} split, or the step refused"),
                    offset: line.offset,
                });
            }
        }
    }
    None
}

/// The lines that the step itself may lead to, with and without the space behind the colon.
fn own_lines(step: &ScriptStep) -> Vec<String> {
    let mut own = Vec::new();
    if let ScriptStep::Event {
        event,
        id,
        retry,
        data,
    } = step
    {
        let mut add = |name: &str, value: &str| {
            own.extend([format!("{name}: {value}"), format!("{name}:{value}")]);
            if value.is_empty() {
                own.push(name.to_owned());
            }
        };
        event.iter().for_each(|event| add("event", event));
        id.iter().for_each(|id| add("id", id));
        retry
            .iter()
            .for_each(|retry| add("retry", &retry.to_string()));
        data.iter()
            .for_each(|data| lines_of(data).for_each(|line| add("data", line)));
    }
    own
}

/// A line end in the type or the id made a blank line, which tears the block.
fn torn(region: &Region<'_>) -> Option<Wrong> {
    let ScriptStep::Event {
        event,
        id,
        data: Some(_),
        ..
    } = region.step
    else {
        return None;
    };
    let hostile = |text: &Option<String>| text.as_deref().is_some_and(has_line_end);
    if !hostile(event) && !hostile(id) || region.events.is_empty() {
        return None;
    }
    let named: Vec<_> = [FieldName::Event, FieldName::Id, FieldName::Data]
        .into_iter()
        .flat_map(|name| region.values(name).map(|(_, offset)| offset))
        .collect();
    let torn = region.blocks.iter().filter(|block| {
        named
            .iter()
            .any(|offset| (block.start..block.end).contains(offset))
    });
    (torn.count() > 1).then(|| Wrong {
        fault: Fault::Injection,
        seen: "a line end in the type or the id makes a blank line, which tears the event"
            .to_owned(),
        expected: "the line end split off, or the step refused".to_owned(),
        offset: region.from,
    })
}

/// More events than were to be written.
fn event(region: &Region<'_>) -> Option<Wrong> {
    // Data gets out as a line. An event that is torn or doubled is wrong in another way.
    if texts(region.step).all(|(name, text)| name == "data" || !has_line_end(text)) {
        return None;
    }
    let (event_type, meant) = match region.step {
        ScriptStep::Event { event, data, .. } => (event.as_deref(), usize::from(data.is_some())),
        _ => (None, 0),
    };
    // A target may write empty data where none is given, whatever the text is: that is a change, and no text got out.
    let unasked = |event: &Dispatched| {
        meant == 0
            && region.events.len() == 1
            && event.data.is_empty()
            && ["message", event_type.unwrap_or_default()].contains(&&*event.event_type)
    };
    let own = |event: &&Dispatched| {
        let told = [REFUSED, UNSUPPORTED].contains(&&*event.event_type);
        let again = meant > 0 && Some(*event) == region.events.first();
        told || again || unasked(event) || event.data.contains(MARKER)
    };
    let extra = region.events.iter().skip(meant).find(|event| !own(event))?;
    Some(Wrong {
        fault: Fault::Injection,
        seen: format!(
            "an event that nobody wrote, {} {}",
            short(&extra.event_type),
            short(&extra.data)
        ),
        expected: if meant == 0 { "no event" } else { "one event" }.to_owned(),
        offset: extra.offset,
    })
}
