//! Many targets, each with a description: installed, started, judged, ended.

use std::time::Duration;

use futures_util::StreamExt as _;

use crate::apart;
use crate::baseline::BaselineError;
use crate::check::Role;
use crate::described::{DescribedError, check_described};
use crate::driver::Program;
use crate::encoder::{self, PATIENCE};
use crate::escape::printable;
use crate::judge::Selection;
use crate::parser;
use crate::process::{self, ProcessError};
use crate::report::{Effort, Outcome, Row, Run, Target as Named};
use crate::requirement::Level;
use crate::settings::Settings;
use crate::target::{Target, TargetError, fill};

/// How long streams are played to a parser: long enough for all of them.
const PLAYING: Duration = Duration::from_secs(600);

/// How the targets of a matrix are judged.
#[derive(Clone, Copy, Debug)]
pub struct Matrix {
    /// Install what the targets need first.
    pub install: bool,
    /// How many are judged at the same time.
    pub jobs: usize,
    /// How long each stream is watched.
    pub time: Duration,
    /// What all deadlines are multiplied with.
    pub timeout_scale: f64,
}

/// A description that turns out to be wrong when its target is judged.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// Its known failures.
    #[error("{name}: {error}")]
    Baseline {
        /// The target.
        name: String,
        /// What is wrong.
        error: BaselineError,
    },
    /// Its URL, or another line.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl Matrix {
    /// Judges all of `targets`; `tell` is told what is being installed. What cannot be installed, started or reached is a failure of its own.
    ///
    /// # Errors
    ///
    /// [`MatrixError`] for the first description that is wrong.
    pub async fn judge(
        &self,
        targets: &[Target],
        selection: &Selection,
        tell: impl Fn(&str),
    ) -> Result<Vec<Run>, MatrixError> {
        let jobs = self.jobs.max(1);
        // All is installed before anything is judged: a compiler beside a stream delays its events. And one after the other: targets may share
        // a folder that an installer writes.
        let mut installed = Vec::new();
        for target in targets {
            installed.push(self.install(target, &tell).await);
        }
        let runs: Vec<_> = futures_util::stream::iter(targets.iter().zip(installed))
            .map(|(target, installed)| self.judge_one(target, installed, selection))
            .buffered(jobs)
            .collect()
            .await;
        runs.into_iter().collect()
    }

    async fn install(&self, target: &Target, tell: &impl Fn(&str)) -> Result<(), ProcessError> {
        if !self.install {
            return Ok(());
        }
        let tell = |command: &str| tell(&format!("{}: {command}", target.name));
        process::install(target, self.timeout_scale, tell).await
    }

    async fn judge_one(
        &self,
        target: &Target,
        installed: Result<(), ProcessError>,
        selection: &Selection,
    ) -> Result<Run, MatrixError> {
        if let Err(error) = installed {
            return Ok(unusable(target, apart::SETUP, &error.to_string()));
        }
        if target.role == Role::Parser {
            return self.judge_parser(target, selection).await;
        }
        if target.role == Role::Encoder {
            return self.judge_encoder(target, selection).await;
        }
        let settings = |url| {
            let mut settings = Settings::new(url);
            settings.stop.time = self.time;
            settings.timeout_scale = self.timeout_scale;
            settings
        };
        match check_described(target, self.timeout_scale, settings, selection).await {
            Ok(run) => Ok(run),
            Err(DescribedError::Target(error)) => Err(error.into()),
            Err(DescribedError::Baseline(error)) => Err(wrong_baseline(target, error)),
            Err(error) => Ok(unusable(target, apart::START, &error.to_string())),
        }
    }

    /// Judges a parser; its driver runs in the folder of its description.
    async fn judge_parser(
        &self,
        target: &Target,
        selection: &Selection,
    ) -> Result<Run, MatrixError> {
        let settings = parser::Settings {
            program: driver(target),
            name: Some(target.name.clone()),
            persistent: true,
            jobs: 1,
            time: PLAYING.mul_f64(self.timeout_scale),
            timeout_scale: self.timeout_scale,
            seed: 0,
        };
        match parser::check_parser(&settings, &parser::checks(selection)).await {
            Ok(mut run) => {
                weigh(target, &mut run, selection)?;
                Ok(run)
            }
            Err(error) => Ok(unusable(target, apart::START, &error.to_string())),
        }
    }

    /// Judges an encoder; its driver runs in the folder of its description.
    async fn judge_encoder(
        &self,
        target: &Target,
        selection: &Selection,
    ) -> Result<Run, MatrixError> {
        let settings = encoder::Settings {
            program: driver(target),
            patience: PATIENCE.mul_f64(self.timeout_scale),
            random: 0,
            seed: 0,
        };
        let checks = selection.checks(Role::Encoder);
        match encoder::check_encoder(Some(&target.name), &settings, &checks).await {
            Ok(mut run) => {
                weigh(target, &mut run, selection)?;
                Ok(run)
            }
            Err(error) => Ok(unusable(target, apart::START, &error.to_string())),
        }
    }
}

/// The driver of a target.
fn driver(target: &Target) -> Program {
    let words = target.driver.iter().flatten();
    let words = words.map(|word| fill(word, 0, &target.dir, ""));
    Program::new(words).within(&target.dir)
}

/// Weighs what came of a target against what is known of it.
fn weigh(target: &Target, run: &mut Run, selection: &Selection) -> Result<(), MatrixError> {
    let weighed = target.baseline.weigh(run, selection);
    weighed.map_err(|error| wrong_baseline(target, error))
}

fn wrong_baseline(target: &Target, error: BaselineError) -> MatrixError {
    MatrixError::Baseline {
        name: target.name.clone(),
        error,
    }
}

/// The run of a target that could not be judged: never a skip.
fn unusable(target: &Target, id: &str, why: &str) -> Run {
    let row = Row {
        id: id.to_owned(),
        level: Level::Must,
        outcome: Outcome::Failed,
        culprit: None,
        seen: why.lines().next().map(printable),
        expected: Some(
            "a target that starts and answers; `ssespec matrix --setup` installs what it needs"
                .to_owned(),
        ),
        anchor: String::new(),
        fixture: None,
        bytes: None,
        reason: None,
        evidence: None,
    };
    let effort = Effort {
        output: Some(why.to_owned()),
        ..Effort::default()
    };
    let named = Named {
        role: target.role,
        name: target.name.clone(),
        url: None,
    };
    Run::new(named, vec![row], effort, true)
}
