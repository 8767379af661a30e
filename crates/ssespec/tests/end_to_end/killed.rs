//! A target that is killed in the middle of a run, and a run that is ended in the middle of a target.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use crate::server::{HEAD, Server, wait_for_the_end};
use crate::{command, ended, outcome, report, text};

/// Set for the process that is to be a server, and to be killed.
const SERVER: &str = "SSESPEC_TEST_SERVER";

/// The process that `a_target_that_is_killed_…` kills. Without the variable it is not meant.
#[test]
fn server_process() {
    if std::env::var_os(SERVER).is_none() {
        return;
    }
    let server = Server::start(|stream, _| {
        // In one piece: the client goes on to other requests as soon as it has the head.
        let _ = stream.write_all(format!("{HEAD}Data: misspelt\n\ndata: good\n\n").as_bytes());
        say("streaming");
        wait_for_the_end(stream);
    });
    say(&format!("url {}", server.url));
    loop {
        thread::park();
    }
}

/// A line for whoever started this process. What the test runner prints may stand in front of it.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "\n{line}");
}

#[test]
fn a_target_that_is_killed_is_reported_with_what_was_seen() {
    let mut server = Command::new(std::env::current_exe().expect("this test"))
        .args(["killed::server_process", "--exact", "--nocapture"])
        .env(SERVER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test can be started");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let mut next = |start: &str| {
        lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix(start).map(str::to_owned))
            .expect("the server says so")
    };
    let url = next("url ");
    let run = command(&["check", &url, "--format", "json"])
        .spawn()
        .expect("the program can be started");
    next("streaming");
    // KILL, on Unix.
    server.kill().expect("the server can be killed");
    server.wait().expect("the server is gone");
    let output = ended(run);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(report(&output)["runs"][0]["target_died"], true);
    assert_eq!(
        outcome(&output, "lint/unknown-fields").as_deref(),
        Some("warning"),
        "{said}"
    );
    for row in report(&output)["runs"][0]["checks"]
        .as_array()
        .expect("checks")
    {
        let seen = row["seen"].as_str().unwrap_or_default();
        assert!(
            row["outcome"] != "failed" && !seen.contains("refused"),
            "its death is held against it: {row}"
        );
    }
}

/// A run that is ended with TERM or INT ends what it has started, and all that came of it.
#[cfg(unix)]
#[test]
fn nothing_is_left_behind_by_a_run_that_is_ended() {
    for signal in ["TERM", "INT"] {
        let folder = std::env::temp_dir().join(format!("ssespec-{signal}-{}", std::process::id()));
        let target = folder.join("orphan");
        std::fs::create_dir_all(&target).expect("a folder");
        let pipe = target.join("alive");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .expect("mkfifo")
                .success()
        );
        // The child of the child holds the pipe open for as long as it lives. Nothing ever listens.
        let description = "role = \"server\"\nname = \"orphan\"\nurl = \"http://127.0.0.1:{port}/\"\n\
            start = { command = [\"sh\", \"-c\", \"sleep 600 > alive & echo started > alive; wait\"], ready = \"tcp:127.0.0.1:{port}\" }\n";
        std::fs::write(target.join("target.toml"), description).expect("written");
        let run = command(&["matrix", "--dir", folder.to_str().expect("UTF-8")])
            .spawn()
            .expect("the program can be started");
        let mut alive = BufReader::new(std::fs::File::open(&pipe).expect("the target starts"));
        let mut line = String::new();
        alive.read_line(&mut line).expect("a line");
        assert_eq!(line, "started\n");
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &run.id().to_string()])
            .status();
        assert!(sent.expect("kill is there").success());
        // The end of the pipe: nobody holds it any more.
        line.clear();
        assert_eq!(alive.read_line(&mut line).expect("the end"), 0);
        let output = ended(run);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
