use core::error::Error;
use core::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::error::FixtureError;
use crate::fixture::Fixture;

/// All files below `fixtures/`, each after a line `=== group/rule/name.fixture`.
///
/// One file inside the package, because a package cannot hold files from outside its own folder.
/// A test compares it with the folder and rewrites it if asked to.
const BUNDLE: &str = include_str!("corpus.txt");

/// The corpus: every fixture that this crate was published with, in the order of their ids.
///
/// # Panics
///
/// If an embedded file is not a fixture, which the tests of this crate rule out.
///
/// # Examples
///
/// ```
/// let ids: Vec<&str> = sse_fixtures::corpus().iter().map(|fixture| &*fixture.id).collect();
/// assert!(ids.contains(&"field/id-null/nul-in-the-middle"));
/// assert!(ids.is_sorted());
/// ```
#[must_use]
pub fn corpus() -> &'static [Fixture] {
    static CORPUS: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
        let mut fixtures: Vec<Fixture> = files().map(|(path, text)| embedded(path, text)).collect();
        fixtures.sort_by(|a, b| a.id.cmp(&b.id));
        fixtures
    });
    &CORPUS
}

fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = BUNDLE.split("\n=== ").skip(1);
    files.filter_map(|file| file.split_once('\n'))
}

fn embedded(path: &str, text: &str) -> Fixture {
    match Fixture::parse(path, text) {
        Ok(fixture) => fixture,
        Err(error) => panic!("{error}"),
    }
}

/// Reads every `*.fixture` below a folder, in the order of their ids.
///
/// # Errors
///
/// If a folder or file cannot be read, or if a file is not a fixture.
pub fn load(root: impl AsRef<Path>) -> Result<Vec<Fixture>, LoadError> {
    let mut fixtures = Vec::new();
    let mut folders = vec![root.as_ref().to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| LoadError::Unreadable { path, source }
        };
        for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let path = entry.map_err(unreadable(&folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "fixture")
            {
                let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
                let name = path.to_string_lossy();
                fixtures.push(Fixture::parse(&name, &text).map_err(LoadError::Malformed)?);
            }
        }
    }
    fixtures.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(fixtures)
}

/// Why a folder of fixtures could not be [loaded](load).
#[derive(Debug)]
pub enum LoadError {
    /// A folder or file could not be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not a fixture.
    Malformed(FixtureError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, .. } => write!(f, "cannot read {}", path.display()),
            Self::Malformed(error) => error.fmt(f),
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            Self::Malformed(_) => None,
        }
    }
}
