//! Two addresses of one stream: the reference server, and a proxy before it that buffers and rewrites.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::{command, ended, report, ssespec, text};

/// How long the proxy gathers before it passes on.
const GATHERING: Duration = Duration::from_millis(900);

/// A proxy before `origin`: it takes `Cache-Control` away, adds `Via`, and gathers.
fn proxy(origin: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let origin = TcpStream::connect(&origin).expect("the origin is there");
            thread::spawn(move || forward(&client, &origin));
        }
    });
    format!("http://{address}/events")
}

fn forward(client: &TcpStream, origin: &TcpStream) {
    let (mut from, mut to) = (
        client.try_clone().expect("a socket"),
        origin.try_clone().expect("a socket"),
    );
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut origin, mut client) = (origin, client);
    let mut gathered = Vec::new();
    let mut buffer = [0; 4096];
    // Each read waits for as long as the proxy gathers, or until there is something.
    origin
        .set_read_timeout(Some(GATHERING / 10))
        .expect("a time");
    let mut rounds = 0;
    loop {
        let read = origin.read(&mut buffer);
        if let Ok(count) = read {
            gathered.extend_from_slice(&buffer[..count]);
        }
        rounds += 1;
        let over = matches!(read, Ok(0));
        if over || rounds >= 12 {
            rounds = 0;
            let passed = rewritten(&std::mem::take(&mut gathered));
            if client.write_all(&passed).is_err() || over {
                let _ = client.shutdown(Shutdown::Both);
                let _ = origin.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}

/// The same without `Cache-Control` and with `Via`, where it is the head of a response.
fn rewritten(bytes: &[u8]) -> Vec<u8> {
    let Some(end) = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .filter(|_| bytes.starts_with(b"HTTP/1."))
    else {
        return bytes.to_vec();
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let kept: Vec<_> = head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("cache-control"))
        .collect();
    let head = format!("{}\r\nVia: 1.1 edge", kept.join("\r\n"));
    [head.as_bytes(), &bytes[end..]].concat()
}

#[test]
fn what_a_proxy_does_is_told_as_its_doing() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let reference = runtime
        .block_on(ssespec::reference::start())
        .expect("a free port");
    let url = reference.url().to_string();
    let edge = proxy(reference.url().authority().to_owned());
    let arguments = [
        "check",
        &url,
        "--compare",
        &edge,
        "--for",
        "3s",
        "--only",
        "http/cache",
        "--only",
        "srv/utf8",
        "--format",
        "json",
    ];
    let output = ssespec(&arguments);
    let report = report(&output);
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(2));
    let comparison = &report["comparison"];
    assert_eq!(comparison["origin"], url.as_str());
    assert_eq!(comparison["other"], edge.as_str());
    let differences = comparison["differences"].as_array().expect("differences");
    for (what, origin, other) in [
        ("header cache-control", "no-cache", "absent"),
        ("header via", "absent", "1.1 edge"),
        ("check http/cache", "passed", ""),
        ("how events arrive", "arrivals", "arrivals"),
    ] {
        let told = differences
            .iter()
            .find(|difference| difference["what"] == what);
        let told = told.unwrap_or_else(|| panic!("{what}: {comparison:#}"));
        let is =
            |side: &str, part: &str| told[side].as_str().is_some_and(|text| text.contains(part));
        assert!(is("origin", origin) && is("other", other), "{told}");
        assert_eq!(told["by"], "other", "{told}");
    }
    let mut shown = arguments;
    shown[11] = "human";
    let shown = text(&ssespec(&shown).stdout);
    for part in [
        "what differs between the two",
        "differs      header via",
        "by        the other address",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    runtime.block_on(reference.stop());
}

#[test]
fn an_address_that_does_not_answer_is_told_beside_the_one_that_does() {
    let server =
        crate::server::Server::of(format!("{}{}", crate::server::HEAD, crate::server::EVENTS));
    let silent = crate::server::Server::start(|stream, _| crate::server::wait_for_the_end(stream));
    let arguments = [
        "check",
        &server.url,
        "--compare",
        &silent.url,
        "--only",
        "lint/*",
        "--timeout-scale",
        "0.1",
        "--format",
        "json",
    ];
    let output = ssespec(&arguments);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let difference = &report(&output)["comparison"]["differences"][0];
    assert_eq!(difference["what"], "response head");
    assert!(
        difference["origin"]
            .as_str()
            .is_some_and(|text| text.starts_with("status 200"))
    );
    assert_eq!(difference["other"], "no response head before the deadline");
}

#[test]
fn the_same_address_twice_differs_in_nothing() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let reference = runtime
        .block_on(ssespec::reference::start())
        .expect("a free port");
    let url = reference.url().to_string();
    let output = ssespec(&[
        "check",
        &url,
        "--compare",
        &url,
        "--for",
        "2s",
        "--passive",
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        report(&output)["comparison"]["differences"],
        serde_json::json!([])
    );
    runtime.block_on(reference.stop());
}

#[test]
fn the_credentials_of_another_session_are_used_and_never_shown() {
    let server = crate::server::Server::start(|stream, request| {
        let whose = if request.contains("s3ss10n-of-others") {
            "theirs"
        } else {
            "ours"
        };
        let events = format!("id: 1\ndata: a of {whose}\n\nid: 2\ndata: s3ss10n-of-others\n\n");
        let _ = stream.write_all(format!("{}{events}", crate::server::HEAD).as_bytes());
        crate::server::wait_for_the_end(stream);
    });
    let run = command(&[
        "check",
        &server.url,
        "--for",
        "1s",
        "-v",
        "--format",
        "json",
    ])
    .args([
        "--other-session",
        "Cookie=SSESPEC_TEST_OTHER",
        "-H",
        "Cookie: ours-own-cookie",
    ])
    .env("SSESPEC_TEST_OTHER", "sid=s3ss10n-of-others")
    .spawn();
    let output = ended(run.expect("the program can be started"));
    assert!(
        !text(&output.stdout).contains("s3ss10n"),
        "{}",
        text(&output.stdout)
    );
    let requests = server.requests();
    let others: Vec<_> = requests
        .iter()
        .filter(|request| request.contains("s3ss10n"))
        .collect();
    assert_eq!(
        others.len(),
        2,
        "one to read, one to ask for what is not theirs"
    );
    assert!(
        others
            .iter()
            .all(|request| !request.contains("ours-own-cookie"))
    );
    let output = ssespec(&["check", &server.url, "--other-session", "Cookie"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--other-session: write NAME=VAR"));
}
