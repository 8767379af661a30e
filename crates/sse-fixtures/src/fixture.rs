use crate::error::FixtureError;
use crate::expectation::{ExpectedEvent, ExpectedState, ExpectedVerdict};
use crate::script::Scripted;
use crate::section::{Section, Step, Stream};
use crate::session::Connection;
use crate::{parse, session, write};

/// One fixture: what goes over the wire and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixture {
    /// The check and the name, such as `field/id-null/nul-in-the-middle`.
    pub id: String,
    /// The check that this is a fixture of, such as `field/id-null`: the folder.
    pub check: String,
    /// What it shows, such as `nul-in-the-middle`: the name of the file.
    pub name: String,
    /// The sentence at the top.
    pub summary: String,
    /// Where the case was first seen, one entry a `# from:` line.
    pub from: Vec<String>,
    /// The sections in the order in which they stand.
    pub sections: Vec<Section>,
    /// The path that was given to [`Fixture::parse`].
    pub path: String,
}

impl Fixture {
    /// Reads a fixture; the last three parts of the path, `group/rule/name.fixture`, are its id.
    ///
    /// # Errors
    ///
    /// If the text is not a fixture. The error says where, what was found and what to write instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_fixtures::{ExpectedEvent, Fixture};
    ///
    /// let text = "\
    /// ## A line feed ends a line.
    ///
    /// --- stream
    /// data: a\\n
    /// \\n
    ///
    /// --- events
    /// {\"type\": \"message\", \"data\": \"a\", \"lastEventId\": \"\"}
    /// ";
    /// let fixture = Fixture::parse("fixtures/parse/eol-lf/one-event.fixture", text)?;
    ///
    /// assert_eq!(fixture.id, "parse/eol-lf/one-event");
    /// assert_eq!(fixture.stream().unwrap().bytes, b"data: a\n\n");
    /// assert_eq!(fixture.events().unwrap(), [ExpectedEvent::new("message", "a", "")]);
    /// # Ok::<(), sse_fixtures::FixtureError>(())
    /// ```
    pub fn parse(path: &str, text: &str) -> Result<Self, FixtureError> {
        parse::fixture(path, text)
    }

    /// Puts a fixture together from sections.
    ///
    /// # Errors
    ///
    /// If the path does not end in `group/rule/name.fixture`.
    pub fn new(path: &str, summary: &str, sections: Vec<Section>) -> Result<Self, FixtureError> {
        let (check, name) = parse::names(path).map_err(|c| FixtureError::new(path, 1, c))?;
        Ok(Self {
            id: format!("{check}/{name}"),
            name: name.to_owned(),
            check,
            summary: summary.to_owned(),
            from: Vec::new(),
            sections,
            path: path.to_owned(),
        })
    }

    /// Whether a parser alone can play this: there is exactly one stream, and nothing of a connection.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        let count =
            |wanted: fn(&Section) -> bool| self.sections.iter().filter(|s| wanted(s)).count();
        count(|section| matches!(section, Section::Stream(_))) == 1
            && count(|section| {
                matches!(
                    section,
                    Section::Response { .. }
                        | Section::Reset
                        | Section::Wait(_)
                        | Section::Request { .. }
                        | Section::Steps(_)
                )
            }) == 0
    }

    /// The stream, if a parser alone can play this.
    #[must_use]
    pub fn stream(&self) -> Option<&Stream> {
        let stream = || {
            self.sections.iter().find_map(|section| match section {
                Section::Stream(stream) => Some(stream),
                _ => None,
            })
        };
        self.is_stream().then(stream).flatten()
    }

    /// What an encoder is asked to write, if this is a fixture for encoders.
    #[must_use]
    pub fn script(&self) -> Option<&[Scripted]> {
        self.sections.iter().find_map(|section| match section {
            Section::Script(script) => Some(&script[..]),
            _ => None,
        })
    }

    /// The events that must come; `None` if nothing is asserted, an empty slice if none must.
    #[must_use]
    pub fn events(&self) -> Option<&[ExpectedEvent]> {
        self.sections.iter().find_map(|section| match section {
            Section::Events(events) => Some(&events[..]),
            _ => None,
        })
    }

    /// What must be remembered at the end.
    #[must_use]
    pub fn state(&self) -> Option<&ExpectedState> {
        self.sections.iter().find_map(|section| match section {
            Section::State(state) => Some(state),
            _ => None,
        })
    }

    /// What an event source must fire.
    #[must_use]
    pub fn steps(&self) -> Option<&[Step]> {
        self.sections.iter().find_map(|section| match section {
            Section::Steps(steps) => Some(&steps[..]),
            _ => None,
        })
    }

    /// What the checks of a server must say.
    #[must_use]
    pub fn verdicts(&self) -> Option<&[ExpectedVerdict]> {
        self.sections.iter().find_map(|section| match section {
            Section::Verdict(verdicts) => Some(&verdicts[..]),
            _ => None,
        })
    }

    /// The sections grouped into the connections that a server has to play, in order.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection<'_>> {
        session::connections(&self.sections)
    }

    /// Writes the fixture as a file that [`Fixture::parse`] reads back to the same.
    ///
    /// The layout is ours, not that of the author: it is meant for counter-examples that are worth keeping.
    #[must_use]
    pub fn to_text(&self) -> String {
        write::fixture(self)
    }
}
