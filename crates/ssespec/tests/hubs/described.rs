//! A hub by its description, as the command line takes it.

use std::path::PathBuf;

use serde_json::Value;

use crate::server::Server;

/// A description in a folder of its own, which is removed in the end.
struct Described(PathBuf);

impl Described {
    fn new(name: &str, text: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("ssespec-hub-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("target.toml"), text).expect("a file");
        Self(folder)
    }

    async fn judge(&self, options: &[&str]) -> std::process::Output {
        tokio::process::Command::new(env!("CARGO_BIN_EXE_ssespec"))
            .args(["check", "--format", "json", "--for", "2s", "--target"])
            .arg(self.0.join("target.toml"))
            .args(options)
            .output()
            .await
            .expect("it starts")
    }
}

impl Drop for Described {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn description(server: &Server, more: &str) -> String {
    let address = server.address;
    format!(
        r#"role = "server"
name = "a hub"
url = "http://{address}/sub/{{topic}}"

[publish]
url = "http://{address}/pub/{{topic}}"
body = '{{"event": "{{event}}", "data": "{{data}}", "retry": {{retry}}}}'

[behaviour]
ids = "server"
replay = "since-id"
capabilities = ["event", "retry"]
{more}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_is_judged_by_its_description() {
    let server = Server::start(&["no replay"]).await;
    let described = Described::new("judged", &description(&server, ""));
    let output = described
        .judge(&["--only", "hub/*", "--only", "srv/utf8"])
        .await;
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = report["runs"][0]["checks"].as_array().expect("rows");
    let outcome = |id: &str| {
        let row = rows.iter().find(|row| row["id"] == id).expect("a row");
        row["outcome"].as_str().expect("an outcome").to_owned()
    };
    assert_eq!(output.status.code(), Some(1), "{rows:#?}");
    assert_eq!(outcome("hub/replay"), "failed");
    for passed in [
        "hub/deliver",
        "hub/fan-out",
        "hub/ids",
        "hub/topics",
        "hub/capabilities",
    ] {
        assert_eq!(outcome(passed), "passed", "{passed}");
    }
    // What is watched is published to, so that there is something to see.
    assert_eq!(outcome("srv/utf8"), "passed", "{rows:#?}");
    // It is not ours to stop.
    assert_eq!(outcome("hub/restart"), "not-observed");

    let known = "[known-failures]\n\"hub/replay\" = { reason = \"it keeps nothing\", starts-with = \"after Last-Event-ID\" }\n";
    let described = Described::new("known", &description(&server, known));
    let output = described.judge(&["--only", "hub/replay"]).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_description_is_named() {
    let server = Server::start(&[]).await;
    let right = description(&server, "");
    for (from, to, told) in [
        ("{data}", "data", "publish has no {data}"),
        (
            "\"server\"\nreplay",
            "\"publisher\"\nreplay",
            "publish has no {id}",
        ),
        ("since-id", "sinceid", "since-id"),
    ] {
        let wrong = right.replace(from, to);
        let described = Described::new("wrong", &wrong);
        let output = described.judge(&[]).await;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(told), "{complaint}");
        assert!(complaint.contains("target.toml"), "{complaint}");
    }
}
