//! One run over a server: probes, then judges.

use std::collections::BTreeSet;

use crate::check::{Check, Probe, Role};
use crate::judge::judge;
use crate::observation::{Exchange, Observation};
use crate::probe::{ProbeError, Prober, Seen};
use crate::process::Process;
use crate::profile;
use crate::report::{Effort, Run, Target, Timing};
use crate::settings::Settings;
use crate::transcript::Transcript;

const NOT_OURS: &str = "the server was not started by ssespec: write a target.toml with a start command, and judge it with --target";

/// Looks at the server that `settings` name and judges it with `checks` and with the rules of its profiles. Without a `name`, its URL is its name. Of a
/// `process` that is ours it is also seen how it ends and starts again.
///
/// # Errors
///
/// [`ProbeError`] if there was nothing to judge.
pub async fn check_server(
    name: Option<&str>,
    settings: Settings,
    checks: &[&'static Check],
    process: Option<&mut Process>,
) -> Result<Run, ProbeError> {
    let looked = look(name, settings, checks, process).await;
    looked.map(|looked| looked.run)
}

/// A run, and what it is about.
pub struct Looked {
    /// What is said.
    pub run: Run,
    /// What was seen.
    pub seen: Seen,
}

/// The streams of two servers, read at the same time for a short time, if both can be had.
pub async fn side_by_side(both: [Settings; 2]) -> Option<[Observation; 2]> {
    let [one, other] = both.map(Prober::new);
    let (one, other) = (one.ok()?, other.ok()?);
    let (one, other) = tokio::join!(one.glance(), other.glance());
    Some([one?, other?])
}

/// The same as [`check_server`], for who needs more than what is said.
///
/// # Errors
///
/// [`ProbeError`] if there was nothing to judge.
pub async fn look(
    name: Option<&str>,
    settings: Settings,
    checks: &[&'static Check],
    process: Option<&mut Process>,
) -> Result<Looked, ProbeError> {
    let profiles = settings.profiles.clone();
    let checks = &of_what_is_there(checks, &settings)[..];
    let secrets = settings.secrets.clone();
    let url = secrets.redact_url(&settings.url);
    let mut probes: BTreeSet<Probe> = checks.iter().map(|check| check.probe).collect();
    if profiles.iter().any(|profile| !profile.asks.is_empty()) {
        probes.insert(Probe::Profile);
    }
    let probes: Vec<_> = probes.into_iter().collect();
    let prober = Prober::new(settings)?;
    let mut seen = prober.observe(&probes).await?;
    match process {
        Some(process) => {
            prober.owned(process, &mut seen).await;
            if probes.contains(&Probe::HubRestart) && !seen.died {
                let across = prober.across_restart(process).await;
                seen.observations.insert(Probe::HubRestart, across);
            }
        }
        None => {
            for probe in [Probe::Shutdown, Probe::Restart] {
                let nothing = Observation::nothing(probe, NOT_OURS);
                seen.observations.insert(probe, nothing);
            }
        }
    }
    let mut rows = judge(Role::Server, checks, &seen.observations);
    profile::weigh(&profiles, &mut rows);
    let connect = seen.observations.get(&Probe::Connect);
    for profile in &profiles {
        let asked = seen.observations.get(&Probe::Profile);
        rows.extend(profile.judge(connect, asked));
    }
    let mut effort = effort(connect);
    if profiles.is_empty() {
        effort.suggested_profiles = suggested(connect);
    }
    effort.requests = seen.requests;
    let target = Target {
        role: Role::Server,
        name: name.unwrap_or(&url).to_owned(),
        url: Some(url),
    };
    let mut run = Run::new(target, rows, effort, seen.died);
    let stream = connect.and_then(|seen| seen.exchanges.last());
    run.unanswered = stream.is_some_and(Exchange::is_unanswered);
    run.redact(&secrets);
    Ok(Looked { run, seen })
}

/// The profiles whose protocol the stream looks like.
fn suggested(connect: Option<&Observation>) -> Vec<String> {
    let Some(connect) = connect else {
        return Vec::new();
    };
    profile::all()
        .iter()
        .filter(|profile| profile.is_suggested_by(connect))
        .map(|profile| profile.name.clone())
        .collect()
}

/// Of a target that is nothing but a replay endpoint only that is judged.
fn of_what_is_there(checks: &[&'static Check], settings: &Settings) -> Vec<&'static Check> {
    let of_scripts = |check: &&&Check| matches!(check.probe, Probe::Script | Probe::Replay);
    let mut there = checks.to_vec();
    if settings.only_replay {
        there = checks.iter().filter(of_scripts).copied().collect();
    }
    there
}

fn effort(connect: Option<&Observation>) -> Effort {
    let Some(Ok(response)) = connect.map(|connect| connect.response("stream")) else {
        return Effort::default();
    };
    Effort {
        events: if response.is_event_stream() {
            Transcript::of(response).events.len()
        } else {
            0
        },
        bytes: response.body.bytes.len(),
        watched_ms: response.lasted() / 1_000,
        timing: response.is_event_stream().then(|| Timing::of(response)),
        ..Effort::default()
    }
}
