//! Streams that nobody wrote: generated with what must come of them, and made as small as possible when something else does.

use std::cell::RefCell;
use std::time::Duration;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use sse_fixtures::strategies::{self, GeneratedStream};
use sse_fixtures::{Fixture, Section, cuts};
use tokio::runtime::Runtime;

use super::board::Played;
use super::plan::{CutPlan, question};
use super::seen::{Line, Reports, Seen};
use super::{PATIENCE, Settings, evidence, once};
use crate::driver::{Driver, DriverError};

/// How many smaller streams are tried.
const SHRINKS: u32 = 4_000;
/// How long smaller streams are looked for.
const SHRINK_TIME: Duration = Duration::from_secs(30);

/// A stream of which something else came than must.
#[derive(Debug)]
pub struct Found {
    /// The stream as a fixture, as small as it could be made.
    pub fixture: Fixture,
    /// What was seen instead, in one line.
    pub seen: String,
    /// What must come, in one line.
    pub expected: String,
    /// All of it, for people.
    pub evidence: String,
}

/// Plays `count` generated streams; the first of which something else comes is made smaller, and told. The same seed makes the same streams.
///
/// # Errors
///
/// [`DriverError`] if the program cannot be started, or does not begin as a driver does.
pub fn play(
    runtime: &Runtime,
    settings: &Settings,
    count: u32,
) -> Result<Option<Found>, DriverError> {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&settings.seed.to_le_bytes());
    let config = Config {
        cases: count,
        max_shrink_iters: SHRINKS,
        max_shrink_time: u32::try_from(SHRINK_TIME.as_millis()).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let target = RefCell::new(Target {
        runtime,
        settings,
        driver: None,
        reports: Reports {
            last_event_id: false,
            reconnection_time: false,
            committed_id: false,
        },
    });
    // A program that cannot be started is no counter-example.
    let unusable = RefCell::new(None);
    let outcome = runner.run(&strategies::stream(), |stream| {
        let mut target = target.borrow_mut();
        for plan in plans(&stream, settings) {
            match target.differs(&stream, &plan) {
                Ok(None) => {}
                Ok(Some(_)) => return Err(TestCaseError::fail("something else came")),
                Err(error) => *unusable.borrow_mut() = Some(error),
            }
        }
        Ok(())
    });
    if let Some(error) = unusable.into_inner() {
        return Err(error);
    }
    let Err(TestError::Fail(_, stream)) = outcome else {
        return Ok(None);
    };
    let mut target = target.into_inner();
    // The whole stream if that will do, else the first cut in two, else what it was found with.
    let two_way = cuts::two_way(if settings.persistent {
        stream.bytes.len()
    } else {
        0
    });
    let smaller = std::iter::once(cuts::whole()).chain(two_way);
    for plan in smaller.chain(plans(&stream, settings)) {
        if let Some(found) = target.differs(&stream, &plan)? {
            return Ok(Some(told(settings.seed, &stream, &plan, &found)));
        }
    }
    // It came once and not again: there is nothing to show.
    Ok(None)
}

/// How each stream is cut: whole, byte by byte, and in a way that depends on the seed and the stream.
fn plans(stream: &GeneratedStream, settings: &Settings) -> Vec<CutPlan> {
    let length = stream.bytes.len();
    if settings.persistent {
        let random = cuts::random(length, settings.seed ^ length as u64);
        vec![cuts::whole(), cuts::bytewise(length), random]
    } else {
        vec![cuts::whole()]
    }
}

struct Target<'a> {
    runtime: &'a Runtime,
    settings: &'a Settings,
    driver: Option<Driver>,
    /// What it has reported so far.
    reports: Reports,
}

impl Target<'_> {
    /// What came of the stream, if that is not what must.
    fn differs(
        &mut self,
        stream: &GeneratedStream,
        plan: &CutPlan,
    ) -> Result<Option<Played>, DriverError> {
        let played = self.runtime.block_on(self.driver_plays(stream, plan))?;
        let same = match &played {
            Played::Unsupported(_) => true,
            Played::Trouble { .. } => false,
            Played::Seen(seen) => {
                self.learn(seen);
                seen.differs(&fixture(0, stream, plan), self.reports)
                    .is_none()
            }
        };
        Ok((!same).then_some(played))
    }

    async fn driver_plays(
        &mut self,
        stream: &GeneratedStream,
        plan: &CutPlan,
    ) -> Result<Played, DriverError> {
        let Self {
            settings,
            driver: kept,
            ..
        } = self;
        let patience = PATIENCE.mul_f64(settings.timeout_scale);
        if !settings.persistent {
            return once::run(&settings.program, &stream.bytes, patience).await;
        }
        let mut driver = match kept.take() {
            Some(driver) => driver,
            None => Driver::start(&settings.program, patience).await?,
        };
        let asked = question("random".to_owned(), &stream.bytes, plan.edges());
        let mut played = Played::Unsupported(String::new());
        let outcome = driver
            .exchange(std::iter::once(asked), |_, line: Line| played = line.into())
            .await;
        Ok(match outcome {
            Ok(()) => {
                *kept = Some(driver);
                played
            }
            Err(trouble) => Played::Trouble {
                how: trouble.how,
                tail: trouble.tail,
            },
        })
    }

    fn learn(&mut self, seen: &Seen) {
        let reports = &mut self.reports;
        reports.last_event_id |= seen
            .events
            .iter()
            .any(|event| event.last_event_id.is_some());
        if let Some(state) = &seen.state {
            reports.reconnection_time |= state.reconnection_time.is_some();
            reports.committed_id |= state.last_event_id.is_some();
        }
    }
}

fn fixture(seed: u64, stream: &GeneratedStream, plan: &CutPlan) -> Fixture {
    let mut fixture = stream
        .fixture(
            &format!("random/found/seed-{seed}.fixture"),
            &format!("Found with seed {seed}."),
        )
        .expect("the path has three parts");
    for section in &mut fixture.sections {
        if let Section::Stream(stream) = section {
            stream.cuts = plan.edges().to_vec();
        }
    }
    fixture
}

fn told(seed: u64, stream: &GeneratedStream, plan: &CutPlan, played: &Played) -> Found {
    let fixture = fixture(seed, stream, plan);
    // By now it is known what the driver reports: what it leaves out did not make it fail.
    let reports = Reports {
        last_event_id: true,
        reconnection_time: true,
        committed_id: true,
    };
    let (difference, (seen, expected)) = match played {
        Played::Seen(seen) => {
            let difference = seen.differs(&fixture, reports);
            let words = difference.map(|difference| evidence::words(&fixture, seen, difference));
            (difference, words.unwrap_or_default())
        }
        Played::Trouble { how, .. } => (None, (format!("it {how}"), "events".to_owned())),
        Played::Unsupported(_) => (None, Default::default()),
    };
    Found {
        evidence: evidence::page(&fixture, played, difference, plan.edges()),
        seen: crate::escape::printable(&seen),
        expected: crate::escape::printable(&expected),
        fixture,
    }
}
