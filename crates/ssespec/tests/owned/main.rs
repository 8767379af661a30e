//! Servers that the runner owns: how they end, and how they are there again. The server is this program, started again with a part to play.
#![cfg(unix)]

#[path = "../fresh/mod.rs"]
mod fresh;
#[path = "../kill_table/mod.rs"]
mod kill_table;
#[path = "../recorder/mod.rs"]
mod recorder;
mod server;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use ssespec::check::{Probe, Role};
use ssespec::judge::{Selection, judge};
use ssespec::probe::{Prober, Seen};
use ssespec::process::Process;
use ssespec::report::Row;
use ssespec::settings::Settings;
use ssespec::target::Target;

use crate::kill_table::{Entry, Fleet, flagged};
use crate::server::Part;

/// The first argument of a server; what follows is its part and its port.
const PLAY: &str = "play";

/// The checks that need a server of our own.
const CHECKS: [&str; 2] = ["srv/shutdown", "srv/restart"];

/// What all deadlines are multiplied with: 10 s would be long for each server that hangs.
const SCALE: f64 = 0.5;

/// A server, what is broken or unusual, and the checks that must flag it.
type Member = (Part, &'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const MUTANTS: &[Member] = &[
    (Part::Hangs, "waits-for-streams", "a graceful shutdown waits for streams that do not end", &["srv/shutdown"]),
    (Part::Ignores, "ignores-sigterm", "SIGTERM is ignored", &["srv/shutdown"]),
    (Part::CountsAgain, "counts-again", "ids are counted from 1 again after a restart", &["srv/restart"]),
    (Part::ForgetsIds, "forgets-ids", "an id of before the restart is answered with 500", &["srv/restart"]),
    (Part::StartsOnce, "starts-once", "a lock file of before keeps it from starting", &["srv/restart"]),
];

#[rustfmt::skip]
const RIGHT: &[Member] = &[
    (Part::Ends, "ends", "streams end properly, and the ids go on", &[]),
    (Part::Drains, "drains", "streams go on for a second, then end properly", &[]),
    (Part::Cuts, "cuts", "the process ends at once", &[]),
    (Part::NoIds, "no-ids", "there are no ids", &[]),
    (Part::CountsForEach, "counts-for-each", "each connection counts its own events, which is for srv/id-stable to say", &[]),
];

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let [play, part, port] = &words[..]
        && play == PLAY
    {
        return play_part(part, port);
    }
    let mut trials = vec![
        Trial::test("every_check_kills_a_mutant", || {
            fleet().is_complete();
            Ok(())
        }),
        Trial::test("the_kill_table_is_told_as_it_is", || {
            fleet().is_told_as_it_is();
            Ok(())
        }),
    ];
    let members = MUTANTS.iter().chain(RIGHT);
    trials.extend(members.map(|member| Trial::test(member.1, || is_judged(member))));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn play_part(name: &str, port: &str) -> ExitCode {
    let member = MUTANTS.iter().chain(RIGHT).find(|member| member.1 == name);
    let (Some((part, ..)), Ok(port)) = (member, port.parse()) else {
        return ExitCode::from(2);
    };
    match server::serve(*part, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // For the tail of what it printed.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn entry(member: &'static Member) -> Entry<'static> {
    let (_, name, what, killed_by) = member;
    Entry {
        name,
        what,
        killed_by,
    }
}

fn fleet() -> Fleet<'static> {
    Fleet {
        page: "docs/generated/owned-mutants.md",
        title: "Mutants that are started and ended",
        members: "servers",
        test: "owned",
        mutants: MUTANTS.iter().map(entry).collect(),
        right: RIGHT.iter().map(entry).collect(),
        checks: CHECKS.to_vec(),
    }
}

fn is_judged(member: &'static Member) -> Result<(), Failed> {
    let entry = entry(member);
    let folder = Folder::of(entry.name);
    let runtime = tokio::runtime::Runtime::new()?;
    let (rows, seen) = runtime.block_on(judged(&folder.0))?;
    record(&entry, &rows, &seen)?;
    match entry.misjudged(&flagged(&rows)) {
        None => Ok(()),
        Some(wrong) => Err(wrong.into()),
    }
}

async fn judged(folder: &Path) -> Result<(Vec<Row>, Seen), Failed> {
    let target = Target::read(folder)?;
    let start = target.start.as_ref().ok_or("there is no start")?;
    let mut process = Process::start(&target, start, "topic", 1.0).await?;
    let url = format!("http://127.0.0.1:{}/", process.port);
    let mut settings = Settings::new(url.parse()?);
    settings.stop.events = 5;
    settings.stop.time = Duration::from_secs(4);
    settings.timeout_scale = SCALE;
    let prober = Prober::new(settings)?;
    let mut seen = prober.observe(&[Probe::Connect]).await?;
    prober.owned(&mut process, &mut seen).await;
    process.stop().await;
    let chosen = Selection::new(&CHECKS.map(str::to_owned), &[], None)?;
    let rows = judge(
        Role::Server,
        &chosen.checks(Role::Server),
        &seen.observations,
    );
    Ok((rows, seen))
}

/// With `SSESPEC_RECORD`, writes what was seen of `entry` as a recording, if nothing shows yet that its checks fail, or that they are content.
fn record(entry: &Entry<'_>, rows: &[Row], seen: &Seen) -> Result<(), Failed> {
    for (id, probe) in CHECKS.into_iter().zip([Probe::Shutdown, Probe::Restart]) {
        let verdict = match flagged(rows).contains_key(id) {
            true => "fail",
            false if entry.name == "ends" => "pass",
            false => continue,
        };
        if recorder::is_missing(id, verdict) {
            let stream = &seen.observations[&Probe::Connect].exchanges[0];
            let url: url::Url = stream.request.url.parse()?;
            let seen = &seen.observations[&probe];
            recorder::keep(id, verdict, entry.name, url.authority(), seen);
        }
    }
    Ok(())
}

/// A folder with a description, which goes away with its test.
struct Folder(PathBuf);

impl Folder {
    fn of(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("owned-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let program = std::env::current_exe().expect("this program");
        let text = format!(
            "role = \"server\"\nname = \"{name}\"\nurl = \"http://127.0.0.1:{{port}}/\"\nstart = {{ command = [{:?}, \"{PLAY}\", \"{name}\", \"{{port}}\"], ready = \"tcp:127.0.0.1:{{port}}\" }}\n",
            program.display().to_string()
        );
        std::fs::write(folder.join("target.toml"), text).expect("a file");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
