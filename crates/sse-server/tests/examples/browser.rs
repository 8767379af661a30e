//! Chromium without a window, through its driver.

use std::path::Path;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::process::Child;

use crate::program::start;

/// How often a browser is started before the machine is taken to have none.
const ATTEMPTS: usize = 3;

/// A browser with one page.
pub(crate) struct Browser {
    client: Client,
    _driver: Child,
}

impl Browser {
    pub(crate) async fn open(url: &str) -> Self {
        // A driver takes a free port and fails if its IPv6 twin is in use; a browser may not come up on a machine that is busy.
        for _ in 0..ATTEMPTS {
            if let Some(browser) = Self::try_to_start().await {
                browser.client.goto(url).await.expect("there is a page");
                return browser;
            }
        }
        panic!("no browser starts, and it was tried {ATTEMPTS} times");
    }

    async fn try_to_start() -> Option<Self> {
        let says = "started successfully on port ";
        let (driver, line) = start(Path::new("chromedriver"), &["--port=0"], says).await?;
        let port = line.rsplit(' ').next()?.trim_end_matches('.');
        let options = json!({"acceptInsecureCerts": true, "goog:chromeOptions": {"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            // So that it ends when the driver is killed.
            "--remote-debugging-pipe",
        ]}});
        let options = options.as_object().expect("it is one").clone();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(options)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .ok()?;
        Some(Self {
            client,
            _driver: driver,
        })
    }

    /// Runs a JavaScript that gives its result to its argument, in the time that the driver has for scripts: 30 s.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let ran = self.client.execute_async(script, vec![]).await;
        match ran {
            Ok(value) => value,
            Err(error) => panic!(
                "{script} ends with {error}; the page is {}",
                self.client.source().await.unwrap_or_default()
            ),
        }
    }

    /// Waits until this JavaScript is true.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!(
            "const done = arguments[0];
            const look = () => ({condition}) ? done(true) : setTimeout(look, 20);
            look();"
        );
        self.run(&script).await;
    }

    /// Waits until the page says that its connection is `open`, or is `opening`.
    pub(crate) async fn until_it_is(&self, state: &str) {
        self.until(&format!(
            "document.querySelector('#state').textContent === '{state}'"
        ))
        .await;
    }

    pub(crate) async fn texts(&self, of: &str) -> Vec<String> {
        let script = format!(
            "arguments[0]([...document.querySelectorAll('{of}')].map((it) => it.textContent))"
        );
        serde_json::from_value(self.run(&script).await).expect("they are texts")
    }

    pub(crate) async fn click(&self, what: &str) {
        let button = self.client.find(Locator::Css(what)).await;
        let clicked = button.expect("it is there").click().await;
        clicked.expect("it can be clicked");
    }

    pub(crate) async fn write(&self, into: &str, text: &str) {
        let input = self.client.find(Locator::Css(into)).await;
        let written = input.expect("it is there").send_keys(text).await;
        written.expect("it can be written");
    }

    pub(crate) async fn close(self) {
        self.client.close().await.expect("it closes");
    }
}
