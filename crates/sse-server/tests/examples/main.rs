//! The examples, each opened in a browser: events arrive, and when the server was killed and started again the page goes on, with nothing
//! lost and nothing twice.
//!
//! `crates/sse-server/tests/examples/run` installs Chromium and its driver, builds the examples and runs this.

mod browser;
mod program;

use std::fs::OpenOptions;
use std::io::Write;

use browser::Browser;
use program::Example;

#[tokio::test]
#[ignore = "needs Chromium: crates/sse-server/tests/examples/run"]
async fn the_live_feed_goes_on_without_a_gap() {
    let mut feed = Example::start("live_feed", &[]).await;
    let browser = Browser::open(feed.url()).await;
    for seen in [3, 6, 9] {
        let so_many = format!("document.querySelectorAll('li').length >= {seen}");
        browser.until(&so_many).await;
        feed.kill().await;
        browser.until_it_is("opening").await;
        feed.start_again().await;
    }
    browser
        .until("document.querySelectorAll('li').length >= 15")
        .await;
    let mut headlines = browser.texts("li").await;
    headlines.reverse();
    let number = |headline: &String| headline.strip_prefix("Headline ")?.parse::<u64>().ok();
    let first = number(&headlines[0]).expect("it is a number");
    let expected = (first..).map(|number| format!("Headline {number}"));
    let expected: Vec<_> = expected.take(headlines.len()).collect();
    assert_eq!(headlines, expected, "each once and in order");
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: crates/sse-server/tests/examples/run"]
async fn the_dashboard_is_up_to_date_again() {
    let mut dashboard = Example::start("dashboard", &[]).await;
    let browser = Browser::open(dashboard.url()).await;
    let number =
        |name: &str| format!("Number(document.querySelector('#{name} td + td')?.textContent)");
    let (subscribers, published) = (number("subscribers"), number("published"));
    browser
        .until(&format!("{subscribers} === 1 && {published} >= 10"))
        .await;
    dashboard.kill().await;
    browser.until_it_is("opening").await;
    dashboard.start_again().await;
    browser.until_it_is("open").await;
    // Of the new server, which counts anew.
    browser
        .until(&format!("{subscribers} === 1 && {published} < 100"))
        .await;
    let metrics = "const done = arguments[0]; fetch('/metrics').then((it) => it.text()).then(done)";
    let metrics = browser.run(metrics).await;
    let metrics = metrics.as_str().expect("it is text");
    assert!(metrics.contains("\nsse_subscribers 1\n"), "{metrics}");
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: crates/sse-server/tests/examples/run"]
async fn the_log_has_each_line_once_also_those_that_were_written_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let log = folder.path().join("log");
    let write = |text: &str| {
        let file = OpenOptions::new().append(true).create(true).open(&log);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        written.expect("it can be written");
    };
    let shows = |text: &str| {
        let text = serde_json::to_string(text).expect("it is text");
        format!("document.querySelector('pre').textContent === {text}")
    };
    write("");
    let path = log.to_str().expect("it is text");
    let mut tail = Example::start("log_tail", &[path]).await;
    let browser = Browser::open(tail.url()).await;
    browser.until_it_is("open").await;
    write("one\ntwo\nhalf ");
    browser.until(&shows("one\ntwo\n")).await;
    tail.kill().await;
    browser.until_it_is("opening").await;
    write("a line\n<b>three</b> & more\n");
    tail.start_again().await;
    write("four\n");
    let all = "one\ntwo\nhalf a line\n<b>three</b> & more\nfour\n";
    browser.until(&shows(all)).await;
    // Put away, and begun anew.
    std::fs::remove_file(&log).expect("it is there");
    tail.kill().await;
    browser.until_it_is("opening").await;
    write("5\n");
    tail.start_again().await;
    browser.until(&shows(&format!("{all}5\n"))).await;
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: crates/sse-server/tests/examples/run"]
async fn the_task_goes_on_and_each_step_is_seen_once() {
    let mut task = Example::start("progress", &[]).await;
    let browser = Browser::open(task.url()).await;
    browser.until_it_is("open").await;
    browser.click("button").await;
    for percent in [20, 60] {
        let so_far = format!("document.querySelector('progress').value >= {percent}");
        browser.until(&so_far).await;
        task.kill().await;
        browser.until_it_is("opening").await;
        task.start_again().await;
    }
    browser
        .until("document.querySelector('progress').value === 100")
        .await;
    let steps = (0..=100).step_by(5).map(|percent| format!("{percent} % "));
    assert_eq!(browser.texts("#steps").await, [steps.collect::<String>()]);
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: crates/sse-server/tests/examples/run"]
async fn the_chat_tells_what_was_said_meanwhile() {
    let mut chat = Example::start("chat", &[]).await;
    let browser = Browser::open(chat.url()).await;
    browser.until_it_is("open").await;
    let so_many = |lines: usize| format!("document.querySelectorAll('li').length === {lines}");
    let empty = "document.querySelector('input').value === ''";
    browser.write("input", "hello <b>all</b>").await;
    browser.click("button").await;
    browser.until(&so_many(1)).await;
    browser.until(empty).await;
    chat.kill().await;
    browser.until_it_is("opening").await;
    // It cannot be sent now, and is not lost.
    browser.write("input", "still there?").await;
    browser.click("button").await;
    chat.start_again().await;
    browser.click("button").await;
    browser.until(empty).await;
    browser.until(&so_many(2)).await;
    browser.write("input", "yes").await;
    browser.click("button").await;
    browser.until(&so_many(3)).await;
    let said = ["hello <b>all</b>", "still there?", "yes"];
    assert_eq!(browser.texts("li").await, said);
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: crates/sse-server/tests/examples/run"]
async fn the_hub_goes_on_behind_tls_over_http2_and_compressed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]);
    let made = made.expect("it can be made");
    let (certificate, key) = (folder.path().join("cert"), folder.path().join("key"));
    std::fs::write(&certificate, made.cert.pem()).expect("it can be written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("it can be written");
    let tls = format!(
        "--certificate={} --key={}",
        certificate.display(),
        key.display()
    );
    let tls: Vec<_> = tls.split(' ').collect();
    let mut hub = Example::start("hub", &tls).await;
    let browser = Browser::open(hub.url()).await;
    browser.until_it_is("open").await;
    let publish = async |text: &str| {
        let script = format!(
            "const done = arguments[0];
            fetch('/publish/events', {{ method: 'POST', body: '{text}' }}).then((it) => it.text()).then(done)"
        );
        let id = browser.run(&script).await;
        format!("{}: {text}", id.as_str().expect("it is an id"))
    };
    let so_many = |lines: usize| format!("document.querySelectorAll('li').length === {lines}");
    let mut published = vec![publish("one").await, publish("two").await];
    browser.until(&so_many(2)).await;
    hub.kill().await;
    browser.until_it_is("opening").await;
    hub.start_again().await;
    published.push(publish("three").await);
    browser.until(&so_many(3)).await;
    assert_eq!(browser.texts("li").await, published);
    let over = "arguments[0](performance.getEntriesByType('navigation')[0].nextHopProtocol)";
    assert_eq!(browser.run(over).await, "h2");
    let coding = "const done = arguments[0];
        fetch('/events').then((it) => done(it.headers.get('content-encoding')))";
    assert_eq!(browser.run(coding).await, "gzip");
    browser.close().await;
}
