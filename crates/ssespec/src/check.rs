//! What a check is, and what it can say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::escape;
use crate::fixture_check;
use crate::observation::Observation;
use crate::requirement::{self, Requirement};

/// One check: a pure function from what a probe saw to a verdict.
pub struct Check {
    /// The requirement that it judges: also its name, the name of its file and of its folder of fixtures.
    pub requirement: &'static str,
    /// Whom it can judge.
    pub roles: &'static [Role],
    /// Which probe makes the observation that it needs.
    pub probe: Probe,
    /// The judgement.
    pub judge: fn(&Observation) -> Judgement,
}

/// What a judge returns: a verdict, or that nothing happened that could show it.
pub type Judgement = Result<Verdict, NotObserved>;

/// Who is under test.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What sends events.
    Server,
    /// An event source.
    Client,
    /// Bytes to events.
    Parser,
    /// Events to bytes.
    Encoder,
    /// What stands between both.
    Proxy,
}

/// What is done to a target in order to see something. One probe serves many checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// One request as an `EventSource` makes it, and the stream until a stop rule ends it.
    Connect,
    /// The same resource with other `Accept` headers.
    Accept,
    /// HEAD and the OPTIONS of a preflight.
    Methods,
    /// A request with a foreign `Origin`.
    Origin,
    /// Read some events, cut, come back with `Last-Event-ID`.
    Resume,
    /// `Last-Event-ID` values that the server has never given out.
    LastEventId,
    /// A request in HTTP/1.0.
    Http10,
    /// A request in HTTP/2, frame by frame.
    Http2,
    /// Several streams at the same time.
    Parallel,
    /// Several streams on one connection of HTTP/2, one of which is not read.
    Multiplexed,
    /// A client that does not read, beside one that does.
    Stalled,
    /// The stream with content codings offered.
    Coding,
    /// Come back at once, after the reconnection time, after the end.
    ComeBack,
    /// Connections that are reset before they are answered.
    Aborts,
    /// Leave in the middle of a stream and see whether the server lets go.
    Leave,
    /// A second client beside the first one.
    Subscribers,
    /// A client of our session and one of another session at the same time.
    Sessions,
    /// Leave streams and see whether a number that the server shows goes down.
    Gauge,
    /// End a server that is ours, with a stream open.
    Shutdown,
    /// Start it again and come back.
    Restart,
    /// The further requests of a profile.
    Profile,
    /// Hostile values in a parameter that the server writes into its stream.
    Inject,
    /// Scripts of events, which the target writes with its own encoder.
    Script,
    /// The other half of the replay endpoint: flush, resume, both forms of the request, the end.
    Replay,
    /// Events that are published to a hub, one after the other, and the subscribers that see them, leave and come back.
    Hub,
    /// Every text of the corpus through the publish call of a hub.
    HubTexts,
    /// A subscriber of a hub that does not read, beside one that does.
    HubSlow,
    /// A hub that is stopped and started again.
    HubRestart,
}

/// What a judge found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Not as it should be. What that means for the run depends on the level of the requirement.
    Fail(Finding),
    /// The target says that it has no way to do what could show it.
    Unsupported(String),
    /// Nothing wrong, but worth knowing: a measured value, or a choice that the standard leaves open.
    Note(String),
}

/// Nothing happened that could show it: the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotObserved(pub String);

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was seen.
    pub seen: String,
    /// What was expected.
    pub expected: String,
    /// Where in the bytes.
    pub bytes: Option<Excerpt>,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Excerpt {
    /// Offset of its first byte in the body, in bytes.
    pub offset: u64,
    /// The bytes in the escapes of the fixture format.
    pub escaped: String,
}

/// A check with the text of its file, of which the header is its page.
pub struct Registered {
    /// The check.
    pub check: &'static Check,
    /// Other ways to see the same requirement: of other roles, or through other probes.
    pub also: &'static [&'static Check],
    /// The whole file.
    pub source: &'static str,
}

