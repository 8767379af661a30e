//! What a target sends is shown, and never does anything to whoever reads it.

use crate::server::Server;
use crate::{report, ssespec, text};

/// A target that puts an escape of terminals wherever it can: into the reason of its status, header fields, names of fields, types, ids and data.
fn escaping(name: &str) -> Server {
    let (escape, c1, bidi) = ("\u{1b}]0;owned\u{7}\u{1b}[2J", "\u{9b}31m", "\u{202e}");
    Server::of(format!(
        "HTTP/1.1 200 {c1}OK{bidi}\r\nContent-Type: text/event-stream; charset={c1}{bidi}\r\nCache-Control: {c1}{bidi}public\r\n\
         X-Accel-Buffering: yes\r\nAccess-Control-Allow-Origin: {c1}{bidi}\r\nContent-Encoding: {name}\r\nConnection: close\r\n\r\n\
         event: error\ndata: {escape}{c1}{bidi}\n\nData{escape}{c1}{bidi}: x\nid: {escape}{c1}{bidi}\nretry: {escape}{c1}{bidi}\nevent: {escape}{bidi}\n\n\
         id: 1\ndata: x\n\nid: 1\ndata: {escape}{c1}{bidi}"
    ))
}

#[test]
fn nothing_that_moves_a_terminal_is_printed_in_any_format() {
    for coding in ["identity", "\u{9b}31m\u{202e}"] {
        let server = escaping(coding);
        for format in ["human", "json", "junit", "github"] {
            let output = ssespec(&[
                "check",
                &server.url,
                "-v",
                "--for",
                "1s",
                "--format",
                format,
            ]);
            let shown = text(&output.stdout) + &text(&output.stderr);
            assert!(shown.len() > 500, "{shown}");
            let raw: Vec<char> = shown
                .chars()
                .filter(|&character| {
                    (character.is_control() && character != '\n')
                        || ('\u{202a}'..='\u{202e}').contains(&character)
                        || ('\u{2066}'..='\u{2069}').contains(&character)
                })
                .collect();
            assert!(raw.is_empty(), "{format}: {raw:?} in\n{shown}");
        }
    }
}

#[test]
fn a_target_that_is_no_http_is_quoted_in_escapes() {
    let server = Server::of("\u{1b}[2J\u{9b}HTTP/0.9 nonsense\r\n\r\n");
    let output = ssespec(&["check", &server.url]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr)
            .chars()
            .all(|character| !character.is_control() || character == '\n')
    );
}

/// The published schema holds what is printed, and can tell what is not.
#[test]
fn the_report_in_json_is_what_its_schema_says() {
    let schema = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/generated/report.schema.json");
    let schema =
        serde_json::from_str(&std::fs::read_to_string(schema).expect("the schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut shown = report(&ssespec(&[
        "check",
        &escaping("identity").url,
        "--for",
        "1s",
        "--format",
        "json",
    ]));
    if let Err(error) = validator.validate(&shown) {
        panic!("{error}: {}", error.instance_path());
    }
    shown["runs"][0]["checks"][0]["outcome"] = "fine".into();
    assert!(!validator.is_valid(&shown));
}

#[test]
fn secrets_are_shown_in_no_format() {
    let server = Server::start(|stream, request| {
        // It reflects everything, in lines that are worth a finding, and in its head.
        let query = request.split(' ').nth(1).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset={query}\r\nCache-Control: max-age=9, x={query}\r\nConnection: close\r\n\r\n{request}\n\n"
        );
        let _ = std::io::Write::write_all(stream, answer.as_bytes());
    });
    let url = server
        .url
        .replace("http://", "http://user-name:pass-word-0@")
        + "?api_key=query-secret-1&q=x";
    for format in ["human", "json", "junit", "github"] {
        let output = ssespec(&[
            "check",
            &url,
            "-v",
            "--format",
            format,
            "--for",
            "1s",
            "-H",
            "Authorization: Bearer header-secret-2",
            "-H",
            "Cookie: session=cookie-secret-3",
            "-H",
            "X-Api-Key: key-secret-4",
        ]);
        let shown = text(&output.stdout) + &text(&output.stderr);
        assert!(shown.contains("lint/unknown-fields"), "{shown}");
        for secret in [
            "pass-word-0",
            "query-secret-1",
            "header-secret-2",
            "cookie-secret-3",
            "key-secret-4",
        ] {
            assert!(
                !shown.contains(secret),
                "{format}: {secret} is in:\n{shown}"
            );
        }
    }
}

/// A server that wants a user and a password, and shows what it got.
#[test]
fn a_user_in_the_url_goes_along_with_every_request_and_is_not_shown() {
    let secret = "dXMgZXI6cGFzcyt3b3JkIw==";
    let server = Server::start(move |stream, request| {
        let wanted = format!("authorization: basic {secret}").to_ascii_lowercase();
        let status = match request.to_ascii_lowercase().contains(&wanted) {
            true => "200 OK",
            false => "401 Unauthorized",
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {request}\n\n"
        );
        let _ = std::io::Write::write_all(stream, answer.as_bytes());
    });
    let url = server
        .url
        .replace("http://", "http://us%20er:pass+word%23@");
    let output = ssespec(&["check", &url, "-v", "--for", "1s"]);
    let without: Vec<_> = server
        .requests()
        .into_iter()
        .filter(|request| !request.contains(secret))
        .collect();
    // A preflight has no credentials.
    assert_eq!(without.len(), 1, "{without:?}");
    assert!(without[0].starts_with("OPTIONS "), "{without:?}");
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(shown.contains("http/cache"), "{shown}");
    for secret in [secret, "pass+word#", "pass+word%23"] {
        assert!(!shown.contains(secret), "{secret} is in:\n{shown}");
    }
}
