//! `--baseline` and `--baseline-update`.

use std::path::PathBuf;

use crate::server::{EVENTS, HEAD, Server};
use crate::{outcome, ssespec, text};

/// A file of its own for a test.
struct File(PathBuf);

impl File {
    fn of(name: &str, content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ssespec-{name}-{}.toml", std::process::id()));
        std::fs::write(&path, content).expect("written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }

    fn content(&self) -> String {
        std::fs::read_to_string(&self.0).expect("the baseline")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Says text/plain, and nothing of caches.
fn broken() -> Server {
    Server::of(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\ndata: a\n\n",
    )
}

fn check(server: &Server, file: &File, more: &[&str]) -> std::process::Output {
    let usual = ["check", &server.url, "--passive", "--baseline", file.path()];
    ssespec(&[&usual[..], more].concat())
}

#[test]
fn an_update_adds_removes_and_keeps_the_rest_with_its_comments() {
    let file = File::of(
        "update",
        "# known to us\n[known-failures]\n# see issue 7\n\"resp/content-type\" = \"the gateway, issue 7\"\n# long gone\n\"http/cache\" = \"mended long ago\"\n",
    );
    let server = broken();
    let updated = check(&server, &file, &["--baseline-update"]);
    assert_eq!(updated.status.code(), Some(0), "{}", text(&updated.stderr));
    let now = file.content();
    for kept in [
        "# known to us\n",
        "# see issue 7\n",
        "\"the gateway, issue 7\"",
    ] {
        assert!(now.contains(kept), "{kept:?} is gone:\n{now}");
    }
    assert!(!now.contains("mended long ago"), "{now}");

    // What is updated is what the next run takes.
    let again = check(&server, &file, &[]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stdout));
    let untouched = file.content();
    check(&server, &file, &["--baseline-update"]);
    assert_eq!(file.content(), untouched);
}

#[test]
fn an_update_makes_the_file_and_asks_for_reasons() {
    let file = File::of("new", "");
    std::fs::remove_file(&file.0).expect("removed");
    let server = broken();
    let made = check(&server, &file, &["--baseline-update"]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let content = file.content();
    assert!(
        content.contains("[known-failures]") && content.contains("not explained yet: content-type"),
        "{content}"
    );
}

#[test]
fn an_entry_pins_the_failure_that_it_is_about() {
    let server = broken();
    for (start, code, wanted) in [
        ("content-type: text/plain", 0, "known-failure"),
        ("content-type: text/html", 1, "failed"),
    ] {
        let file = File::of(
            wanted,
            &format!("\"resp/content-type\" = {{ reason = \"r\", starts-with = \"{start}\" }}\n"),
        );
        let output = check(&server, &file, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stdout));
        assert_eq!(
            outcome(&output, "resp/content-type").as_deref(),
            Some(wanted)
        );
    }
}

#[test]
fn an_entry_for_what_no_longer_fails_or_never_was_is_stale() {
    let server = Server::of(format!("{HEAD}{EVENTS}"));
    for entry in ["resp/content-type", "lint/*", "lint/no-such-check"] {
        let file = File::of(
            &entry.replace(['/', '*'], "_"),
            &format!("{entry:?} = \"why\"\n"),
        );
        let output = check(&server, &file, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(1), "{entry}");
        assert_eq!(outcome(&output, entry).as_deref(), Some("stale"), "{entry}");
        // A check that was left out says nothing about its entry.
        let left_out = check(&server, &file, &["--only", "http/cache"]);
        let code = if entry == "lint/*" { 1 } else { 0 };
        assert_eq!(left_out.status.code(), Some(code), "{entry}");
    }
}

#[test]
fn a_wrong_baseline_is_refused_before_anything_is_sent() {
    let server = broken();
    for (content, hint) in [
        ("\"resp/ok\" = 7\n", "write the reason as a string"),
        ("\"resp/ok\" = \" \"\n", "the reason is mandatory"),
        ("\"*\" = \"all\"\n", "write a check id, or group/*"),
        ("known-failures = 1\n", "write [known-failures]"),
        ("[known-failures\n", "TOML"),
    ] {
        let file = File::of("wrong", content);
        let output = check(&server, &file, &[]);
        assert_eq!(output.status.code(), Some(2), "{content}");
        let said = text(&output.stderr);
        assert!(said.contains(hint) && said.contains(file.path()), "{said}");
    }
    assert!(server.requests().is_empty());
}
