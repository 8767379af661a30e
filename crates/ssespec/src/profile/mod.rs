//! Profiles: what a protocol on top of event streams asks beyond the standard, as data.
//!
//! A profile is a file of `conformance/profiles/`. It sorts the events of a stream into classes, says in which order the classes may come
//! (an automaton), what each event must look like (rules), which further requests show something (asks), and which checks of the standard
//! weigh more or less for such streams (levels).

mod automaton;
mod class;
mod events;
mod page;
mod rule;
mod schema;
mod seen;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub use self::automaton::Automaton;
pub use self::class::Class;
pub use self::page::{page, rule_page};
pub use self::rule::{Judge, Rule};
use self::seen::Seen;
use crate::check::{Judgement, NotObserved, Role};
use crate::judge::judged;
use crate::observation::Observation;
use crate::report::{Outcome, Row};
use crate::requirement::Level;

/// What one protocol asks of a stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Its name, which is also that of its file and the group of its rules.
    pub name: String,
    /// One sentence on what it is for.
    pub title: String,
    /// Where the protocol is described, a URL.
    pub source: String,
    /// When to use it and what it cannot see, in Markdown.
    pub page: String,
    /// The request that opens the stream, where the user names none.
    #[serde(default)]
    pub request: Option<DefaultRequest>,
    /// How much a check of the standard weighs for such streams, by its id or by `group/*`.
    #[serde(default)]
    pub levels: BTreeMap<String, Weight>,
    /// The longest silence that a stream may have, in seconds, if that is not what is usual.
    #[serde(default)]
    pub longest_silence: Option<u64>,
    /// The classes of events, tried in this order; what fits none is of the class `other`.
    #[serde(default, rename = "class")]
    pub classes: Vec<Class>,
    /// The classes whose presence at the start of a stream suggests this profile.
    #[serde(default)]
    pub suggested_by: Vec<String>,
    /// In which order the classes may come.
    #[serde(default)]
    pub automaton: Option<Automaton>,
    /// Further requests.
    #[serde(default, rename = "ask")]
    pub asks: Vec<Ask>,
    /// What is judged.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// The request that opens a stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DefaultRequest {
    /// The method.
    pub method: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The content.
    #[serde(default)]
    pub body: Option<String>,
}

/// A further request, made after the stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ask {
    /// What rules call it.
    pub name: String,
    /// The method; what is not safe is only sent with `--repeat-post`.
    pub method: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Response headers of the stream that are sent back, such as that of a session.
    #[serde(default)]
    pub forward: Vec<String>,
    /// The content.
    #[serde(default)]
    pub body: Option<String>,
}

/// How much a check weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// A failure.
    Must,
    /// A warning.
    Should,
    /// A warning.
    Advice,
    /// Told, and never a failure.
    Note,
    /// Not made.
    Off,
}

/// All profiles, by name.
pub fn all() -> &'static [Profile] {
    static ALL: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        EMBEDDED
            .iter()
            .map(|(name, text)| {
                read(name, text).unwrap_or_else(|why| panic!("{why}, which a test rules out"))
            })
            .collect()
    });
    &ALL
}

/// The profile called `name`.
pub fn find(name: &str) -> Option<&'static Profile> {
    all().iter().find(|profile| profile.name == name)
}

/// The profile called `name`, or what to write instead.
///
/// # Errors
///
/// There is none with that name: says which there are.
pub fn named(name: &str) -> Result<&'static Profile, String> {
    find(name).ok_or_else(|| {
        let known: Vec<_> = all().iter().map(|profile| profile.name.as_str()).collect();
        format!("no profile {name:?}; there are {}", known.join(", "))
    })
}

/// The rule `id` of any profile.
pub fn find_rule(id: &str) -> Option<(&'static Profile, &'static Rule)> {
    all().iter().find_map(|profile| {
        let rule = profile.rules.iter().find(|rule| rule.id == id)?;
        Some((profile, rule))
    })
}

/// The ids of all rules of all profiles.
pub fn rule_ids() -> impl Iterator<Item = &'static str> {
    all()
        .iter()
        .flat_map(|profile| &profile.rules)
        .map(|rule| rule.id.as_str())
}

/// Copies of `conformance/profiles/` inside of the crate, so that it can be packaged; a test keeps them equal.
static EMBEDDED: &[(&str, &str)] = &[
    ("spec", include_str!("../../generated/profiles/spec.toml")),
    (
        "realtime",
        include_str!("../../generated/profiles/realtime.toml"),
    ),
    (
        "browser",
        include_str!("../../generated/profiles/browser.toml"),
    ),
    (
        "llm-openai",
        include_str!("../../generated/profiles/llm-openai.toml"),
    ),
    (
        "llm-anthropic",
        include_str!("../../generated/profiles/llm-anthropic.toml"),
    ),
    (
        "mcp-2025-11-25",
        include_str!("../../generated/profiles/mcp-2025-11-25.toml"),
    ),
    (
        "mcp-2026-07-28",
        include_str!("../../generated/profiles/mcp-2026-07-28.toml"),
    ),
    (
        "mercure",
        include_str!("../../generated/profiles/mercure.toml"),
    ),
    (
        "graphql-sse",
        include_str!("../../generated/profiles/graphql-sse.toml"),
    ),
];

