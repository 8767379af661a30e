//! The rules of a profile: what each can say, and its judgement.

use serde::Deserialize;
use serde_json::Value;

use super::Profile;
use super::events::{automaton, counts, each, ended, nested, order, unique_ids, without};
use super::schema::Shape;
use super::seen::{Seen, Stream};
use crate::check::{Judgement, NotObserved, Verdict};
use crate::escape::printable;
use crate::observation::Answer;
use crate::requirement::Level;

/// Something that a protocol asks of a stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// Its name, `profile/rule`.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// The place in the description of the protocol, a URL.
    pub anchor: String,
    /// What holds when it passes, one sentence.
    pub says: String,
    /// What goes wrong otherwise.
    pub why: String,
    /// How to mend it.
    pub fix: String,
    /// The method of the request whose response it speaks of, if not of any.
    #[serde(default)]
    pub method: Option<String>,
    /// How it is judged.
    pub judge: Judge,
}

/// How a rule is judged. Where `classes` is empty, all events are meant.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum Judge {
    /// The classes come in the order of the automaton.
    Order,
    /// A response that is over ended in a state in which it may.
    Ended,
    /// The first event is of this class.
    First {
        /// Which class.
        class: String,
        /// What an event says where the rule does not hold yet.
        #[serde(default)]
        unless: Option<Said>,
    },
    /// The data is JSON, except for these classes.
    Json {
        /// Which need not be.
        #[serde(default)]
        except: Vec<String>,
    },
    /// The data fits a JSON Schema.
    Shape {
        /// Of which events.
        #[serde(default)]
        classes: Vec<String>,
        /// The schema.
        schema: Value,
    },
    /// No event is of one of these classes.
    None {
        /// Which.
        classes: Vec<String>,
    },
    /// The fields `event`, `id` or `retry` are not used.
    Without {
        /// Which.
        fields: Vec<String>,
    },
    /// The type of the event is what its data says.
    TypeIs {
        /// Of which events.
        #[serde(default)]
        classes: Vec<String>,
        /// Where the data says it.
        pointer: String,
    },
    /// A number in the data goes up by one from event to event.
    Counts {
        /// In which events.
        #[serde(default)]
        classes: Vec<String>,
        /// Where the number is.
        pointer: String,
    },
    /// A value is the same in all events.
    Same {
        /// In which events.
        #[serde(default)]
        classes: Vec<String>,
        /// Where the value is.
        pointer: String,
    },
    /// What is opened with a key is closed, and nothing belongs to a key that is not open.
    Nested {
        /// The class that opens.
        open: String,
        /// The class inside.
        within: String,
        /// The class that closes.
        close: String,
        /// Where the key is.
        pointer: String,
    },
    /// Each event has an `id` of its own.
    HasId {
        /// Which events.
        #[serde(default)]
        classes: Vec<String>,
    },
    /// No id is given out twice.
    UniqueIds,
    /// A header of the response.
    Header {
        /// Its name in lower case.
        name: String,
        /// Whether it must be there.
        #[serde(default)]
        required: bool,
        /// The only value that is right.
        #[serde(default)]
        is: Option<String>,
        /// Only visible ASCII, 0x21 to 0x7E.
        #[serde(default)]
        visible_ascii: bool,
    },
    /// The answer to one of the asks.
    Answer {
        /// Which.
        ask: String,
        /// The statuses that are right.
        status: Vec<u16>,
        /// Whether an event stream is right too.
        #[serde(default)]
        or_event_stream: bool,
        /// Whether there must be no content.
        #[serde(default)]
        empty: bool,
        /// A header, in lower case, that the answer must have.
        #[serde(default)]
        has_header: Option<String>,
        /// Only if the response of the stream had this header, in lower case.
        #[serde(default)]
        if_header: Option<String>,
    },
}

/// Something that an event may say.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Said {
    /// Where, in its JSON.
    pub pointer: String,
    /// One of these.
    pub is: Vec<String>,
}

impl Judge {
    /// The classes that it names.
    pub(super) fn classes(&self) -> Vec<&str> {
        match self {
            Self::First { class, .. } => vec![class],
            Self::Nested {
                open,
                within,
                close,
                ..
            } => vec![open, within, close],
            Self::Json { except: classes }
            | Self::None { classes }
            | Self::Shape { classes, .. }
            | Self::TypeIs { classes, .. }
            | Self::Counts { classes, .. }
            | Self::Same { classes, .. }
            | Self::HasId { classes } => classes.iter().map(String::as_str).collect(),
            Self::Order
            | Self::Ended
            | Self::Without { .. }
            | Self::UniqueIds
            | Self::Header { .. }
            | Self::Answer { .. } => Vec::new(),
        }
    }
}

impl Said {
    /// What an event of `stream` says, if it is one of these.
    fn by<'s>(&self, stream: &'s Stream<'_>) -> Option<&'s str> {
        let said = stream
            .events
            .iter()
            .filter_map(|event| event.at(&self.pointer));
        let mut said = said.filter_map(Value::as_str);
        said.find(|said| self.is.iter().any(|one| one == said))
    }
}

impl Rule {
    /// Judges what was seen.
    pub(super) fn judgement(&self, profile: &Profile, seen: &Seen<'_>) -> Judgement {
        if let Some(method) = self
            .method
            .as_deref()
            .filter(|method| *method != seen.method)
        {
            return NotObserved::because(format!("it speaks of the response to a {method}"));
        }
        match &self.judge {
            Judge::Header { .. } => self.header(seen),
            Judge::Answer { .. } => self.answer(profile, seen),
            _ => self.stream(profile, seen, seen.stream()?),
        }
    }

