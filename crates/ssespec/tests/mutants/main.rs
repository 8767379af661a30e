//! How the judge is judged: a fleet of servers, each broken in one way, and of servers that are unusual and right.
//!
//! `table.rs` has one row a defect with the checks that must flag it; no other check may. `conforming.rs` has those that nothing may accuse.
//! The table of who kills whom is generated: `docs/generated/mutants.md`.

mod coding;
mod conforming;
#[path = "../fresh/mod.rs"]
mod fresh;
mod http2;
#[path = "../kill_table/mod.rs"]
mod kill_table;
mod record;
#[path = "../recorder/mod.rs"]
mod recorder;
mod reflect;
mod reply;
mod server;
mod table;
mod tls;
mod under_load;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use ssespec::check::{self, Probe, Registered, Role};
use ssespec::judge::{Selection, judge};
use ssespec::probe::{ProbeError, Prober, Seen};
use ssespec::profile;
use ssespec::report::Outcome;
use ssespec::settings::{HttpVersion, Manner, Settings};
use tokio::sync::Semaphore;

use crate::conforming::{CONFORMING, CONTROLS};
use crate::kill_table::{Entry, Fleet, flagged};
use crate::server::{Change, GAUGE, Server};
use crate::table::MUTANTS;

/// A server of the fleet.
pub(crate) struct Row {
    entry: Entry<'static>,
    change: Change,
    version: HttpVersion,
    events: usize,
    time: Duration,
    scale: f64,
    manner: Manner,
    inject: Option<&'static str>,
    gauged: bool,
    secure: bool,
    other_session: bool,
}

impl Row {
    /// A server that is broken in one way.
    pub(crate) const fn new(
        name: &'static str,
        what: &'static str,
        killed_by: &'static [&'static str],
        change: Change,
    ) -> Self {
        Self {
            entry: Entry {
                name,
                what,
                killed_by,
            },
            change,
            version: HttpVersion::Auto,
            events: 6,
            time: Duration::from_secs(4),
            scale: 1.0,
            manner: Manner::Gentle,
            inject: None,
            gauged: false,
            secure: false,
            other_session: false,
        }
    }

    /// A server that is right.
    pub(crate) const fn right(name: &'static str, what: &'static str, change: Change) -> Self {
        Self::new(name, what, &[], change)
    }

    /// Spoken to in another version of HTTP.
    pub(crate) const fn over(mut self, version: HttpVersion) -> Self {
        self.version = version;
        self
    }

    /// Left after so many events.
    pub(crate) const fn events(mut self, events: usize) -> Self {
        self.events = events;
        self
    }

    /// Given hostile values there.
    pub(crate) const fn given(mut self, inject: &'static str) -> Self {
        self.inject = Some(inject);
        self
    }

    /// Under stress.
    pub(crate) const fn under_stress(mut self) -> Self {
        self.manner = Manner::Stress;
        self
    }

    /// Asked with the credentials of another session too.
    pub(crate) const fn with_another_session(mut self) -> Self {
        self.other_session = true;
        self
    }

    /// Behind TLS, where it speaks HTTP/2 and nothing else.
    pub(crate) const fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    /// Shows the number of its streams.
    pub(crate) const fn gauged(mut self) -> Self {
        self.gauged = true;
        self
    }

    /// Given so many times the time for everything.
    pub(crate) const fn scaled(mut self, scale: f64) -> Self {
        self.scale = scale;
        self
    }

    /// Left after this time.
    pub(crate) const fn watched_for(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// How many requests were made, if more than the README promises for a gentle run.
    fn asked_too_often(&self, seen: &Seen) -> Option<String> {
        let too_often = self.manner == Manner::Gentle && !self.gauged && seen.requests >= 50;
        too_often.then(|| format!("{}: {} requests\n", self.entry.name, seen.requests))
    }

    async fn judged(&self) -> Result<Judged, ProbeError> {
        let server = Server::behind(self.secure.then(tls::acceptor), self.change).await;
        let mut settings = Settings::new(server.url.clone());
        settings.tls.insecure = self.secure;
        settings.version = self.version;
        settings.stop.events = self.events;
        settings.stop.time = self.time;
        settings.manner = self.manner;
        settings.timeout_scale = self.scale;
        let inject = self.inject.map(|inject| inject.parse());
        settings.inject = inject.map(|inject| inject.expect("query:NAME, path or header:NAME"));
        if self.other_session {
            let header = "session=theirs".parse().expect("a value");
            settings.other_session = vec![(reqwest::header::COOKIE, header)];
        }
        if self.gauged {
            let gauge = server.url.join(GAUGE).expect("a path");
            settings.take_gauge(Some(gauge));
        }
        let all = Selection::new(&[], &[], None).expect("no pattern is wrong");
        let checks = all.checks(Role::Server);
        let probes: BTreeSet<_> = checks.iter().map(|check| check.probe).collect();
        let probes: Vec<_> = probes.into_iter().collect();
        let seen = Prober::new(settings)?.observe(&probes).await?;
        Ok(Judged {
            rows: judge(Role::Server, &checks, &seen.observations),
            seen,
            authority: server.url.authority().to_owned(),
        })
    }
}