/// A profile that holds the data of events to JSON Schemas: pairs of an event type and its schema.
///
/// # Errors
///
/// Why a schema cannot be used.
pub fn of_schemas(schemas: Vec<(String, serde_json::Value)>) -> Result<Profile, String> {
    let mut profile = Profile {
        name: "schema".to_owned(),
        title: "The schemas of the command line.".to_owned(),
        source: "https://json-schema.org/specification".to_owned(),
        page: String::new(),
        request: None,
        levels: BTreeMap::new(),
        longest_silence: None,
        classes: Vec::new(),
        suggested_by: Vec::new(),
        automaton: None,
        asks: Vec::new(),
        rules: Vec::new(),
    };
    for (event_type, schema) in schemas {
        schema::Shape::of(&schema).map_err(|why| format!("{event_type}: {why}"))?;
        profile.classes.push(Class {
            name: event_type.clone(),
            types: vec![event_type.clone()],
            ..Class::default()
        });
        profile.rules.push(Rule {
            id: format!("schema/{event_type}"),
            level: Level::Must,
            anchor: profile.source.clone(),
            says: format!("data of {event_type:?} that fits its schema"),
            why: String::new(),
            fix: String::new(),
            method: None,
            judge: Judge::Shape {
                classes: vec![event_type],
                schema,
            },
        });
    }
    Ok(profile)
}

/// Reads the text of the profile `name`.
///
/// # Errors
///
/// What is wrong with it: a member that is unknown, a class or an ask that a rule names and that is not there.
pub fn read(name: &str, text: &str) -> Result<Profile, String> {
    let profile: Profile = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
    let wrong = |why: String| Err(format!("{name}: {why}"));
    if profile.name != name {
        return wrong(format!("the profile calls itself {:?}", profile.name));
    }
    for class in profile.automaton.iter().flat_map(Automaton::classes) {
        if !profile.knows_class(class) {
            return wrong(format!(
                "the automaton names the class {class:?}, which is not there"
            ));
        }
    }
    if let Some(state) = profile
        .automaton
        .as_ref()
        .and_then(Automaton::unknown_state)
    {
        return wrong(format!(
            "the automaton leads to the state {state:?}, which is not there"
        ));
    }
    for rule in &profile.rules {
        if rule
            .id
            .split_once('/')
            .is_none_or(|(group, _)| group != name)
        {
            return wrong(format!("{:?} is not called {name}/…", rule.id));
        }
        if let Some(class) = rule
            .judge
            .classes()
            .iter()
            .find(|class| !profile.knows_class(class))
        {
            return wrong(format!(
                "{} names the class {class:?}, which is not there",
                rule.id
            ));
        }
        if let Judge::Answer { ask, .. } = &rule.judge
            && !profile.asks.iter().any(|known| known.name == *ask)
        {
            return wrong(format!(
                "{} looks at the ask {ask:?}, which is not there",
                rule.id
            ));
        }
    }
    if let Some(id) = profile.levels.keys().find(|id| !names_a_check(id)) {
        return wrong(format!("levels: {id:?} is no check"));
    }
    Ok(profile)
}

fn names_a_check(pattern: &str) -> bool {
    let known = |id: &str| crate::check::find(id).is_some();
    match pattern.strip_suffix("/*") {
        Some(group) => crate::checks::ALL.iter().any(|registered| {
            registered
                .check
                .requirement
                .split_once('/')
                .is_some_and(|(g, _)| g == group)
        }),
        None => known(pattern),
    }
}

impl Profile {
    fn knows_class(&self, name: &str) -> bool {
        name == class::OTHER || self.classes.iter().any(|class| class.name == name)
    }

    /// What the exchange of the ask `name` is called.
    pub fn exchange(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    /// How much the check `id` weighs, if that is not what the catalogue says.
    pub fn weight(&self, id: &str) -> Option<Weight> {
        let group = id.split_once('/').map(|(group, _)| format!("{group}/*"));
        self.levels
            .get(id)
            .or_else(|| self.levels.get(&group?))
            .copied()
    }

    /// Whether the start of the stream that `connect` saw looks like this protocol.
    pub fn is_suggested_by(&self, connect: &Observation) -> bool {
        let Ok(seen) = Seen::of(self, connect, None) else {
            return false;
        };
        seen.stream().is_ok_and(|stream| {
            let mut start = stream.events.iter().take(3);
            start.any(|event| self.suggested_by.contains(&event.class))
        })
    }

    /// Judges what was seen by each rule: the stream, and the answers to the asks.
    pub fn judge(&self, connect: Option<&Observation>, asked: Option<&Observation>) -> Vec<Row> {
        self.rules
            .iter()
            .map(|rule| {
                judged(
                    Role::Server,
                    (&rule.id, rule.level, &rule.anchor),
                    || match connect {
                        Some(connect) => self.judgement(rule, connect, asked),
                        None => NotObserved::because("the probe was not made"),
                    },
                )
            })
            .collect()
    }

    /// Judges what was seen by one of its rules.
    ///
    /// # Errors
    ///
    /// [`NotObserved`] if nothing happened that could show it.
    pub fn judgement(
        &self,
        rule: &Rule,
        connect: &Observation,
        asked: Option<&Observation>,
    ) -> Judgement {
        rule.judgement(self, &Seen::of(self, connect, asked)?)
    }
}

/// Gives the checks in `rows` the weight that `profiles` say; of several the last one that speaks of a check counts.
pub fn weigh(profiles: &[Profile], rows: &mut Vec<Row>) {
    rows.retain_mut(|row| {
        let weight = profiles
            .iter()
            .rev()
            .find_map(|profile| profile.weight(&row.id));
        row.level = match weight {
            None => return true,
            Some(Weight::Off) => return false,
            Some(Weight::Must) => Level::Must,
            Some(Weight::Should) => Level::Should,
            Some(Weight::Advice) => Level::Advice,
            Some(Weight::Note) => Level::Ambiguous,
        };
        // Only what is not met has a culprit.
        if row.culprit.is_some() {
            row.outcome = Outcome::of_failure(row.level);
        }
        true
    });
}
