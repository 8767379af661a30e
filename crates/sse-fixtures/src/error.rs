use core::error::Error;
use core::fmt;

/// What is wrong with a fixture, at which line, and what to write instead.
///
/// # Examples
///
/// ```
/// use sse_fixtures::Fixture;
///
/// let text = "# Shows a thing.\n\n--- stream\ndata: \\q\\n\n";
/// let error = Fixture::parse("parse/eol-lf/wrong.fixture", text).unwrap_err();
///
/// assert_eq!(error.line(), 4);
/// assert_eq!(
///     error.to_string(),
///     r"parse/eol-lf/wrong.fixture:4: unknown escape `\q`; write one of `\n`, `\r`, `\\`, `\xHH`, `\|`",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureError {
    path: String,
    line: usize,
    complaint: Complaint,
}

impl FixtureError {
    pub(crate) fn new(path: &str, line: usize, complaint: Complaint) -> Self {
        Self {
            path: path.to_owned(),
            line,
            complaint,
        }
    }

    /// The path that was given to [`Fixture::parse`](crate::Fixture::parse).
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line of the file, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// What was found there.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.complaint.found
    }

    /// What to write instead.
    #[must_use]
    pub fn instead(&self) -> &str {
        &self.complaint.instead
    }
}

impl fmt::Display for FixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Complaint { found, instead } = &self.complaint;
        write!(f, "{}:{}: {found}; {instead}", self.path, self.line)
    }
}

impl Error for FixtureError {}

/// A [`FixtureError`] that does not know its file and line yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) found: String,
    pub(crate) instead: String,
}

impl Complaint {
    pub(crate) fn new(found: impl Into<String>, instead: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            instead: instead.into(),
        }
    }
}
