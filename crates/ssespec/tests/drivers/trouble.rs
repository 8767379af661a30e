//! Whatever a driver does, the conversation ends and says at which question.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::Trial;
use serde::Deserialize;
use ssespec::driver::{Answer, Driver, DriverError, How, Question, Trouble};

use super::{PLAY, dawdle, program, wait_for};

/// Long enough for a machine that does other things as well.
const PATIENT: Duration = Duration::from_secs(30);
const IMPATIENT: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Echo {
    case: String,
}

impl Answer for Echo {
    fn case(&self) -> &str {
        &self.case
    }
}

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        Trial::test(format!("trouble::{name}"), move || {
            test();
            Ok(())
        })
    };
    vec![
        trial("a_good_driver_answers_everything_in_order", in_order),
        trial("a_line_that_is_longer_than_a_pipe_arrives", long_lines),
        trial("a_crash_names_its_question_and_shows_stderr", crash),
        trial("silence_ends", silence),
        trial("garbage_is_shown_with_its_question", garbage),
        trial("an_answer_to_another_case_is_no_answer", other_case),
        trial("a_program_that_does_not_greet_is_no_driver", no_greeting),
        trial("a_program_that_is_not_there_is_named", not_there),
        trial("what_a_driver_has_started_ends_with_it", children),
        trial("an_answer_that_may_take_longer_is_waited_for", allowance),
    ]
}

/// The driver of one test: after its greeting it echoes, and misbehaves at the third question.
pub(crate) fn play(part: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let mut say = |text: &str| {
        // Who has gone away needs no answer.
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    };
    if let Some(port) = part.strip_prefix("hold-") {
        let port = port.parse::<u16>().expect("a port");
        let _held = std::net::TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
        loop {
            std::thread::park();
        }
    }
    if let Some(port) = part.strip_prefix("parent-") {
        leave_a_child(port);
    }
    if part == "mute" {
        say("Listening on stdin!");
        return ExitCode::SUCCESS;
    }
    say(r#"{"driver": 1, "name": "echo", "version": "7", "features": ["state"], "more": {}}"#);
    for (number, line) in std::io::stdin()
        .lock()
        .lines()
        .map_while(Result::ok)
        .enumerate()
    {
        match (part, number) {
            ("crash", 2) => {
                let _ = writeln!(std::io::stderr(), "thread 'main' panicked \u{1b}[31m");
                return ExitCode::from(101);
            }
            ("silence", 2) => loop {
                std::thread::park();
            },
            ("garbage", 2) => say("debug: \u{7}here"),
            ("other", 2) => say(r#"{"case": "0"}"#),
            ("slow", 2) => {
                dawdle(IMPATIENT + Duration::from_millis(500));
                say(&line);
            }
            _ => say(&line),
        }
    }
    ExitCode::SUCCESS
}

/// Starts a process that holds a connection to `port` for as long as it runs.
#[expect(
    clippy::zombie_processes,
    reason = "that nobody waits for it is what is tested"
)]
fn leave_a_child(port: &str) {
    let this = std::env::current_exe().expect("a test has a file");
    let child = std::process::Command::new(this)
        .args([PLAY, "trouble", &format!("hold-{port}")])
        .spawn();
    child.expect("the child starts");
}

/// Asks `count` questions; how many were answered, and what went wrong.
fn ask(part: &str, count: usize, padding: usize, patience: Duration) -> (usize, Option<Trouble>) {
    wait_for(async {
        let mut driver = Driver::start(&program(&["trouble", part]), patience)
            .await
            .expect("the driver starts");
        assert_eq!(driver.greeting().name.as_deref(), Some("echo"));
        assert!(driver.greeting().has("state"));
        let questions = (0..count).map(|number| Question {
            case: number.to_string(),
            line: format!(
                "{{\"case\": \"{number}\", \"padding\": \"{}\"}}\n",
                "x".repeat(padding)
            )
            .into_bytes(),
            allowance: Duration::ZERO,
        });
        let mut answered = 0;
        let outcome = driver
            .exchange(questions, |place, answer: Echo| {
                assert_eq!(answer.case, place.to_string());
                assert_eq!(place, answered);
                answered += 1;
            })
            .await;
        if outcome.is_ok() {
            driver.stop().await;
        }
        (answered, outcome.err())
    })
}

