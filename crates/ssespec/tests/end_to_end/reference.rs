//! The server of `sse-server` with all that it has: events in a file, TLS, HTTP/2, gzip. Nothing is found in it, not even advice.

use std::time::Duration;

use sse_encoder::Event;
use sse_server::{Hub, Server, Settings, Tls, Topic};
use tokio::runtime::Runtime;

use crate::{outcome, ssespec, text};

async fn publish(topic: Topic) {
    for number in 0_u32.. {
        let text = format!("{number}: one line\nand another");
        let stored = topic.publish_stored(Event::new().event("number").data(&text));
        stored.await.expect("it is stored");
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

#[test]
fn the_reference_server_with_all_its_features_has_nothing_to_find_fault_with() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let made = made.expect("it can be made");
    let certificate = folder.path().join("certificate.pem");
    std::fs::write(&certificate, made.cert.pem()).expect("it can be written");
    let tls = Tls::from_pem(
        made.cert.pem().as_bytes(),
        made.signing_key.serialize_pem().as_bytes(),
    );
    let tls = tls.expect("they belong together");
    let mut settings = Settings::default();
    settings.gzip = true;
    let hub = Hub::open(settings, folder.path().join("events")).expect("it can be opened");
    let topic = hub.topic("events");
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime
        .block_on(Server::builder(hub).tls(tls).bind("127.0.0.1:0"))
        .expect("a port is free");
    runtime.spawn(publish(topic));

    let url = format!("https://localhost:{}/events", server.address().port());
    let usual = [
        "check",
        &url,
        "--resolve",
        "localhost:127.0.0.1",
        "--cacert",
        certificate.to_str().expect("UTF-8"),
        "--for",
        "2s",
        "--profile",
        "realtime",
        "--strict",
        "--format",
        "json",
    ];
    for version in ["--http2", "--http1.1"] {
        let output = ssespec(&[&usual[..], &[version]].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{version}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        for id in ["http/content-encoding", "srv/resume-exact"] {
            assert_eq!(
                outcome(&output, id).as_deref(),
                Some("passed"),
                "{version} {id}"
            );
        }
    }
}
