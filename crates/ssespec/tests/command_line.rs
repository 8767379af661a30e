//! The command line as a user meets it: what it prints, and the code that it ends with.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;

fn ssespec(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ssespec"))
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the program can be started")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server that answers every connection with `answer` and then calls `after` with it.
fn serve(answer: Vec<u8>, after: fn(TcpStream, &[u8])) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream;
                let mut request = Vec::new();
                let mut buffer = [0; 1024];
                while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
                        _ => return,
                    }
                }
                if stream.write_all(&answer).is_ok() {
                    after(stream, &request);
                }
            });
        }
    });
    format!("http://{address}/")
}

fn close(_: TcpStream, _: &[u8]) {}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n";

#[test]
fn nothing_to_fix_ends_with_0() {
    let url = serve(
        format!("{HEAD}retry: 3000\nid: 1\ndata: a\n\n").into(),
        close,
    );
    let output = ssespec(&["check", &url, "--passive"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

#[test]
fn a_finding_ends_with_1_and_shows_the_bytes_and_the_sentence() {
    let url = serve(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<b>\x1b[2J</b>"
            .to_vec(),
        close,
    );
    let output = ssespec(&["check", "server", &url, "--passive"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    for part in [
        "failed       resp/content-type  MUST",
        "content-type: text/html",
        r"at 0: <b>\x1b[2J</b>",
        "culprit   server",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html#",
        "ssespec explain resp/content-type",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
    assert!(
        !output.stdout.contains(&0x1b),
        "a terminal escape got through"
    );
}

#[test]
fn a_response_that_is_no_stream_is_a_finding_and_not_unreachable() {
    let url = serve(
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec(),
        close,
    );
    assert_eq!(
        ssespec(&["check", &url, "--passive"]).status.code(),
        Some(1)
    );
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_to_write() {
    for (arguments, hint) in [
        (&["check", "localhost"][..], "write http://"),
        (&["matrix", "--dir", "/nowhere"], "with --dir FOLDER"),
        (
            &["check", "http://127.0.0.1:1/", "-H", "no colon"],
            "write 'name: value'",
        ),
        (
            &["check", "http://127.0.0.1:1/", "--for", "soon"],
            "write a time such as",
        ),
        (
            &["check", "http://127.0.0.1:1/", "--only", "nothing/*"],
            "ssespec list",
        ),
        (
            &[
                "check",
                "http://127.0.0.1:1/",
                "--baseline",
                "/nowhere/b.toml",
            ],
            "/nowhere/b.toml",
        ),
        (
            &[
                "check",
                "http://127.0.0.1:1/",
                "--header-from-env",
                "A=SSESPEC_NOT_SET",
            ],
            "SSESPEC_NOT_SET",
        ),
        (
            &["check", "http://127.0.0.1:1/", "--report", "pdf=x"],
            "write human, json, junit, github or markdown",
        ),
        (&["explain", "lint/bomb"], "lint/bom"),
        (&["frobnicate"], "Usage"),
    ] {
        let output = ssespec(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains(hint),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_target_that_cannot_be_reached_ends_with_3() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("an address").port()
    };
    let output = ssespec(&["check", &format!("http://127.0.0.1:{port}/")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("refused"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_target_that_speaks_no_http_ends_with_3() {
    let url = serve(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), close);
    assert_eq!(ssespec(&["check", &url]).status.code(), Some(3));
}

#[test]
fn a_target_that_never_answers_ends_with_3() {
    let url = serve(Vec::new(), |mut stream, _| {
        let _ = stream.read(&mut [0]);
    });
    let output = ssespec(&["check", &url, "--for", "1s", "--timeout-scale", "0.1"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
}

#[test]
fn a_target_that_dies_ends_with_3_and_what_was_seen_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let _ = stream.read(&mut [0; 1024]);
        let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nData: a\n\ndata: b\r\n";
        stream
            .write_all(chunked.as_bytes())
            .expect("the client reads");
        // Both the connection and the listener go, as with a killed process.
    });
    let output = ssespec(&["check", &url, "--format", "json", "--for", "2s"]);
    server.join().expect("the server ends");
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(report["runs"][0]["target_died"], true);
    let outcome = |id: &str| {
        let checks = report["runs"][0]["checks"]
            .as_array()
            .expect("checks")
            .iter();
        checks
            .filter(|row| row["id"] == id)
            .map(|row| row["outcome"].clone())
            .next()
    };
    assert_eq!(
        outcome("lint/unknown-fields"),
        Some("warning".into()),
        "what came before is judged"
    );
    assert_eq!(
        outcome("http/framing-h1"),
        Some("not-observed".into()),
        "dying is not a fault of framing"
    );
}

#[test]
fn a_run_ends_and_stays_small_whatever_the_target_sends() {
    fn endless(mut stream: TcpStream, _: &[u8]) {
        let block = vec![b'x'; 1 << 16];
        while stream.write_all(&block).is_ok() {}
    }
    let url = serve(format!("{HEAD}data: ").into(), endless);
    let child = Command::new(env!("CARGO_BIN_EXE_ssespec"))
        .args(["check", &url, "--passive", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let output = child.wait_with_output().expect("it ends");
    assert!(matches!(output.status.code(), Some(0 | 1)));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let bytes = report["runs"][0]["effort"]["bytes"]
        .as_u64()
        .expect("a number");
    assert!(bytes <= 16 << 20, "{bytes} bytes were kept");
}

#[test]
fn a_baseline_makes_a_failure_known_and_a_stale_entry_fails() {
    let folder = std::env::temp_dir().join(format!("ssespec-baseline-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("known.toml");
    let path = file.to_str().expect("a path in UTF-8");
    let bad = serve(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\ndata: a\n\n"
            .to_vec(),
        close,
    );
    let good = serve(
        format!("{HEAD}retry: 3000\nid: 1\ndata: a\n\n").into(),
        close,
    );
    let check = |url: &str, more: &[&str]| {
        let mut arguments = vec!["check", url, "--passive", "--baseline", path];
        arguments.extend(more);
        ssespec(&arguments)
    };

    std::fs::write(
        &file,
        "# ours\n[known-failures]\n\"resp/content-type\" = \"the gateway rewrites it\"\n",
    )
    .expect("written");
    let known = check(&bad, &[]);
    assert_eq!(known.status.code(), Some(0), "{}", text(&known.stdout));
    assert!(text(&known.stdout).contains("the gateway rewrites it"));

    let stale = check(&good, &[]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(
        text(&stale.stdout).contains("stale        resp/content-type"),
        "{}",
        text(&stale.stdout)
    );

    let updated = check(&good, &["--baseline-update"]);
    assert_eq!(updated.status.code(), Some(0), "{}", text(&updated.stderr));
    let rewritten = std::fs::read_to_string(&file).expect("the baseline");
    assert!(
        rewritten.contains("# ours") && !rewritten.contains("resp/content-type"),
        "{rewritten}"
    );

    std::fs::write(&file, "\"resp/content-type\" = \"\"\n").expect("written");
    assert_eq!(
        check(&bad, &[]).status.code(),
        Some(2),
        "a reason is mandatory"
    );
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_value_in_the_place_of_its_variable_is_not_shown() {
    let output = ssespec(&[
        "check",
        "http://127.0.0.1:1/",
        "--other-session",
        "Cookie: sid=typed-secret",
    ]);
    let told = text(&output.stderr);
    assert!(told.contains("write NAME=VAR"), "{told}");
    assert!(!told.contains("typed-secret"), "{told}");
}

#[test]
fn secrets_do_not_reach_a_report() {
    fn echo(mut stream: TcpStream, request: &[u8]) {
        // A target that reflects everything, in lines that are worth a finding.
        let _ = stream.write_all(request);
        let _ = stream.write_all(b"\n\n");
    }
    let url = serve(HEAD.into(), echo) + "?access_token=query-secret-1";
    let output = Command::new(env!("CARGO_BIN_EXE_ssespec"))
        .args(["check", &url, "--passive", "-v", "--format", "json"])
        .args([
            "-H",
            "Authorization: Bearer header-secret-2",
            "--header-from-env",
            "X-Mine=SSESPEC_TEST_SECRET",
        ])
        .env("SSESPEC_TEST_SECRET", "env-secret-3")
        .output()
        .expect("the program can be started");
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(shown.contains("lint/unknown-fields"), "{shown}");
    for secret in ["query-secret-1", "header-secret-2", "env-secret-3"] {
        assert!(!shown.contains(secret), "{secret} is in:\n{shown}");
    }
}
