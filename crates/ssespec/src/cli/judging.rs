//! The options that every role shares: which checks are made, what is known to fail, and how it is told.

use std::path::PathBuf;

use super::output::{self, Format, ReportTo};
use super::{Stop, exit};
use crate::baseline::{self, Baseline};
use crate::judge::{Selection, Shard};
use crate::report::human::Detail;
use crate::report::{Report, Run};

/// Options of every `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Judging {
    /// Make only the checks that match
    #[arg(long, value_name = "GLOB", help_heading = "Checks")]
    only: Vec<String>,
    /// Leave out the checks that match
    #[arg(long, value_name = "GLOB", help_heading = "Checks")]
    skip: Vec<String>,
    /// Make only one part of the checks
    #[arg(long, value_name = "hash:M/N", help_heading = "Checks")]
    shard: Option<Shard>,
    /// Multiply every deadline
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = scale, help_heading = "Checks")]
    pub(super) timeout_scale: f64,

    /// Known failures, TOML
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    baseline: Option<PathBuf>,
    /// Rewrite the baseline to what fails now
    #[arg(long, requires = "baseline", help_heading = "Report")]
    baseline_update: bool,
    /// Let warnings fail the run
    #[arg(long, help_heading = "Report")]
    strict: bool,
    /// Write a report to a file: human, json, junit, github, markdown
    #[arg(long = "report", value_name = "FORMAT=PATH", help_heading = "Report")]
    reports: Vec<ReportTo>,
    /// What to print
    #[arg(long, value_enum, default_value_t, help_heading = "Report")]
    format: Format,
    /// Show what passed, and why something was not observed
    #[arg(short, long, help_heading = "Report")]
    verbose: bool,
}

impl Judging {
    /// Which checks are to be made.
    pub(super) fn selection(&self) -> Result<Selection, Stop> {
        Selection::new(&self.only, &self.skip, self.shard).map_err(Stop::usage)
    }

    /// The known failures. Read before anything is done to the target, so that a mistake in the file is found first.
    pub(super) fn known(&self) -> Result<Baseline, Stop> {
        match &self.baseline {
            Some(path) if path.exists() || !self.baseline_update => {
                Baseline::read(path).map_err(Stop::usage)
            }
            _ => Ok(Baseline::default()),
        }
    }

    /// Weighs the run, tells it, and says which code the command ends with.
    pub(super) fn conclude(
        &self,
        mut run: Run,
        known: &Baseline,
        selection: &Selection,
    ) -> Result<u8, Stop> {
        known.weigh(&mut run, selection).map_err(Stop::usage)?;
        if let (true, Some(path)) = (self.baseline_update, &self.baseline) {
            baseline::update(path, &run).map_err(Stop::usage)?;
            output::tell(&format!("{} rewritten", path.display()));
        }
        self.publish(&Report::new(vec![run]))
    }

    /// Tells `report`, and says which code the command ends with.
    pub(super) fn publish(&self, report: &Report) -> Result<u8, Stop> {
        let detail = if self.verbose {
            Detail::All
        } else {
            Detail::Findings
        };
        output::publish(report, self.format, &self.reports, detail, self.strict)?;
        let code = report.exit_code(self.strict);
        Ok(if self.baseline_update && code == exit::FINDINGS {
            exit::OK
        } else {
            code
        })
    }
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.1..=100.0).contains(&scale) => Ok(scale),
        _ => Err("write a number from 0.1 to 100".to_owned()),
    }
}
