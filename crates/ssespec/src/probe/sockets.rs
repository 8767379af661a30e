//! What Linux shows of the sockets of this machine: who holds one, and in which state it is. Elsewhere, and of other machines, nothing is seen.

use std::collections::BTreeSet;
use std::fs::{File, read_dir, read_link};
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The most that is read of a table of sockets, in bytes (16 MiB, about 100,000 sockets).
const LONGEST_TABLE: u64 = 16 << 20;

/// How many descriptors are looked at in search of a socket.
const MOST_DESCRIPTORS: usize = 100_000;

/// The server's end of a connection.
pub(super) struct Held {
    state: String,
    inode: u64,
}

impl Held {
    /// What its state is called, if it is one in which its owner has not closed it.
    pub(super) fn state(&self) -> Option<&'static str> {
        match self.state.as_str() {
            "01" => Some("ESTABLISHED"),
            "08" => Some("CLOSE_WAIT"),
            _ => None,
        }
    }

    /// Where the processes that hold it have it, as far as they are ours to see.
    pub(super) fn descriptors(&self) -> Descriptors {
        let sought = link(self.inode);
        let places = descriptors().filter(|(_, to)| *to == sought);
        Descriptors {
            places: places.map(|(place, _)| place).collect(),
            link: sought,
        }
    }
}

/// The descriptors of one socket.
pub(super) struct Descriptors {
    places: Vec<PathBuf>,
    link: String,
}

impl Descriptors {
    /// Whether there is one that can be seen.
    pub(super) fn is_seen(&self) -> bool {
        !self.places.is_empty()
    }

    /// Whether one of them still stands for the socket, whatever has become of its connection.
    pub(super) fn are_open(&self) -> bool {
        self.places
            .iter()
            .any(|place| read_link(place).is_ok_and(|to| to.to_str() == Some(&self.link)))
    }
}

/// Whether an address that a connection goes to is one of this machine.
pub(super) fn is_local(ours: SocketAddr, theirs: SocketAddr) -> bool {
    theirs.ip().is_loopback() || theirs.ip() == ours.ip()
}

/// So often the table is read before a socket is said not to be there: while others come and go, a reader may miss some.
const READS: usize = 3;

/// Between two of them.
const BETWEEN: Duration = Duration::from_millis(5);

/// The server's end of the connection between `theirs` and `ours`, if this machine has it. Reads a table that may be long, several times: not for a
/// thread that others wait for.
pub(super) fn server_end(ours: SocketAddr, theirs: SocketAddr) -> Option<Held> {
    (0..READS).find_map(|read| {
        if read > 0 {
            std::thread::sleep(BETWEEN);
        }
        in_table(ours, theirs)
    })
}

fn in_table(ours: SocketAddr, theirs: SocketAddr) -> Option<Held> {
    let ends = [theirs, ours].map(|end| format!(":{:04X}", end.port()));
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| {
            let mut text = String::new();
            let read = File::open(table)
                .ok()?
                .take(LONGEST_TABLE)
                .read_to_string(&mut text);
            read.is_ok().then_some(text)
        })
        .find_map(|text| text.lines().find_map(|line| row(line, &ends)))
}

/// How many of `sockets` a process still holds, as far as it is ours to see.
pub(super) fn still_held(sockets: &[Held]) -> usize {
    let links: BTreeSet<_> = sockets.iter().map(|held| link(held.inode)).collect();
    let held: BTreeSet<_> = descriptors()
        .map(|(_, to)| to)
        .filter(|to| links.contains(to))
        .collect();
    held.len()
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …`, if its addresses end like `ends`.
fn row(line: &str, ends: &[String; 2]) -> Option<Held> {
    let mut columns = line.split_ascii_whitespace().skip(1);
    let both = columns.next()?.ends_with(&ends[0]) && columns.next()?.ends_with(&ends[1]);
    let state = columns.next().filter(|_| both)?.to_owned();
    let inode = columns.nth(5)?.parse().ok()?;
    Some(Held { state, inode })
}

fn link(inode: u64) -> String {
    format!("socket:[{inode}]")
}

/// The descriptors of all processes that are ours to see, of those that are sockets: where, and which.
fn descriptors() -> impl Iterator<Item = (PathBuf, String)> {
    let entries = |path: PathBuf| read_dir(path).into_iter().flatten().flatten();
    let is_process = |name: &std::ffi::OsStr| name.to_string_lossy().parse::<u32>().is_ok();
    entries("/proc".into())
        .filter(move |entry| is_process(&entry.file_name()))
        .flat_map(move |process| entries(process.path().join("fd")))
        .take(MOST_DESCRIPTORS)
        .filter_map(|entry| {
            let to = read_link(entry.path()).ok()?;
            let to = to.to_str()?;
            to.starts_with("socket:")
                .then(|| (entry.path(), to.to_owned()))
        })
}