/// Whether it takes more than a URL: a replay endpoint, a publish call, or a server that is ours.
pub(crate) fn needs_more(probe: Probe) -> bool {
    matches!(
        probe,
        Probe::Script
            | Probe::Replay
            | Probe::Hub
            | Probe::HubTexts
            | Probe::HubSlow
            | Probe::HubRestart
            | Probe::Shutdown
            | Probe::Restart
    )
}

/// The checks that need nothing but a URL. The others have mutants of their own, in `tests/replays`, `tests/owned` and `tests/hubs`.
fn by_url() -> impl Iterator<Item = &'static Registered> {
    ssespec::checks::ALL
        .iter()
        .filter(|registered| registered.ways().any(|check| !needs_more(check.probe)))
}

/// What was seen of a server of the fleet, and what is said about it.
struct Judged {
    rows: Vec<ssespec::report::Row>,
    seen: Seen,
    /// Host and port of the server.
    authority: String,
}

/// How many servers are judged at the same time, by all tests together.
const AT_ONCE: usize = 16;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Runs all of `rows`.
async fn judged(
    rows: impl IntoIterator<Item = &'static Row>,
) -> Vec<(&'static Row, Result<Judged, ProbeError>)> {
    // The slowest first, so that nobody waits for them in the end.
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    futures_util::stream::iter(rows)
        .map(async |row| {
            let _place = PLACES.acquire().await.expect("it is never closed");
            (row, row.judged().await)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

fn rows(run: &Result<Judged, ProbeError>) -> &[ssespec::report::Row] {
    match run {
        Ok(run) => &run.rows,
        Err(error) => panic!("not judged: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutant_is_flagged_by_its_checks_and_by_no_other() {
    let mut wrong = String::new();
    for (row, run) in judged(MUTANTS).await {
        for check in row.entry.killed_by {
            record::missing(check, "fail", row.entry.name, &run);
        }
        wrong += &row
            .entry
            .misjudged(&flagged(rows(&run)))
            .unwrap_or_default();
        let seen = run.expect("judged above").seen;
        wrong += &row.asked_too_often(&seen).unwrap_or_default();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_accuses_a_server_that_is_unusual_and_right() {
    let mut wrong = String::new();
    for (row, run) in judged(CONFORMING).await {
        wrong += &row
            .entry
            .misjudged(&flagged(rows(&run)))
            .unwrap_or_default();
        let seen = run.expect("judged above").seen;
        assert!(!seen.died, "{} died", row.entry.name);
        wrong += &row.asked_too_often(&seen).unwrap_or_default();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_passes_everything() {
    let mut left: BTreeSet<_> = by_url()
        .map(|registered| registered.check.requirement)
        .collect();
    for (row, run) in judged(CONTROLS).await {
        assert_eq!(row.entry.misjudged(&flagged(rows(&run))), None);
        let rows = rows(&run).iter();
        for passed in rows.filter(|row| row.outcome == Outcome::Passed) {
            record::missing(&passed.id, "pass", row.entry.name, &run);
            left.remove(passed.id.as_str());
        }
    }
    assert!(left.is_empty(), "no control passes {left:?}");
}

fn fleet() -> Fleet<'static> {
    Fleet {
        page: "docs/generated/mutants.md",
        title: "Mutants",
        members: "servers",
        test: "mutants",
        mutants: MUTANTS.iter().map(|row| row.entry).collect(),
        right: (CONTROLS.iter().chain(CONFORMING))
            .map(|row| row.entry)
            .collect(),
        checks: by_url()
            .map(|registered| registered.check.requirement)
            .collect(),
    }
}

/// HEAD is never answered, while the stream is watched for a while.
#[rustfmt::skip]
const HEAD_HANGS: Row = Row::new("head-hangs", "HEAD is never answered", &["http/head-options"], |request, reply| if request.is("HEAD") { reply.hang() }).events(usize::MAX).watched_for(Duration::from_secs(5));

/// A stream that is begun later and answered before shows that HEAD hangs, however many others wait for their turn: nobody waits for the deadline, and
/// then asks again.
#[tokio::test(flavor = "multi_thread")]
async fn head_that_hangs_is_asked_for_once() {
    let requests = async |row: &Row| row.judged().await.expect("it is judged").seen.requests;
    let control = CONTROLS.iter().find(|row| row.entry.name == "control");
    let control = requests(control.expect("it has a row")).await;
    let hangs = requests(&HEAD_HANGS).await;
    assert!(
        hangs <= control + 2,
        "{hangs} requests, the control had {control}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_says_how_long_a_stream_may_be_silent() {
    let server = Server::start(|_, reply| {
        reply.bytes("data: a\n\n");
        reply.end = reply::End::Silent;
    });
    let server = server.await;
    let check = check::find("srv/keepalive").expect("a check").check;
    for (longest, outcome) in [(None, Outcome::NotObserved), (Some(1), Outcome::Warning)] {
        let mut settings = Settings::new(server.url.clone());
        settings.stop.time = Duration::from_secs(2);
        let mut profile = profile::find("spec").expect("a profile").clone();
        profile.longest_silence = longest;
        settings.profiles.push(profile);
        let prober = Prober::new(settings).expect("settings are of use");
        let seen = prober.observe(&[Probe::Connect]).await.expect("a response");
        let rows = judge(Role::Server, &[check], &seen.observations);
        assert_eq!(rows[0].outcome, outcome, "{longest:?}: {rows:?}");
    }
}

#[test]
fn every_check_kills_a_mutant() {
    fleet().is_complete();
}

#[test]
fn the_kill_table_is_told_as_it_is() {
    fleet().is_told_as_it_is();
}

/// Nothing that is sent to it is acknowledged, so the server's system holds on to it, and nobody is blamed for that.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_network_has_gone_is_told_in_a_note() {
    let server = Server::start(|_, _| {}).await;
    let mut settings = Settings::new(server.url.clone());
    settings.stop.time = Duration::from_secs(2);
    settings.manner = Manner::Stress;
    let prober = Prober::new(settings).expect("settings are of use");
    let seen = prober.observe(&[Probe::Connect, Probe::Leave]).await;
    let seen = seen.expect("a response").observations;
    let facts = &seen[&Probe::Leave].facts;
    assert_eq!(facts["vanished"], "ESTABLISHED", "{facts:?}");
    assert_eq!(facts["socket"], "released", "{facts:?}");
    let check = check::find("close/abort").expect("a check");
    let rows = judge(Role::Server, &check.ways().collect::<Vec<_>>(), &seen);
    assert_eq!(rows[0].outcome, Outcome::Note, "{rows:?}");
}
