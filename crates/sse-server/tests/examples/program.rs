//! Programs that say when they are ready.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A program, and the line with which it said that it is ready; `None` if it ended before that.
pub(crate) async fn start(
    program: &Path,
    arguments: &[&str],
    ready: &str,
) -> Option<(Child, String)> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let mut lines = BufReader::new(child.stdout.take().expect("it has one")).lines();
    loop {
        let line = lines.next_line().await.expect("it can be read")?;
        if line.contains(ready) {
            // It may go on talking.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some((child, line));
        }
    }
}

/// An example that can be killed and started again.
pub(crate) struct Example {
    program: PathBuf,
    first: Vec<String>,
    folder: tempfile::TempDir,
    process: Child,
    url: String,
}

impl Example {
    /// The arguments are those that stand before the address.
    pub(crate) async fn start(name: &str, first: &[&str]) -> Self {
        let test = std::env::current_exe().expect("it is a file");
        let target = test.ancestors().nth(2).expect("it is in a folder");
        let program = target.join("examples").join(name);
        let first: Vec<_> = first.iter().map(|&argument| argument.to_owned()).collect();
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (process, url) = run(&program, &first, "127.0.0.1:0", folder.path()).await;
        Self {
            program,
            first,
            folder,
            process,
            url,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("it runs");
    }

    /// At the same address, with the same file.
    pub(crate) async fn start_again(&mut self) {
        let (_, address) = self.url.split_once("://").expect("it is a URL");
        (self.process, _) = run(&self.program, &self.first, address, self.folder.path()).await;
    }
}

async fn run(program: &Path, first: &[String], address: &str, folder: &Path) -> (Child, String) {
    let file = folder.join("events.redb");
    let mut arguments: Vec<_> = first.iter().map(String::as_str).collect();
    arguments.extend([address, file.to_str().expect("it is text")]);
    let started = start(program, &arguments, "://").await;
    started.unwrap_or_else(|| panic!("{} ended", program.display()))
}