    fn stream(&self, profile: &Profile, seen: &Seen<'_>, stream: &Stream<'_>) -> Judgement {
        match &self.judge {
            Judge::Order => order(automaton(profile)?, stream),
            Judge::Ended => ended(automaton(profile)?, seen, stream),
            Judge::First { class, unless } => {
                let said = unless.as_ref().and_then(|unless| unless.by(stream));
                if let Some(said) = said {
                    return NotObserved::because(format!("an event says {said}"));
                }
                let first = &stream.events[0];
                Ok(match first.class == *class {
                    true => Verdict::Pass,
                    false => {
                        stream.fail(first, format!("the first event is {}", first.class), class)
                    }
                })
            }
            Judge::Json { except } => each(stream, &[], |event| {
                let ok = event.json.is_some() || except.contains(&event.class);
                (!ok).then(|| {
                    (
                        "the data is not JSON".to_owned(),
                        "JSON in every event".to_owned(),
                    )
                })
            }),
            Judge::Shape { classes, schema } => {
                let shape = Shape::of(schema).map_err(NotObserved)?;
                each(stream, classes, |event| {
                    let fault = match &event.json {
                        Some(json) => shape.fault(json),
                        None => Some("the data is not JSON".to_owned()),
                    };
                    fault.map(|fault| (fault, self.says.clone()))
                })
            }
            Judge::None { classes } => Ok(match stream.of_classes(classes) {
                Err(_) => Verdict::Pass,
                Ok(found) => stream.fail(
                    found[0],
                    format!("there are {} of the class {}", found.len(), found[0].class),
                    self.says.clone(),
                ),
            }),
            Judge::Without { fields } => Ok(without(stream, fields, &self.says)),
            Judge::TypeIs { classes, pointer } => each(stream, classes, |event| {
                let said = event.at(pointer)?.as_str()?;
                let event_type = &event.dispatched.event_type;
                (said != event_type).then(|| {
                    (
                        format!(
                            "the type is {event_type:?}, and {pointer} says {:?}",
                            printable(said)
                        ),
                        "the same in both".to_owned(),
                    )
                })
            }),
            Judge::Counts { classes, pointer } => counts(stream, classes, pointer),
            Judge::Same { classes, pointer } => {
                let first = stream
                    .of_classes(classes)?
                    .into_iter()
                    .find_map(|event| event.at(pointer));
                let Some(first) = first.cloned() else {
                    return NotObserved::because(format!("no event has a {pointer}"));
                };
                each(stream, classes, |event| {
                    let value = event.at(pointer)?;
                    (*value != first).then(|| {
                        (
                            format!("{pointer} is {}", printable(&value.to_string())),
                            format!("{} as in the first event", printable(&first.to_string())),
                        )
                    })
                })
            }
            Judge::Nested {
                open,
                within,
                close,
                pointer,
            } => nested(stream, [open, within, close], pointer),
            Judge::HasId { classes } => each(stream, classes, |event| {
                (!event.dispatched.own_id)
                    .then(|| ("the event has no id".to_owned(), self.says.clone()))
            }),
            Judge::UniqueIds => unique_ids(stream),
            Judge::Header { .. } | Judge::Answer { .. } => {
                unreachable!("they do not speak of the stream")
            }
        }
    }

    fn header(&self, seen: &Seen<'_>) -> Judgement {
        let Judge::Header {
            name,
            required,
            is,
            visible_ascii,
        } = &self.judge
        else {
            unreachable!("called for headers only")
        };
        let Some(header) = seen.response.headers_named(name).next() else {
            if *required {
                seen.stream()?;
                return Ok(Verdict::fail(format!("no {name}"), self.says.clone()));
            }
            return NotObserved::because(format!("the response has no {name}"));
        };
        let text = header.text();
        let right = is
            .as_ref()
            .is_none_or(|is| is.eq_ignore_ascii_case(text.trim()))
            && (!visible_ascii || header.value.iter().all(u8::is_ascii_graphic));
        Ok(match right {
            true => Verdict::Pass,
            false => Verdict::fail(header.to_string(), self.says.clone()),
        })
    }

    fn answer(&self, profile: &Profile, seen: &Seen<'_>) -> Judgement {
        let Judge::Answer {
            ask,
            status,
            or_event_stream,
            empty,
            has_header,
            if_header,
        } = &self.judge
        else {
            unreachable!("called for answers only")
        };
        if let Some(name) = if_header
            && seen.response.headers_named(name).next().is_none()
        {
            return NotObserved::because(format!("the response has no {name}"));
        }
        let Some(asked) = seen.asked else {
            return NotObserved::because("the probe was not made");
        };
        let exchange = asked.exchange(&profile.exchange(ask))?;
        let response = match exchange.told()? {
            Answer::Response(response) => response,
            Answer::Nothing { why, .. } => {
                return Ok(Verdict::fail(why.to_string(), self.says.clone()));
            }
        };
        if !(status.contains(&response.status) || (*or_event_stream && response.is_event_stream()))
        {
            return Ok(Verdict::fail(
                format!(
                    "{} is answered with status {}",
                    exchange.request.method, response.status
                ),
                self.says.clone(),
            ));
        }
        if *empty && !response.body.bytes.is_empty() {
            return Ok(Verdict::fail_at(
                format!("status {} with content", response.status),
                self.says.clone(),
                &response.body.bytes,
                0,
            ));
        }
        if let Some(name) = has_header
            && response.headers_named(name).next().is_none()
        {
            return Ok(Verdict::fail(format!("no {name}"), self.says.clone()));
        }
        Ok(Verdict::Pass)
    }
}
