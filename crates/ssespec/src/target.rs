//! A target's description: `target.toml`, which says what it is, how to start it, and what it is known to get wrong.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::baseline::{Baseline, BaselineError};
use crate::check::Role;
use crate::hub::{Behaviour, Hub, Ids, Publish};
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
    /// How to publish to it, for a hub, with placeholders.
    pub publish: Option<Publish>,
    /// What it promises as a hub.
    pub behaviour: Behaviour,
    /// What it is known to get wrong.
    pub baseline: Baseline,
}

/// How to start a target.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The program and its arguments, with placeholders.
    pub command: Vec<String>,
    /// What must answer before it is ready, with placeholders: `tcp:HOST:PORT`, or `http://…`, which must not be answered with 5xx.
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
    #[serde(default)]
    publish: Option<Publish>,
    #[serde(default)]
    behaviour: Option<Behaviour>,
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
        Self::read_file(&dir.join("target.toml"))
    }

    /// Reads a description.
    ///
    /// # Errors
    ///
    /// [`TargetError`] names the file and what to write instead.
    pub fn read_file(path: &Path) -> Result<Self, TargetError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| TargetError::Read {
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
            if !["tcp:", "http://"]
                .iter()
                .any(|kind| start.ready.starts_with(kind))
            {
                return Err(wrong(format!(
                    "start.ready = {:?}: write \"tcp:HOST:PORT\", or \"http://HOST:PORT/PATH\" for what must be answered without a 5xx",
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
        check_hub(&file).map_err(wrong)?;
        let path = std::path::absolute(path).map_err(|error| TargetError::Read {
            path: shown.clone(),
            error,
        })?;
        let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
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
            publish: file.publish,
            behaviour: file.behaviour.unwrap_or_default(),
            baseline: Baseline::from_table(file.known_failures, &shown)?,
        })
    }

    /// The hub that it is, on `port`, watched at `topic`; `None` if it has no publish call.
    pub fn hub(&self, port: u16, topic: &str) -> Option<Hub> {
        // The topic stays a placeholder: each part of the probe has one of its own.
        let place = |text: &str| fill(text, port, &self.dir, "{topic}");
        let publish = self.publish.as_ref()?;
        let places = |texts: &std::collections::BTreeMap<String, String>| {
            let filled = texts.iter();
            filled
                .map(|(name, text)| (name.clone(), place(text)))
                .collect()
        };
        Some(Hub {
            subscribe: place(self.url.as_deref()?),
            publish: Publish {
                method: publish.method.clone(),
                url: place(&publish.url),
                headers: places(&publish.headers),
                body: publish.body.as_deref().map(place),
                form: publish.form.as_ref().map(places),
            },
            behaviour: self.behaviour.clone(),
            topic: topic.to_owned(),
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

/// Whether a description of a hub can be used.
fn check_hub(file: &File) -> Result<(), String> {
    let Some(publish) = &file.publish else {
        return match &file.behaviour {
            Some(_) => Err(
                "behaviour is what a hub promises: write [publish] with its publish call"
                    .to_owned(),
            ),
            None => Ok(()),
        };
    };
    if file.role != Role::Server || file.url.is_none() {
        return Err(
            "publish is for a server with a url: write role = \"server\" and url = \"http://…\""
                .to_owned(),
        );
    }
    let publish = Publish {
        // A port that is not known yet.
        url: publish.url.replace("{port}", "1"),
        ..publish.clone()
    };
    publish.validate()?;
    let ids = file.behaviour.as_ref().and_then(|behaviour| behaviour.ids);
    if ids == Some(Ids::Publisher) && !publish.has("id") {
        return Err("behaviour.ids = \"publisher\", but publish has no {id}: write it where the id of an event goes".to_owned());
    }
    Ok(())
}

/// Replaces the placeholders `{port}`, `{dir}` and `{topic}` in `text`.
pub fn fill(text: &str, port: u16, dir: &Path, topic: &str) -> String {
    text.replace("{port}", &port.to_string())
        .replace("{dir}", &dir.display().to_string())
        .replace("{topic}", topic)
}
