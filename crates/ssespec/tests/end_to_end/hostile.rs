//! Targets that send too much, too little, or never end: a run ends all the same, and stays small.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Output};
use std::thread;

use crate::server::{HEAD, Server, wait_for_the_end};
use crate::{command, ended, ssespec, text};

/// Judges `server` in a hurry.
fn hurried(server: &Server, more: &[&str]) -> Output {
    let hurry = [
        "check",
        &server.url,
        "--for",
        "300ms",
        "--timeout-scale",
        "0.2",
    ];
    ssespec(&[&hurry[..], more].concat())
}

/// Writes `piece` until the client leaves.
fn endless(stream: &mut TcpStream, piece: &[u8]) {
    let many = piece.repeat((1 << 16) / piece.len());
    while stream.write_all(&many).is_ok() {}
}

#[test]
fn a_run_always_ends() {
    type Answer = fn(&mut TcpStream, &str);
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let targets: &[(&str, Answer, &[i32])] = &[
        (
            "nothing behind the head",
            |stream, _| {
                let _ = stream.write_all(HEAD.as_bytes());
                wait_for_the_end(stream);
            },
            &[0],
        ),
        (
            "never an answer",
            |stream, _| wait_for_the_end(stream),
            &[3],
        ),
        ("hangs up", |_, _| {}, &[3]),
        (
            "a byte now and then",
            |stream, _| {
                let _ = stream.write_all(HEAD.as_bytes());
                let _ = stream.set_read_timeout(Some(std::time::Duration::from_millis(300)));
                for byte in b"data: slow\n\n".iter().cycle() {
                    // Waits for the client to leave, for a while.
                    let _ = std::io::Read::read(stream, &mut [0]);
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                }
            },
            &[0, 1],
        ),
        (
            "a line without end",
            |stream, _| {
                let _ = stream.write_all(HEAD.as_bytes());
                endless(stream, b"data: ");
            },
            &[0, 1],
        ),
        (
            "blank lines",
            |stream, _| {
                let _ = stream.write_all(HEAD.as_bytes());
                endless(stream, b"\n");
            },
            &[0, 1],
        ),
        (
            "tiny events",
            |stream, _| {
                let _ = stream.write_all(HEAD.as_bytes());
                endless(stream, b"data\n\n");
            },
            &[0, 1],
        ),
        (
            "one event without end",
            |stream, _| {
                let _ = stream.write_all(HEAD.as_bytes());
                endless(stream, b"data: x\n");
            },
            &[0, 1],
        ),
        (
            "chunks of one byte",
            |stream, _| {
                let _ = stream.write_all(CHUNKED);
                endless(stream, b"1\r\n:\r\n");
            },
            &[0, 1],
        ),
        (
            "a chunk size without end",
            |stream, _| {
                let _ = stream.write_all(CHUNKED);
                endless(stream, b"0");
            },
            &[1],
        ),
        (
            "header fields without end",
            |stream, _| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                endless(
                    stream,
                    b"X-Padding: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
                );
            },
            &[3],
        ),
        (
            "a header field without end",
            |stream, _| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Padding: ");
                endless(stream, b"a");
            },
            &[3],
        ),
        (
            "a status line without end",
            |stream, _| endless(stream, b"HTTP/1.1 200 OK"),
            &[3],
        ),
        (
            "100 Continue without end",
            |stream, _| {
                endless(stream, b"HTTP/1.1 100 Continue\r\n\r\n");
            },
            &[3],
        ),
        (
            "redirects without end",
            |stream, request| {
                let path = request.split(' ').nth(1).unwrap_or_default();
                let answer =
                    format!("HTTP/1.1 302 Found\r\nLocation: {path}x\r\nContent-Length: 0\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes());
            },
            &[1],
        ),
    ];
    thread::scope(|scope| {
        for (what, answer, codes) in targets {
            scope.spawn(move || {
                let output = hurried(&Server::start(answer), &[]);
                let code = output.status.code().unwrap_or(-1);
                let said = text(&output.stdout) + &text(&output.stderr);
                assert!(codes.contains(&code), "{what}: ended with {code}\n{said}");
                assert!(!said.contains("panicked"), "{what}: {said}");
            });
        }
    });
}

/// The most memory that a run may take, in KiB: 64 MiB.
const MOST_KIB: u64 = 64 << 10;

#[cfg(target_os = "linux")]
#[test]
fn a_target_cannot_fill_the_memory() {
    type Answer = fn(&mut TcpStream, &str);
    let targets: &[(&str, Answer)] = &[
        ("line", |stream, _| {
            let _ = stream.write_all(HEAD.as_bytes());
            endless(stream, b"data: ");
        }),
        ("events", |stream, _| {
            let _ = stream.write_all(HEAD.as_bytes());
            endless(stream, b"id: 1\ndata: x\n\n");
        }),
        ("lines", |stream, _| {
            let _ = stream.write_all(HEAD.as_bytes());
            endless(stream, b":\n");
        }),
        ("head", |stream, _| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
            endless(stream, b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
        }),
    ];
    thread::scope(|scope| {
        for (what, answer) in targets {
            scope.spawn(move || {
                let most = most_memory(what, &Server::start(answer));
                assert!((1..MOST_KIB).contains(&most), "{what}: {most} KiB");
            });
        }
    });
}

/// The most memory that a run over `server` takes until all is judged, in KiB.
///
/// The run writes a report into a pipe, and then has to wait for somebody to read another one: all is judged then, and it is still alive.
fn most_memory(what: &str, server: &Server) -> u64 {
    let folder = std::env::temp_dir().join(format!("ssespec-{what}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let pipes = ["first", "second"].map(|name| folder.join(name));
    for pipe in &pipes {
        let made = Command::new("mkfifo").arg(pipe).status();
        assert!(made.expect("mkfifo is there").success());
    }
    let reports = pipes
        .each_ref()
        .map(|pipe| format!("json={}", pipe.display()));
    let run = command(&["check", &server.url, "--for", "2s"])
        .args(["--report", &reports[0], "--report", &reports[1]])
        .spawn()
        .expect("the program can be started");
    let status = format!("/proc/{}/status", run.id());
    // A target that is of no use is not reported: the run is over by then.
    let waiting = thread::spawn({
        let first = pipes[0].clone();
        move || std::fs::read(first)
    });
    let mut most = 0;
    loop {
        let status =
            std::fs::read_to_string(&status).expect("a run is there until it is waited for");
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        // Over, and not waited for yet, there is none: only a run over what cannot be judged gets there.
        let Some(now) = field("VmHWM:") else { break };
        most = now;
        if most >= MOST_KIB || waiting.is_finished() {
            break;
        }
        thread::yield_now();
    }
    if waiting.is_finished() {
        let _ = std::fs::read(&pipes[1]);
    } else {
        // Nobody has written to the first pipe: whoever waits for it is let go.
        let _ = std::fs::OpenOptions::new().write(true).open(&pipes[0]);
    }
    ended(run);
    std::fs::remove_dir_all(&folder).expect("removed");
    most
}
