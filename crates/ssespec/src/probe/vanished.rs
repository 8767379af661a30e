//! A client whose network has gone: whatever is sent to it is lost, and nobody says so.

use std::io;

use super::wire::Socket;

/// A socket whose system drops what comes for it, without an acknowledgement, until this is dropped.
pub(super) struct Vanished<'s>(&'s dyn Socket);

impl<'s> Vanished<'s> {
    /// Lets the client of `socket` vanish.
    ///
    /// # Errors
    ///
    /// The system does not let us: only Linux does.
    pub(super) fn of(socket: &'s dyn Socket) -> io::Result<Self> {
        filter::attach(socket.tcp())?;
        Ok(Self(socket))
    }
}

impl Drop for Vanished<'_> {
    fn drop(&mut self) {
        // Or the system would wait for minutes for an answer to our FIN.
        let _ = filter::detach(self.0.tcp());
    }
}

/// A filter that lets nothing through: <https://docs.kernel.org/networking/filter.html>.
#[cfg(target_os = "linux")]
mod filter {
    use std::io;

    use socket2::{SockFilter, SockRef};
    use tokio::net::TcpStream;

    /// The instruction that ends a filter, and says how much of a packet is kept.
    const RETURN: u16 = 0x06;

    pub(super) fn attach(socket: &TcpStream) -> io::Result<()> {
        SockRef::from(socket).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
    }

    pub(super) fn detach(socket: &TcpStream) -> io::Result<()> {
        SockRef::from(socket).detach_filter()
    }
}

#[cfg(not(target_os = "linux"))]
mod filter {
    use std::io;

    use tokio::net::TcpStream;

    pub(super) fn attach(_socket: &TcpStream) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn detach(_socket: &TcpStream) -> io::Result<()> {
        Ok(())
    }
}