impl Registered {
    /// All ways to see the requirement.
    pub fn ways(&self) -> impl Iterator<Item = &'static Check> {
        std::iter::once(self.check).chain(self.also.iter().copied())
    }

    /// Whom the requirement can be seen of.
    pub fn roles(&self) -> Vec<Role> {
        let roles: std::collections::BTreeSet<_> =
            self.ways().flat_map(|check| check.roles).copied().collect();
        roles.into_iter().collect()
    }

    /// The page of the check: the documentation at the head of its file, in Markdown.
    pub fn page(&self) -> String {
        let lines = self
            .source
            .lines()
            .map_while(|line| line.strip_prefix("//!"));
        lines
            .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
            .collect()
    }

    /// The first sentence of the page.
    pub fn title(&self) -> String {
        self.page().lines().next().unwrap_or_default().to_owned()
    }
}

/// The check for the requirement `id`.
pub fn find(id: &str) -> Option<&'static Registered> {
    crate::checks::ALL
        .iter()
        .find(|registered| registered.check.requirement == id)
}

/// The names of all checks, those that are judged by fixtures among them.
pub fn names() -> impl Iterator<Item = &'static str> {
    let with_code = crate::checks::ALL.iter();
    let by_fixture = fixture_check::all().iter();
    with_code
        .map(|registered| registered.check.requirement)
        .chain(by_fixture.map(|check| check.requirement.id.as_str()))
}

/// Whom the check `id` can judge, in code or by its fixtures; nobody if there is none.
pub fn roles(id: &str) -> Vec<Role> {
    let with_code = find(id).map_or_else(Vec::new, Registered::roles);
    let by_fixture = fixture_check::find(id).map_or(&[][..], |check| &check.roles);
    [&with_code[..], by_fixture].concat()
}

/// How many bytes of a body are shown at most.
const EXCERPT: usize = 120;

impl Check {
    /// The requirement that it judges.
    ///
    /// # Panics
    ///
    /// If the catalogue has no such row, which a test rules out.
    pub fn requirement(&self) -> &'static Requirement {
        requirement::find(self.requirement).expect("every check has a row in the catalogue")
    }
}

impl Verdict {
    /// A failure that is in no particular place of the body.
    pub fn fail(seen: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Fail(Finding {
            seen: seen.into(),
            expected: expected.into(),
            bytes: None,
        })
    }

    /// A failure at `offset` of `body`: the excerpt begins there, if there are any bytes.
    pub fn fail_at(
        seen: impl Into<String>,
        expected: impl Into<String>,
        body: &[u8],
        offset: usize,
    ) -> Self {
        Self::Fail(Finding {
            seen: seen.into(),
            expected: expected.into(),
            bytes: (offset < body.len()).then(|| Excerpt::of(body, offset)),
        })
    }
}

impl Excerpt {
    /// The bytes of `body` from `offset` on, as many as a report shows.
    pub fn of(body: &[u8], offset: usize) -> Self {
        let from = offset.min(body.len());
        Self {
            offset: offset as u64,
            escaped: escape::excerpt(&body[from..], EXCERPT),
        }
    }
}

impl NotObserved {
    /// Nothing was observed, because of `why`.
    pub fn because<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self(why.into()))
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Parser => "parser",
            Self::Encoder => "encoder",
            Self::Proxy => "proxy",
        })
    }
}

/// What a note begins with that tells of a stream which goes on for who comes back, without what was missed.
pub(crate) const NOT_REPLAYED: &str = "what was missed is not replayed";

/// Judges what who comes back gets as if it were the stream: what is replayed is often written by other code than what is new.
///
/// # Errors
///
/// [`NotObserved`] if nothing was found.
pub(crate) fn who_comes_back(
    seen: &Observation,
    judge: fn(&Observation) -> Judgement,
) -> Judgement {
    let came = seen
        .exchanges
        .iter()
        .filter(|one| one.name.starts_with("resumed-"));
    let mut judged = came.map(|exchange| judge(&exchange.as_stream(Probe::Connect)));
    let failed = judged.find_map(|judged| match judged {
        Ok(Verdict::Fail(finding)) => Some(finding),
        _ => None,
    });
    match failed {
        Some(finding) => Ok(Verdict::Fail(Finding {
            seen: format!("to who comes back: {}", finding.seen),
            ..finding
        })),
        None => NotObserved::because("who comes back gets nothing of that kind"),
    }
}
