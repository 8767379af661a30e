//! The matrix and its targets: what is installed, started and ended, and what comes of it when that fails.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[cfg(target_os = "linux")]
use rustix::event::{PollFd, PollFlags, Timespec, poll};
#[cfg(target_os = "linux")]
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// The longest that a process may wait for the processor: much shorter than what the child would do if nobody ended it.
#[cfg(target_os = "linux")]
const TURN: Timespec = Timespec {
    tv_sec: 20,
    tv_nsec: 0,
};

/// A folder of targets that goes away with its test.
struct Targets(PathBuf);

impl Targets {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn with(self, name: &str, description: &str) -> Self {
        let folder = self.0.join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = format!(
            "role = \"server\"\nname = \"{name}\"\nurl = \"http://127.0.0.1:{{port}}/\"\n{description}\n"
        );
        std::fs::write(folder.join("target.toml"), text).expect("a file");
        self
    }

    fn judge(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ssespec"))
            .args(["matrix", "--dir"])
            .arg(&self.0)
            .args(["--timeout-scale", "0.1"])
            .args(arguments)
            .output()
            .expect("the program can be started")
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const ENDS: &str = r#"start = { command = ["sh", "-c", "echo no such database; exit 7"], ready = "tcp:127.0.0.1:{port}" }"#;

#[test]
fn what_cannot_be_installed_is_a_failure_with_its_output() {
    let targets = Targets::new("install").with(
        "broken",
        &format!(
            "setup = [[\"true\"], [\"sh\", \"-c\", \"echo no such package; exit 9\"]]\n{ENDS}"
        ),
    );
    let output = targets.judge(&["--setup"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{told}");
    for part in ["target/setup", "exit status: 9", "no such package"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("no such database"), "it was started: {told}");
}

#[test]
fn what_does_not_start_is_a_failure_with_its_output() {
    let targets = Targets::new("start").with("ends", ENDS).with(
        "missing",
        r#"start = { command = ["ssespec-no-such-program"], ready = "tcp:127.0.0.1:{port}" }"#,
    );
    let output = targets.judge(&[]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{told}");
    for part in [
        "exit status: 7",
        "no such database",
        "ssespec-no-such-program: No such file",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[cfg(target_os = "linux")] // elsewhere a process that is not our child cannot be waited for
#[test]
fn no_child_of_a_target_is_left_behind() {
    let targets = Targets::new("orphan").with(
        "forks",
        r#"start = { command = ["sh", "-c", "sleep 1000 & echo $! > child; exit 1"], ready = "tcp:127.0.0.1:{port}" }"#,
    );
    let output = targets.judge(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    let child =
        std::fs::read_to_string(targets.0.join("forks/child")).expect("the child has begun");
    let child = child.trim().parse().ok().and_then(Pid::from_raw);
    // It was told to end before the run was over, and does so when it has its turn on the processor.
    if let Ok(running) = pidfd_open(child.expect("a process"), PidfdFlags::empty()) {
        let mut ends = [PollFd::new(&running, PollFlags::IN)];
        let ended = poll(&mut ends, Some(&TURN)).expect("it can be waited for");
        assert_eq!(ended, 1, "it still runs");
    }
}

#[test]
fn a_wrong_description_is_named_before_anything_is_started() {
    for (description, told) in [
        (
            "start = { command = [], ready = \"tcp:127.0.0.1:1\" }",
            "start.command is empty",
        ),
        ("setup = [[]]", "setup has an empty command"),
        (
            "[known-failures]\n\"http/cache\" = \"\"",
            "the reason is mandatory",
        ),
        ("strat = 1", "unknown field `strat`"),
    ] {
        let output = Targets::new("wrong")
            .with("target", description)
            .judge(&["--setup"]);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{description}: {complaint}");
        assert!(complaint.contains(told), "{description}: {complaint}");
        assert!(complaint.contains("target/target.toml"), "{complaint}");
    }
    let output = Targets::new("unknown").with("a", ENDS).judge(&["b"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no target \"b\"; there are a"));
}
