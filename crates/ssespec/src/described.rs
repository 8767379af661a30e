//! A server with a description: started, judged, weighed against what is known of it, and ended.

use url::Url;

use crate::baseline::BaselineError;
use crate::check::Role;
use crate::judge::Selection;
use crate::probe::ProbeError;
use crate::process::{Process, ProcessError};
use crate::report::Run;
use crate::run::check_server;
use crate::settings::Settings;
use crate::target::{Target, TargetError, fill};

/// Why a described server was not judged.
#[derive(Debug, thiserror::Error)]
pub enum DescribedError {
    /// Its description is wrong.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Its known failures are wrong.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// It does not start.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// There was nothing to judge.
    #[error("{error}{}", if tail.is_empty() { String::new() } else { format!("\n{tail}") })]
    Probe {
        /// Why.
        error: ProbeError,
        /// The last lines that it printed, escaped.
        tail: String,
    },
}

/// Starts the server that `target` describes, if it says how, judges it and ends it. `settings` makes the settings for its URL, in which what the
/// description says comes on top.
///
/// # Errors
///
/// [`DescribedError`] if there was nothing to judge.
pub async fn check_described(
    target: &Target,
    scale: f64,
    settings: impl FnOnce(Url) -> Settings,
    selection: &Selection,
) -> Result<Run, DescribedError> {
    let topic = format!("ssespec-{}", std::process::id());
    let mut process = match &target.start {
        None => None,
        Some(start) => Some(Process::start(target, start, &topic, scale).await?),
    };
    let port = process.as_ref().map_or(0, |process| process.port);
    let settings = described(target, port, &topic, settings)?;
    let checks = selection.checks(Role::Server);
    let run = check_server(Some(&target.name), settings, &checks, process.as_mut()).await;
    let tail = process.as_ref().map(Process::tail).unwrap_or_default();
    if let Some(process) = process {
        process.stop().await;
    }
    let mut run = match run {
        Ok(run) => run,
        Err(error) => return Err(DescribedError::Probe { error, tail }),
    };
    target.baseline.weigh(&mut run, selection)?;
    if (run.target_died || run.summary.failed > 0) && !tail.is_empty() {
        run.effort.output = Some(tail);
    }
    Ok(run)
}

/// The settings of `target` on `port`.
fn described(
    target: &Target,
    port: u16,
    topic: &str,
    settings: impl FnOnce(Url) -> Settings,
) -> Result<Settings, TargetError> {
    let wrong = |why| TargetError::Content {
        path: target.dir.join("target.toml").display().to_string(),
        why,
    };
    let place = |name: &str, text: &Option<String>| {
        let filled = text
            .as_deref()
            .map(|text| fill(text, port, &target.dir, topic));
        let url = filled.map(|filled| {
            filled.parse().map_err(|error| {
                wrong(format!(
                    "{name} = {filled:?}: {error}; write http://host:port/path"
                ))
            })
        });
        url.transpose()
    };
    let (url, replay) = (place("url", &target.url)?, place("replay", &target.replay)?);
    let only_replay = url.is_none();
    let first: Option<Url> = url.or_else(|| replay.clone());
    let first =
        first.ok_or_else(|| wrong("a server needs a url or a replay endpoint".to_owned()))?;
    let mut settings = settings(first);
    settings.only_replay = only_replay;
    settings.take_replay(replay);
    settings.take_hub(target.hub(port, topic));
    settings.profiles.extend(target.profiles.iter().cloned());
    match &target.request {
        Some(request) => settings.take_request(request),
        None => settings.take_request_of_profiles(),
    }
    .map_err(wrong)?;
    settings.repeat_unsafe |= target.repeat_post;
    Ok(settings)
}