fn in_order() {
    assert_eq!(ask("echo", 20_000, 0, PATIENT), (20_000, None));
}

fn long_lines() {
    assert_eq!(ask("echo", 5, 1 << 20, PATIENT), (5, None));
}

/// A connection of the child is open for as long as it runs.
fn children() {
    use std::io::Read as _;
    for crashes in [false, true] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mut held = wait_for(async {
            let part = format!("parent-{port}");
            let driver = Driver::start(&program(&["trouble", &part]), PATIENT)
                .await
                .expect("the driver starts");
            let (held, _) = listener.accept().expect("the child connects");
            if crashes {
                drop(driver);
            } else {
                driver.stop().await;
            }
            held
        });
        held.set_read_timeout(Some(PATIENT)).expect("a time");
        let ended = held.read_to_end(&mut Vec::new());
        let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(
            matches!(&ended, Ok(0)) || ended.as_ref().is_err_and(reset),
            "{ended:?}"
        );
    }
}

fn allowance() {
    let slow = |allowance| {
        wait_for(async {
            let mut driver = Driver::start(&program(&["trouble", "slow"]), IMPATIENT)
                .await
                .expect("the driver starts");
            let questions = (0..4).map(|number| Question {
                case: number.to_string(),
                line: format!("{{\"case\": \"{number}\"}}\n").into_bytes(),
                allowance,
            });
            let mut answered = 0;
            let outcome = driver.exchange(questions, |_, _: Echo| answered += 1).await;
            (answered, outcome.is_ok())
        })
    };
    assert_eq!(slow(Duration::ZERO), (2, false));
    assert_eq!(slow(PATIENT), (4, true));
}

fn crash() {
    let (answered, trouble) = ask("crash", 2_000, 0, PATIENT);
    let trouble = trouble.expect("it crashed");
    assert_eq!((answered, trouble.question), (2, 2));
    assert!(
        matches!(&trouble.how, How::Ended(how) if how.contains("101")),
        "{trouble:?}"
    );
    assert!(trouble.tail.contains(r"panicked \u{1b}[31m"), "{trouble:?}");
}

fn silence() {
    let (answered, trouble) = ask("silence", 10, 0, IMPATIENT);
    let trouble = trouble.expect("it was silent");
    assert_eq!((answered, trouble.question), (2, 2));
    assert_eq!(trouble.how, How::Silent(IMPATIENT));
}

fn garbage() {
    let (answered, trouble) = ask("garbage", 10, 0, PATIENT);
    let trouble = trouble.expect("it printed garbage");
    assert_eq!((answered, trouble.question), (2, 2));
    assert!(
        trouble.how.to_string().contains(r"debug: \x07here"),
        "{trouble:?}"
    );
}

fn other_case() {
    let (answered, trouble) = ask("other", 10, 0, PATIENT);
    assert_eq!(answered, 2);
    assert!(matches!(
        trouble.expect("it answered another").how,
        How::Garbled(_)
    ));
}

fn no_greeting() {
    let error = wait_for(Driver::start(&program(&["trouble", "mute"]), PATIENT)).err();
    let error = error.expect("it is no driver").to_string();
    assert!(error.contains("Listening on stdin!"), "{error}");
    assert!(error.contains(r#"{"driver": 1"#), "{error}");
}

fn not_there() {
    let missing = ssespec::driver::Program::new(["./no-such-program"]);
    let error = wait_for(Driver::start(&missing, PATIENT)).err();
    assert!(
        matches!(error, Some(DriverError::Start { program, .. }) if program == "./no-such-program")
    );
}
