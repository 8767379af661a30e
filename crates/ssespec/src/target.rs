//! A target's description: `target.toml`, which says what it is, how to start it, and what it is known to get wrong.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::baseline::{Baseline, BaselineError};
use crate::check::Role;
use crate::profile::{self, DefaultRequest, Profile};

/// A target that is described by a file.
#[derive(Clone, Debug)]
pub struct Target {
    /// The folder of the description.
    pub dir: PathBuf,
    /// Who it is.
    pub role: Role,
    /// What it is called.
    pub name: String,
    /// Commands that install what it needs.
    pub setup: Vec<Vec<String>>,
    /// How to start it, if the runner owns it.
    pub start: Option<Start>,
    /// Where its stream is, with placeholders.
    pub url: Option<String>,
    /// The protocols on top that its stream is held to.
    pub profiles: Vec<Profile>,
    /// The request that opens its stream; without one that of the first profile that has one, or a `GET`.
    pub request: Option<DefaultRequest>,
    /// Whether a request that is not safe to repeat may be repeated.
    pub repeat_post: bool,
    /// The command of a persistent driver, for a parser or an encoder.
    pub driver: Option<Vec<String>>,
    /// Where it takes scripts, with placeholders.
    pub replay: Option<String>,
    /// What it is known to get wrong.
    pub baseline: Baseline,
}

/// How to start a target.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The program and its arguments, with placeholders.
    pub command: Vec<String>,
    /// What must answer before it is ready: `tcp:HOST:PORT`, with placeholders.
    pub ready: String,
}

/// A description that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// Which file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file does not say what it should.
    #[error("{path}: {why}")]
    Content {
        /// Which file.
        path: String,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// The known failures are wrong.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    role: Role,
    name: String,
    /// For whoever reads the file.
    #[serde(default, rename = "about")]
    _about: Option<String>,
    #[serde(default)]
    setup: Vec<Vec<String>>,
    #[serde(default)]
    start: Option<Start>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    replay: Option<String>,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    request: Option<DefaultRequest>,
    #[serde(default)]
    repeat_post: bool,
    #[serde(default)]
    driver: Option<Vec<String>>,
    /// How to publish to a hub, and what it promises: no check uses them yet.
    #[serde(default, rename = "publish")]
    _publish: toml::Table,
    #[serde(default, rename = "behaviour")]
    _behaviour: toml::Table,
    #[serde(default)]
    known_failures: toml::Table,
}

impl Target {
    /// Reads `target.toml` in `dir`.
    ///
    /// # Errors
    ///
    /// [`TargetError`] names the file and what to write instead.
    pub fn read(dir: &Path) -> Result<Self, TargetError> {
        let path = dir.join("target.toml");
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| TargetError::Read {
            path: shown.clone(),
            error,
        })?;
        let wrong = |why: String| TargetError::Content {
            path: shown.clone(),
            why,
        };
        let file: File = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if let Some(start) = &file.start {
            if start.command.is_empty() {
                return Err(wrong(
                    "start.command is empty: write the program and its arguments".to_owned(),
                ));
            }
            if !start.ready.starts_with("tcp:") {
                return Err(wrong(format!(
                    "start.ready = {:?}: write \"tcp:HOST:PORT\"",
                    start.ready
                )));
            }
        }
        if file.setup.iter().any(Vec::is_empty) {
            return Err(wrong(
                "setup has an empty command: write [[\"program\", \"argument\"]]".to_owned(),
            ));
        }
        if file.role == Role::Server && file.url.is_none() && file.replay.is_none() {
            return Err(wrong(
                "a server needs a url: write url = \"http://127.0.0.1:{port}/path\", or replay = … for a replay endpoint alone"
                    .to_owned(),
            ));
        }
        let driven = matches!(file.role, Role::Parser | Role::Encoder);
        if driven && file.driver.as_ref().is_none_or(Vec::is_empty) {
            return Err(wrong(
                "a parser or an encoder needs a driver: write driver = [\"program\", \"argument\"]"
                    .to_owned(),
            ));
        }
        let dir = std::path::absolute(dir).map_err(|error| TargetError::Read {
            path: shown.clone(),
            error,
        })?;
        Ok(Self {
            dir,
            role: file.role,
            name: file.name,
            setup: file.setup,
            start: file.start,
            url: file.url,
            profiles: file
                .profiles
                .iter()
                .map(|name| profile::named(name).cloned())
                .collect::<Result<_, _>>()
                .map_err(wrong)?,
            request: file.request,
            repeat_post: file.repeat_post,
            driver: file.driver,
            replay: file.replay,
            baseline: Baseline::from_table(file.known_failures, &shown)?,
        })
    }

    /// All targets below `folder`, by the name of their folder.
    ///
    /// # Errors
    ///
    /// [`TargetError`] for the first that cannot be read.
    pub fn all(folder: &Path) -> Result<Vec<Self>, TargetError> {
        let entries = std::fs::read_dir(folder).map_err(|error| TargetError::Read {
            path: folder.display().to_string(),
            error,
        })?;
        let mut dirs: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|dir| dir.join("target.toml").is_file())
            .collect();
        dirs.sort();
        dirs.iter().map(|dir| Self::read(dir)).collect()
    }
}

/// Replaces the placeholders `{port}`, `{dir}` and `{topic}` in `text`.
pub fn fill(text: &str, port: u16, dir: &Path, topic: &str) -> String {
    text.replace("{port}", &port.to_string())
        .replace("{dir}", &dir.display().to_string())
        .replace("{topic}", topic)
}
