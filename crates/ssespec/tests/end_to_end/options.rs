//! What each option of `check server` does.

use std::collections::BTreeSet;
use std::io::Write as _;

use crate::server::{EVENTS, HEAD, Server, wait_for_the_end};
use crate::{command, ended, outcome, outcomes, report, ssespec, text};

/// Sends an event for each of these, and then nothing more.
fn events(data: &'static [&'static str]) -> Server {
    Server::start(move |stream, _| {
        let _ = stream.write_all(HEAD.as_bytes());
        for (number, data) in data.iter().enumerate() {
            let event = format!("event: e{number}\ndata: {data}\n\n");
            let _ = stream.write_all(event.as_bytes());
        }
        wait_for_the_end(stream);
    })
}

/// How many events and milliseconds a run took to see enough of the stream.
fn watched(server: &Server, rule: &[&str]) -> (u64, u64) {
    let usual = ["check", &server.url, "--passive", "--format", "json"];
    let output = ssespec(&[&usual[..], rule].concat());
    let effort = &report(&output)["runs"][0]["effort"];
    let number = |name: &str| effort[name].as_u64().expect("a number");
    (number("events"), number("watched_ms"))
}

#[test]
fn the_first_stop_rule_that_holds_ends_the_stream() {
    let server = events(&["a", "b", "[DONE]", "d"]);
    // The time is far longer than this test may take: it is another rule that ends the stream.
    for (rule, wanted) in [
        (&["--events", "2", "--for", "10m"][..], 2),
        (&["--until-data", "[DONE]", "--for", "10m"], 3),
        (&["--until-event", "e0", "--for", "10m"], 1),
        (&["--idle", "400ms", "--for", "10m"], 4),
        (&["--for", "400ms"], 4),
    ] {
        let (seen, _) = watched(&server, rule);
        // What came in the same piece as the last event is there too.
        assert!(seen >= wanted, "{rule:?}: {seen} events");
    }
    let (_, milliseconds) = watched(&server, &["--for", "700ms"]);
    assert!(milliseconds >= 600, "left after {milliseconds} ms");
}

#[test]
fn checks_can_be_chosen() {
    let server = Server::of(format!("{HEAD}{EVENTS}"));
    let chosen = |more: &[&str]| -> BTreeSet<String> {
        let usual = ["check", &server.url, "--passive", "--format", "json"];
        let output = ssespec(&[&usual[..], more].concat());
        outcomes(&output).into_iter().map(|(id, _)| id).collect()
    };
    let all = chosen(&[]);
    let lint = chosen(&["--only", "lint/*"]);
    assert!(
        !lint.is_empty() && lint.iter().all(|id| id.starts_with("lint/")),
        "{lint:?}"
    );
    let rest = chosen(&["--skip", "lint/*"]);
    assert!(lint.is_disjoint(&rest) && lint.len() + rest.len() == all.len());
    assert_eq!(chosen(&["--only", "lint/bom", "--only", "resp/*"]).len(), 3);
    assert_eq!(
        chosen(&["--only", "lint/*", "--skip", "lint/bom"]).len(),
        lint.len() - 1
    );

    let shards = [1, 2, 3].map(|part| chosen(&["--shard", &format!("hash:{part}/3")]));
    assert_eq!(shards.iter().map(BTreeSet::len).sum::<usize>(), all.len());
    assert_eq!(shards.into_iter().flatten().collect::<BTreeSet<_>>(), all);
}

#[test]
fn only_the_requests_that_are_needed_are_made() {
    let server = Server::of(format!("{HEAD}{EVENTS}"));
    ssespec(&["check", &server.url, "--only", "srv/keepalive"]);
    assert_eq!(server.requests().len(), 1);
    let server = Server::of(format!("{HEAD}{EVENTS}"));
    ssespec(&["check", &server.url, "--passive"]);
    assert_eq!(server.requests().len(), 1);
    let server = Server::of(format!("{HEAD}{EVENTS}"));
    let output = ssespec(&["check", &server.url, "--format", "json"]);
    let made = report(&output)["runs"][0]["effort"]["requests"].as_u64();
    let seen = server.requests().len() as u64;
    assert_eq!(made, Some(seen));
    assert!(seen < 50, "{seen} requests are not gentle");
}

#[test]
fn a_gauge_without_a_number_is_told_before_anything_is_asked() {
    let stream = Server::of(format!("{HEAD}{EVENTS}"));
    for (page, told) in [
        (
            "HTTP/1.1 200 OK\r\n\r\n<p>none</p>",
            "there is no number in it",
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n{\"a\": 1, \"b\": 2}",
            "there are 2 numbers in it",
        ),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "the status is 404"),
    ] {
        let gauge = Server::of(page);
        let output = ssespec(&["check", &stream.url, "--gauge", &gauge.url]);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(
            complaint.contains("--gauge: ") && complaint.contains(told),
            "{complaint}"
        );
    }
    assert_eq!(stream.requests().len(), 0);
}

