//! A port for a target.

use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;

/// Where ports are looked for: below the ones that systems give to outgoing connections (from 32768 on Linux, from 49152 elsewhere), because one
/// of those could take the port before the target does.
const FROM: u16 = 20_000;
const COUNT: u16 = 12_000;

/// How many are tried.
const TRIES: usize = 100;

/// A port that nobody listens on, another one each time.
///
/// # Errors
///
/// Those of the system, if there is none.
pub(super) fn free() -> std::io::Result<u16> {
    let mut trouble = std::io::Error::from(std::io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let random = RandomState::new().hash_one(()) % u64::from(COUNT);
        let port = FROM + u16::try_from(random).unwrap_or_default();
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(error) => trouble = error,
        }
    }
    Err(trouble)
}
