//! What the loader refuses, and what it says.

use std::time::Duration;

use sse_fixtures::{
    BodyPart, End, Fixture, ReadyState, Refusal, ScriptStep, Scripted, Section, Step, StepKind,
};

const TOP: &str = "# A thing.\n\n";

fn refusal(text: &str) -> String {
    Fixture::parse("a/b/c.fixture", text)
        .unwrap_err()
        .to_string()
}

fn accepted(text: &str) -> Fixture {
    Fixture::parse("a/b/c.fixture", text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn refusals_name_the_place_and_the_way_out() {
    let cases = [
        (
            "",
            "a/b/c.fixture:1: no summary; start with `# ` and a sentence on what this shows",
        ),
        (
            "# A thing.\n",
            "a/b/c.fixture:2: nothing that goes over the wire; add `--- stream`, `--- response` or `--- script`",
        ),
        (
            "# A thing.\n\n--- stream\na\tb\n",
            r"a/b/c.fixture:4: the raw control character U+0009; write `\x09`, or `\u0009` in JSON",
        ),
        (
            "# A thing.\n\n--- stream\na\r\n",
            r"a/b/c.fixture:4: a raw carriage return; end lines with a line feed alone; write `\r` for a byte",
        ),
        (
            "# A thing.\n\n--- stream\n\u{1f602}\n",
            r"a/b/c.fixture:4: the character U+1F602, which is not ASCII; write `\xf0\x9f\x98\x82`, or `\ud83d\ude02` in JSON",
        ),
        (
            "# A thing.\n\n--- stream\ndata: \n",
            r"a/b/c.fixture:4: white space at the end of the line; delete it, or write `\x20` for a byte",
        ),
        (
            "# A thing.\n\n--- stream\n\\0\n",
            r"a/b/c.fixture:4: unknown escape `\0`; write one of `\n`, `\r`, `\\`, `\xHH`, `\|`",
        ),
        (
            "# A thing.\n\n--- stream\n\\x0\n",
            r"a/b/c.fixture:4: `\x` without two hexadecimal digits; write two, as in `\x00`",
        ),
        (
            "# A thing.\n# from: a\n# More.\n--- stream\n",
            "a/b/c.fixture:3: a line of the summary below `# from:`; write the summary first",
        ),
        (
            "A thing.\n--- stream\n",
            "a/b/c.fixture:1: `A thing.` before the first section; \
             start with `# `, a sentence on what this shows, then `--- stream`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(text), expected);
    }
}

#[test]
fn a_section_says_what_it_holds() {
    let cases = [
        ("--- streams\n", 3, "`--- streams`"),
        ("---stream\n", 3, "`---stream`"),
        ("--- wait\n", 3, "`--- wait`"),
        ("--- wait 1s\n", 3, "`--- wait 1s`"),
        (
            "--- reset\nx\n",
            4,
            "`x` in `--- reset`, which has no content",
        ),
        ("--- response\n", 3, "`nothing` for a status"),
        ("--- response\n99\n", 4, "`99` for a status"),
        ("--- response\n+200\n", 4, "`+200` for a status"),
        (
            "--- response\n200\nContent-Type text/plain\n",
            5,
            "`Content-Type text/plain`",
        ),
        ("--- response\n200\nA:b\n", 5, "`A:b`"),
        (
            "--- response\n200\nA: \\|b\n",
            5,
            r"a chunk edge `\|` outside of a stream",
        ),
        ("--- request\n!A: b\n", 4, "`!A: b`"),
        ("--- steps\nopen 1\n", 4, "`open 1`"),
        ("--- steps\nclose CLOSED\n", 4, "`close CLOSED`"),
        ("--- verdict\nwarn a/b\n", 4, "`warn a/b`"),
        ("--- verdict\npass a\n", 4, "`pass a`"),
        ("--- events\n\n--- events\n", 5, "a second `--- events`"),
        ("--- state\n", 3, "0 lines in `--- state`"),
        ("--- state\n{}\n{}\n", 3, "2 lines in `--- state`"),
        ("--- script\n", 3, "a script without a step"),
        (
            "--- script\n{\"data\": \"a\"}\n\n--- script\n",
            6,
            "a script without a step",
        ),
        (
            "--- script\n{\"data\": \"a\"}\n\n--- stream\n",
            7,
            "a script beside `--- stream` or `--- response`",
        ),
    ];
    for (text, line, found) in cases {
        let error = Fixture::parse("a/b/c.fixture", &format!("{TOP}{text}")).unwrap_err();
        assert_eq!((error.line(), error.found()), (line, found));
        assert!(!error.instead().is_empty());
    }
}

#[test]
fn an_event_is_one_object_of_known_members() {
    let cases = [
        (r#"{"type": null}"#, "invalid type: null, expected a string"),
        (r#"{"id": "1"}"#, "unknown field `id`"),
        (r#"{"data": "a", "data": "b"}"#, "duplicate field `data`"),
        (r#"{"data": "a"} {"data": "b"}"#, "trailing characters"),
        (r#"{"data": "\ud800"}"#, "unexpected end of hex escape"),
        (r#"["message"]"#, "not an object"),
    ];
    for (object, reason) in cases {
        let text = format!("{TOP}--- stream\n\n--- events\n{object}\n");
        let error = refusal(&text);
        assert!(
            error.starts_with("a/b/c.fixture:6: ") && error.contains(reason),
            "{error}"
        );
    }
}

#[test]
fn a_step_of_a_script_is_one_thing() {
    let cases = [
        ("{}", "a step without any member"),
        (
            r#"{"data": "a", "comment": "b"}"#,
            "a step is an event, a comment or a wait, and only one of them",
        ),
        (
            r#"{"comment": "b", "wait_ms": 1}"#,
            "a step is an event, a comment or a wait, and only one of them",
        ),
        (r#"{"retry": -1}"#, "invalid value: integer `-1`"),
        (r#"{"retry": "1"}"#, "invalid type: string"),
        (r#"{"type": "x"}"#, "unknown field `type`"),
        (r#"can-refuse {"data": "a"}"#, "not an object"),
        (r#"may-refuse  {"data": "a"}"#, "not an object"),
        ("must-refuse", "not an object"),
    ];
    for (step, reason) in cases {
        let error = refusal(&format!("{TOP}--- script\n{step}\n"));
        assert!(
            error.starts_with("a/b/c.fixture:4: ") && error.contains(reason),
            "{error}"
        );
    }
}

#[test]
fn a_script_says_what_may_be_refused() {
    let text = r#"# A thing.

--- script
{"event": "x", "id": "1", "retry": 20, "data": "a\nb"}
may-refuse {"comment": "\u0000"}
must-refuse {"id": "\n", "data": ""}
{"wait_ms": 150}

--- events
{"type": "x", "data": "a\nb", "lastEventId": "1"}
"#;
    let fixture = accepted(text);
    let text = |text: &str| Some(text.to_owned());
    let scripted = |step, refusal| Scripted { step, refusal };
    let expected = [
        scripted(
            ScriptStep::Event {
                event: text("x"),
                id: text("1"),
                retry: Some(20),
                data: text("a\nb"),
            },
            Refusal::Defect,
        ),
        scripted(ScriptStep::Comment("\0".to_owned()), Refusal::Allowed),
        scripted(
            ScriptStep::Event {
                event: None,
                id: text("\n"),
                retry: None,
                data: text(""),
            },
            Refusal::Required,
        ),
        scripted(
            ScriptStep::Wait(Duration::from_millis(150)),
            Refusal::Defect,
        ),
    ];
    assert_eq!(fixture.script(), Some(&expected[..]));
    assert!(!fixture.is_stream());
    assert_eq!(accepted(&fixture.to_text()), fixture);

    let steps: Vec<&ScriptStep> = expected.iter().map(|scripted| &scripted.step).collect();
    assert_eq!(
        serde_json::to_string(&steps).unwrap(),
        r#"[{"event":"x","id":"1","retry":20,"data":"a\nb"},{"comment":"\u0000"},{"id":"\n","data":""},{"wait_ms":150}]"#
    );
}

#[test]
fn a_path_names_the_check_and_the_fixture() {
    let text = "# A thing.\n\n--- stream\n";
    for path in [
        "x/y/field/id-null/nul.fixture",
        r"C:\x\field\id-null\nul.fixture",
    ] {
        let fixture = Fixture::parse(path, text).unwrap();
        assert_eq!(fixture.id, "field/id-null/nul");
        assert_eq!(fixture.check, "field/id-null");
        assert_eq!(fixture.name, "nul");
        assert_eq!(fixture.path, path);
    }
    for path in [
        "nul.fixture",
        "id-null/nul.fixture",
        "a/b/c.txt",
        "a/b/C.fixture",
        "a/b c/d.fixture",
        "a//d.fixture",
    ] {
        let error = Fixture::parse(path, text).unwrap_err();
        assert_eq!(error.found(), format!("the path `{path}`"));
    }
}

#[test]
fn absent_null_and_empty_are_told_apart() {
    let state = |object: &str| {
        let text = format!("{TOP}--- stream\n\n--- state\n{object}\n");
        let fixture = accepted(&text);
        let state = fixture.state().unwrap();
        (state.last_event_id.clone(), state.reconnection_time)
    };
    assert_eq!(state("{}"), (None, None));
    assert_eq!(
        state(r#"{"lastEventId": null, "reconnectionTime": null}"#),
        (Some(None), Some(None))
    );
    assert_eq!(
        state(r#"{"lastEventId": ""}"#),
        (Some(Some(String::new())), None)
    );
    assert_eq!(state(r#"{"reconnectionTime": 0}"#), (None, Some(Some(0))));

    assert_eq!(accepted(&format!("{TOP}--- stream\n")).events(), None);
    assert_eq!(
        accepted(&format!("{TOP}--- stream\n\n--- events\n")).events(),
        Some(&[][..])
    );
}

#[test]
fn line_breaks_of_the_file_are_layout() {
    let fixture =
        accepted("# A\n# thing.\n# from: x\n# from: y\n--- stream\nda\\|ta\n\n: a\\n\\\\\n # \\|");
    assert_eq!(fixture.summary, "A thing.");
    assert_eq!(fixture.from, ["x", "y"]);
    let stream = fixture.stream().unwrap();
    assert_eq!(stream.bytes, b"data: a\n\\ # ");
    assert_eq!(stream.cuts, [2, 12]);
}

#[test]
fn a_session_is_a_list_of_connections() {
    let text = "# A thing.\n
--- stream\nid: 1\\n\n
--- wait 200
--- stream\n\\n\n
--- request\nLast-Event-ID: \\xe2\\x80\\xa6\n!Origin\n
--- response\n503\nRetry-After: 1\nX:\n
--- response\n204\n
--- stream\na\\n\n
--- reset
--- stream\nb\\n\n
--- steps\nopen OPEN\nerror CONNECTING\nevent OPEN\nerror CLOSED\n";
    let fixture = accepted(text);
    assert!(!fixture.is_stream());
    assert_eq!(fixture.stream(), None);

    let connections = fixture.connections();
    let bytes = |part: &BodyPart<'_>| match part {
        BodyPart::Stream(stream) => String::from_utf8(stream.bytes.clone()).unwrap(),
        BodyPart::Wait(duration) => format!("{duration:?}"),
    };
    let seen: Vec<_> = connections
        .iter()
        .map(|c| {
            let headers = c.headers.map(<[_]>::len);
            let body: Vec<String> = c.body.iter().map(bytes).collect();
            (c.status, c.expect.len(), headers, body, c.end)
        })
        .collect();
    let strings = |parts: &[&str]| {
        parts
            .iter()
            .map(|part| (*part).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        seen,
        [
            (
                200,
                0,
                None,
                strings(&["id: 1\n", "200ms", "\n"]),
                End::Complete
            ),
            (503, 2, Some(2), strings(&[]), End::Complete),
            (204, 0, Some(0), strings(&["a\n"]), End::Reset),
            (200, 0, None, strings(&["b\n"]), End::Complete),
        ]
    );
    let expected = [
        ("Last-Event-ID".to_owned(), Some("\u{2026}".into())),
        ("Origin".to_owned(), None),
    ];
    assert_eq!(connections[1].expect, expected);
    assert_eq!(
        fixture.sections[1],
        Section::Wait(Duration::from_millis(200))
    );
    let step = |kind, ready_state| Step { kind, ready_state };
    assert_eq!(
        fixture.steps().unwrap(),
        [
            step(StepKind::Open, ReadyState::Open),
            step(StepKind::Error, ReadyState::Connecting),
            step(StepKind::Event, ReadyState::Open),
            step(StepKind::Error, ReadyState::Closed),
        ]
    );
}