#[test]
fn a_post_is_made_once_with_its_body_and_its_token() {
    let body = "{\"stream\": true}";
    let file = std::env::temp_dir().join(format!("ssespec-body-{}.json", std::process::id()));
    std::fs::write(&file, body).expect("written");
    for content in [body, &format!("@{}", file.display())] {
        let server = Server::of(format!("{HEAD}data: a\n\ndata: [DONE]\n\n"));
        let run = command(&[
            "check",
            &server.url,
            "--body",
            content,
            "--until-data",
            "[DONE]",
        ])
        .args(["-H", "Content-Type: application/json"])
        .args(["--header-from-env", "Authorization=SSESPEC_TEST_TOKEN"])
        .env("SSESPEC_TEST_TOKEN", "Bearer very-secret")
        .spawn()
        .expect("the program can be started");
        let output = ended(run);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(!said.contains("very-secret"), "{said}");
        let [request] = &server.requests()[..] else {
            panic!("not one request: {:?}", server.requests());
        };
        let lower = request.to_ascii_lowercase();
        assert!(
            request.starts_with("POST /events HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(
            lower.contains("content-type: application/json\r\n"),
            "{request}"
        );
        assert!(
            lower.contains("authorization: bearer very-secret\r\n"),
            "{request}"
        );
        assert!(request.ends_with(body), "{request}");
    }
    std::fs::remove_file(&file).expect("removed");

    let server = Server::of(format!("{HEAD}data: a\n\ndata: [DONE]\n\n"));
    ssespec(&[
        "check",
        &server.url,
        "--body",
        body,
        "--repeat-post",
        "--for",
        "1s",
    ]);
    assert!(server.requests().len() > 1);
}

#[test]
fn a_host_can_be_resolved_by_hand() {
    let server = Server::start(|stream, request| {
        let body = if request.starts_with("HEAD ") {
            ""
        } else {
            EVENTS
        };
        let _ = stream.write_all(format!("{HEAD}{body}").as_bytes());
        wait_for_the_end(stream);
    });
    let port = server
        .url
        .split(':')
        .nth(2)
        .and_then(|rest| rest.split('/').next());
    let url = format!("http://ssespec.invalid:{}/events", port.expect("a port"));
    for address in [
        "ssespec.invalid:127.0.0.1",
        &format!("ssespec.invalid:127.0.0.1:{}", port.expect("a port")),
    ] {
        let output = ssespec(&[
            "check",
            &url,
            "--resolve",
            address,
            "--for",
            "1s",
            "--format",
            "json",
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(outcome(&output, "close/abort").as_deref(), Some("passed"));
    }
    let hosts = server.requests();
    assert!(hosts.iter().all(|request| {
        request
            .to_ascii_lowercase()
            .contains("host: ssespec.invalid:")
    }));
    assert_eq!(ssespec(&["check", &url]).status.code(), Some(3));
}

#[test]
fn the_version_of_http_can_be_chosen() {
    let server = Server::of(format!("{HEAD}{EVENTS}"));
    ssespec(&["check", &server.url, "--http1.0", "--passive"]);
    assert!(
        server.requests()[0].starts_with("GET /events HTTP/1.0\r\n"),
        "{:?}",
        server.requests()
    );
    // It does not speak HTTP/2, and says so in HTTP/1.
    let output = ssespec(&["check", &server.url, "--http2-prior-knowledge"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("cannot be judged"));
}

#[test]
fn strict_makes_a_warning_count() {
    let server = Server::of(format!(
        "{}{EVENTS}",
        HEAD.replace("Cache-Control: no-cache\r\n", "")
    ));
    let url = &server.url;
    assert_eq!(ssespec(&["check", url, "--passive"]).status.code(), Some(0));
    assert_eq!(
        ssespec(&["check", url, "--passive", "--strict"])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn reports_go_to_files_in_every_format() {
    let server = Server::of(format!("{HEAD}{EVENTS}"));
    let folder = std::env::temp_dir().join(format!("ssespec-reports-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let to = |format: &str| format!("{format}={}", folder.join(format).display());
    let formats = ["human", "json", "junit", "github"];
    let options: Vec<String> = formats
        .iter()
        .flat_map(|format| ["--report".to_owned(), to(format)])
        .collect();
    let mut arguments = vec!["check", &server.url, "--passive"];
    arguments.extend(options.iter().map(String::as_str));
    assert_eq!(ssespec(&arguments).status.code(), Some(0));
    let read = |format: &str| std::fs::read_to_string(folder.join(format)).expect("a report");
    assert!(read("human").contains("passed       resp/ok"));
    assert!(read("json").starts_with("{\n  \"schema\": \"ssespec-report/1\""));
    assert!(read("junit").starts_with("<?xml"));
    assert!(read("github").starts_with("::notice title=srv/open-ended"));
    std::fs::remove_dir_all(&folder).expect("removed");

    let output = ssespec(&[
        "check",
        &server.url,
        "--passive",
        "--report",
        "json=/nowhere/report.json",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nowhere/report.json"));
}
