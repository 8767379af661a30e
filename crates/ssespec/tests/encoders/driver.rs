//! The driver under test: the encoder of `encode.rs`, and what a driver itself can get wrong.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::wrong_encoder::{Answer, Has, write};

/// The first argument of the program under test; its traits follow.
pub(crate) const PLAY: &str = "play";

pub(crate) fn play(traits: &[String]) -> ExitCode {
    let traits = Has::new(traits.iter().map(String::as_str));
    let mut out = std::io::stdout().lock();
    let mut say = |value: &Value| {
        // Who has gone away needs no answer.
        let _ = writeln!(out, "{value}").and_then(|()| out.flush());
    };
    say(&json!({"driver": 1, "name": "mutant", "version": "1", "features": []}));
    let lines = std::io::stdin().lock().lines().map_while(Result::ok);
    for line in lines {
        let question: Value = serde_json::from_str(&line).expect("a question is JSON");
        let steps = question["script"].as_array().expect("a script is a list");
        let done = steps.iter().any(|step| step["data"] == "[DONE]");
        if done && traits.has("crashes") {
            let _ = writeln!(std::io::stderr(), "thread panicked at '[DONE]'");
            return ExitCode::from(101);
        }
        while done && traits.has("hangs") {
            std::thread::park();
        }
        let mut answer = match () {
            () if done && traits.has("bytes are no Base64") => json!({"bytes": "***"}),
            () if done && traits.has("says nothing") => json!({}),
            () => encoded(&traits, steps),
        };
        answer["case"] = question["case"].clone();
        say(&answer);
    }
    ExitCode::SUCCESS
}

fn encoded(traits: &Has, steps: &[Value]) -> Value {
    let mut bytes = Vec::new();
    let mut kind = Value::Null;
    if traits.has("own start") {
        bytes.extend_from_slice(b"retry: 3000\n: welcome\n\n");
    }
    if traits.has("byte order mark") {
        bytes.extend_from_slice(b"\xEF\xBB\xBF");
    }
    for (index, step) in steps.iter().enumerate() {
        let mut step = step.clone();
        if traits.has("type stays") {
            if step.get("event").is_some() {
                kind = step["event"].clone();
            } else if step.get("data").is_some() && !kind.is_null() {
                step["event"] = kind.clone();
            }
        }
        if traits.has("loses 7 behind \u{e9}")
            && let Some(data) = step.get("data").and_then(Value::as_str)
        {
            step["data"] = data.replace("\u{e9}7", "\u{e9}").into();
        }
        match write(traits, index, &step) {
            Answer::Written(event) => {
                if traits.has("byte order marks") {
                    bytes.extend_from_slice(b"\xEF\xBB\xBF");
                }
                bytes.extend_from_slice(&event);
                if traits.has("doubles") && step.get("id").is_some() {
                    bytes.extend_from_slice(&event);
                }
            }
            Answer::Refused => return json!({"refused": "no"}),
            Answer::Unsupported => return json!({"unsupported": "no such thing"}),
            Answer::Panics => return json!({}),
        }
    }
    if traits.has("no last blank line") {
        bytes.pop();
    }
    json!({"bytes": STANDARD.encode(bytes)})
}
