//! A client whose network has gone: whatever is sent to it is lost, and nobody says so.

use std::io;

use super::wire::Socket;

/// A socket whose system drops what comes for it, without an acknowledgement, until this is dropped.
pub(super) struct Vanished<'s>(
    #[cfg_attr(not(target_os = "linux"), expect(dead_code))] &'s dyn Socket,
);

#[cfg(target_os = "linux")]
impl<'s> Vanished<'s> {
    /// Lets the client of `socket` vanish.
    ///
    /// # Errors
    ///
    /// The system does not let us.
    pub(super) fn of(socket: &'s dyn Socket) -> io::Result<Self> {
        // The one instruction of the filter keeps nothing of any packet: https://docs.kernel.org/networking/filter.html
        const RETURN: u16 = 0x06;
        let nothing = socket2::SockFilter::new(RETURN, 0, 0, 0);
        socket2::SockRef::from(socket.tcp()).attach_filter(&[nothing])?;
        Ok(Self(socket))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Vanished<'_> {
    fn drop(&mut self) {
        // Or the system would wait for minutes for an answer to our FIN.
        let _ = socket2::SockRef::from(self.0.tcp()).detach_filter();
    }
}

#[cfg(not(target_os = "linux"))]
impl<'s> Vanished<'s> {
    /// Lets the client of `socket` vanish.
    ///
    /// # Errors
    ///
    /// Always: only Linux lets us.
    pub(super) fn of(_socket: &'s dyn Socket) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
