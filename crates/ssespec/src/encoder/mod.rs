//! An encoder under test: scripts go in, bytes come out, and what judges a replay endpoint judges them.
//!
//! Every step of the corpus is sent alone, so that what is found is found in its shortest script, and every fixture of several steps once as it
//! is. Generated scripts follow if asked for; what goes wrong in one is made as small as it can be.

mod asking;
mod random;
mod shrink;

use std::collections::BTreeMap;
use std::time::Duration;

use sse_fixtures::ScriptStep;

use crate::check::{Check, Probe, Role};
use crate::driver::{DriverError, Program};
use crate::judge::judge;
use crate::observation::{Exchange, Observation};
use crate::report::{Effort, Run, Target};
use crate::script::{Fault, Script, faults, subjects};
use asking::Encoder;

/// How an encoder is approached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The driver.
    pub program: Program,
    /// How long one answer may take.
    pub patience: Duration,
    /// How many generated scripts are sent.
    pub random: usize,
    /// Which ones: the same seed gives the same scripts.
    pub seed: u64,
}

/// How long one answer may take by default.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How many generated scripts with the same fault are shrunk.
const SHRUNK: usize = 2;

/// How many generated scripts are on the way at a time; what they lead to is dropped if nothing is wrong with it.
const AT_A_TIME: usize = 256;

/// Asks the encoder to write the corpus and judges it with `checks`. Without a `name`, it has the one that it gives itself.
///
/// # Errors
///
/// [`DriverError`] if there is nothing to judge.
pub async fn check_encoder(
    name: Option<&str>,
    settings: &Settings,
    checks: &[&'static Check],
) -> Result<Run, DriverError> {
    let mut encoder = Encoder::start(settings).await?;
    let mut exchanges = encoder.ask(&corpus()).await;
    exchanges.extend(generated(&mut encoder, settings).await);
    let target = Target {
        role: Role::Encoder,
        name: name.map_or_else(|| encoder.name(), str::to_owned),
        url: None,
    };
    let effort = Effort {
        requests: encoder.asked(),
        output: encoder.output(),
        ..Effort::default()
    };
    let died = encoder.died();
    encoder.stop().await;
    let seen = Observation::of(Probe::Script, exchanges);
    let rows = judge(
        Role::Encoder,
        checks,
        &BTreeMap::from([(Probe::Script, seen)]),
    );
    Ok(Run::new(target, rows, effort, died))
}

/// Each step alone, then the fixtures of several steps.
fn corpus() -> Vec<Script> {
    let alone = subjects()
        .iter()
        .map(|subject| Script::alone(&subject.step));
    let fixtures = sse_fixtures::corpus().iter();
    let together = fixtures.filter_map(|fixture| {
        let steps: Vec<_> = fixture
            .script()?
            .iter()
            .map(|one| one.step.clone())
            .collect();
        let steps = without_waits(steps);
        (steps.len() > 1).then(|| script_of(&steps))
    });
    alone.chain(together).collect()
}

fn without_waits(mut steps: Vec<ScriptStep>) -> Vec<ScriptStep> {
    steps.retain(|step| !matches!(step, ScriptStep::Wait(_)));
    steps
}

/// The script that shows what comes of these steps.
fn script_of(steps: &[ScriptStep]) -> Script {
    match steps {
        [step] => Script::alone(step),
        _ => Script::marked(steps),
    }
}

/// Sends generated scripts; gives what shows a fault, as small as it can be.
async fn generated(encoder: &mut Encoder<'_>, settings: &Settings) -> Vec<Exchange> {
    let mut found = Vec::new();
    let mut shrunk: BTreeMap<Fault, usize> = BTreeMap::new();
    let mut scripts = random::scripts(settings.random, settings.seed);
    loop {
        let some: Vec<_> = scripts.by_ref().take(AT_A_TIME).collect();
        if some.is_empty() || encoder.gave_up() {
            return found;
        }
        let asked: Vec<_> = some.iter().map(|steps| script_of(steps)).collect();
        let exchanges = encoder.ask(&asked).await;
        for (steps, exchange) in some.iter().zip(exchanges) {
            for fault in faults(&exchange) {
                let so_far = shrunk.entry(fault).or_default();
                if *so_far < SHRUNK {
                    *so_far += 1;
                    found.push(shrink::smallest(encoder, steps, exchange.clone(), fault).await);
                }
            }
        }
    }
}
