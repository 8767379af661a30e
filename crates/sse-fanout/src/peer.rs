//! The servers that are compared: how each is started, told to publish, and weighed.

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A server that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Ours,
    Axum,
    BetterSse,
    Nchan,
    /// No server: see [`limit`](crate::limit).
    Loop,
}

impl Peer {
    pub(crate) const ALL: [Self; 5] = [
        Self::Ours,
        Self::Axum,
        Self::BetterSse,
        Self::Nchan,
        Self::Loop,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "sse-server",
            Self::Axum => "axum `Sse`, broadcast channel",
            Self::BetterSse => "better-sse, Node.js",
            Self::Nchan => "nchan, two workers of nginx",
            Self::Loop => "a loop of writes",
        }
    }

    fn command(self, port: u16) -> io::Result<Command> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        Ok(match self {
            Self::Ours | Self::Axum | Self::Loop => {
                let mut command = Command::new(std::env::current_exe()?);
                let which = match self {
                    Self::Ours => "ours",
                    Self::Axum => "axum",
                    _ => "loop",
                };
                command.args(["serve", which, &port.to_string()]);
                command
            }
            Self::BetterSse => {
                let mut command = Command::new("node");
                command
                    .current_dir(&peers)
                    .args(["better-sse.mjs", &port.to_string()]);
                command
            }
            Self::Nchan => {
                let dir = folder(port);
                fs::create_dir_all(&dir)?;
                let text = fs::read_to_string(peers.join("nginx.conf"))?
                    .replace("{port}", &port.to_string())
                    .replace("{dir}", &dir.to_string_lossy());
                fs::write(dir.join("nginx.conf"), text)?;
                let mut command = Command::new("nginx");
                command.arg("-p").arg("/usr/share/nginx");
                command.arg("-c").arg(dir.join("nginx.conf"));
                command
            }
        })
    }
}

fn folder(port: u16) -> PathBuf {
    std::env::temp_dir().join(format!("sse-fanout-{port}"))
}

/// A running server, ended when it is dropped.
pub(crate) struct Running {
    peer: Peer,
    address: SocketAddr,
    process: Child,
    lines: Option<ChildStdin>,
    /// Kept open until the next one, because a publisher that leaves is not listened to.
    posted: Option<TcpStream>,
}

impl Running {
    pub(crate) fn start(peer: Peer) -> io::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut process = peer
            .command(address.port())?
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| {
                io::Error::other(format!("{} does not start: {error}", peer.name()))
            })?;
        let lines = process.stdin.take();
        let mut running = Self {
            peer,
            address,
            process,
            lines,
            posted: None,
        };
        while TcpStream::connect(address).is_err() {
            if let Some(status) = running.process.try_wait()? {
                let reason = format!("{} ended with {status}", peer.name());
                return Err(io::Error::other(reason));
            }
            std::thread::yield_now();
        }
        Ok(running)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn publish(&mut self, data: &str) -> io::Result<()> {
        if self.peer == Peer::Nchan {
            let mut socket = TcpStream::connect(self.address)?;
            let length = data.len();
            write!(
                socket,
                "POST /publish HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{data}"
            )?;
            self.posted = Some(socket);
            Ok(())
        } else {
            let lines = self.lines.as_mut().expect("it has a stdin");
            lines.write_all(format!("{data}\n").as_bytes())
        }
    }

    /// Seconds of a processor that the server has used so far.
    pub(crate) fn processor_time(&self) -> io::Result<f64> {
        family(self.process.id())?
            .into_iter()
            .map(processor_time)
            .sum()
    }

    /// Bytes of memory that are the server's own: what is shared with others is counted in part.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let mut sum = 0;
        for process in family(self.process.id())? {
            let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
            let kib = text.lines().find_map(|line| line.strip_prefix("Pss:"));
            let kib = kib.and_then(|rest| rest.trim().strip_suffix("kB"));
            sum += 1024
                * kib
                    .and_then(|kib| kib.trim().parse::<u64>().ok())
                    .unwrap_or(0);
        }
        Ok(sum)
    }
}

/// Seconds of a processor that the process has used; the system counts in hundredths.
fn processor_time(process: u32) -> io::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program may have spaces in it.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    Ok(ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0)
}

/// The process and its children.
fn family(process: u32) -> io::Result<Vec<u32>> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
    let children = children.split_whitespace().filter_map(|id| id.parse().ok());
    Ok(std::iter::once(process).chain(children).collect())
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.lines.take());
        if self.peer == Peer::Nchan {
            // nginx ends its workers only when it is asked to.
            let asked = Command::new("kill")
                .args(["-TERM", &self.process.id().to_string()])
                .status();
            if !asked.is_ok_and(|status| status.success()) {
                let _gone = self.process.kill();
            }
        } else {
            let _gone = self.process.kill();
        }
        let _status = self.process.wait();
        let _left = fs::remove_dir_all(folder(self.address.port()));
    }
}
