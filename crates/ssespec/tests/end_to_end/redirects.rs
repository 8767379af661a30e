//! Redirects: which are followed, how a chain that leads nowhere is told, and that credentials stay at their origin.

use std::io::Write as _;

use crate::server::{EVENTS, HEAD, Server};
use crate::{outcome, report, ssespec, text};

fn stream(answer: &mut std::net::TcpStream) {
    let _ = answer.write_all(format!("{HEAD}{EVENTS}").as_bytes());
}

/// A server whose `/events` sends everybody to `location` with this status.
fn redirecting(status: u16, location: &str) -> Server {
    let location = location.to_owned();
    Server::start(move |answer, request| {
        if request.split(' ').nth(1) == Some("/events") {
            let head = format!(
                "HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = answer.write_all(head.as_bytes());
        } else {
            stream(answer);
        }
    })
}

/// The lines of a request in lower case, without its content.
fn head(request: &str) -> String {
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    head.to_ascii_lowercase()
}

#[test]
fn every_redirect_that_a_fetch_follows_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        for location in ["/moved", "moved", "?elsewhere"] {
            let server = redirecting(status, location);
            let output = ssespec(&["check", &server.url, "--for", "1s", "--format", "json"]);
            let followed = outcome(&output, "redirect/follow");
            assert_eq!(followed.as_deref(), Some("passed"), "{status} {location}");
        }
    }
    for status in [300, 304, 305] {
        let server = redirecting(status, "/moved");
        let output = ssespec(&["check", &server.url, "--for", "1s", "--format", "json"]);
        assert_eq!(
            outcome(&output, "resp/ok").as_deref(),
            Some("failed"),
            "{status}"
        );
    }
}

#[test]
fn a_chain_that_leads_nowhere_ends_and_is_a_finding() {
    for location in [
        "/events",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[",
        "",
    ] {
        let server = redirecting(302, location);
        let output = ssespec(&["check", &server.url, "--for", "1s", "--format", "json"]);
        let status = output.status.code();
        assert_eq!(status, Some(1), "{location}: {}", text(&output.stdout));
        assert_eq!(
            outcome(&output, "resp/ok").as_deref(),
            Some("failed"),
            "{location}"
        );
    }
}

#[test]
fn credentials_are_never_carried_to_another_origin() {
    let elsewhere = Server::start(|answer, _| stream(answer));
    let server = redirecting(307, &elsewhere.url);
    let secret = "correct-horse-battery";
    let output = ssespec(&[
        "check",
        &server.url,
        "--for",
        "1s",
        "--format",
        "json",
        "-H",
        &format!("Authorization: Bearer {secret}"),
        "-H",
        &format!("Cookie: session={secret}"),
        "-H",
        &format!("X-Api-Key: {secret}"),
        "-H",
        "X-Harmless: yes",
    ]);
    assert!(!text(&output.stdout).contains(secret));
    let requests = report(&output)["runs"][0]["effort"]["requests"].as_u64();
    assert!(requests > Some(20), "all probes were made: {requests:?}");
    for request in server.requests() {
        assert!(request.contains(secret), "{request}");
    }
    let there = elsewhere.requests();
    assert!(there.len() > 20);
    for request in there {
        assert!(!request.contains(secret), "{request}");
    }
}

#[test]
fn credentials_stay_with_their_own_origin() {
    let server = redirecting(307, "/moved");
    let secret = "correct-horse-battery";
    let header = format!("Authorization: Bearer {secret}");
    ssespec(&["check", &server.url, "--for", "1s", "-H", &header]);
    let moved = server.requests();
    let asked = moved
        .iter()
        .filter(|request| request.starts_with("GET /moved"));
    assert!(asked.count() > 10);
    for request in moved.iter().filter(|request| request.starts_with("GET")) {
        assert!(request.contains(secret), "{request}");
    }
}

#[test]
fn a_redirect_makes_a_get_of_a_post_where_fetch_does() {
    for (status, method) in [
        (301, "get"),
        (302, "get"),
        (303, "get"),
        (307, "post"),
        (308, "post"),
    ] {
        let server = redirecting(status, "/moved");
        ssespec(&["check", &server.url, "--for", "1s", "--body", "content"]);
        let requests = server.requests();
        let moved: Vec<_> = requests
            .iter()
            .filter(|request| request.contains(" /moved "))
            .collect();
        let [moved] = moved[..] else {
            panic!("{status}: {requests:?}");
        };
        assert!(head(moved).starts_with(method), "{status}: {moved}");
        assert_eq!(
            moved.ends_with("content"),
            method == "post",
            "{status}: {moved}"
        );
    }
}
