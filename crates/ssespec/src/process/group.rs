//! A program with all that it starts, so that nothing is left behind.

use tokio::process::{Child, Command};

/// The process group of a program. What is left of it ends when this is dropped.
pub(crate) struct Group {
    /// The number of its leader, which is the number of the group.
    #[cfg(unix)]
    leader: Option<i32>,
}

impl Group {
    /// Starts a program in a group of its own.
    ///
    /// # Errors
    ///
    /// Those of the system, if the program cannot be started.
    pub(crate) fn spawn(command: &mut Command) -> std::io::Result<(Child, Self)> {
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        #[cfg(unix)]
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Self {
            #[cfg(unix)]
            leader,
        };
        Ok((child, group))
    }

    /// Asks all of the group to end.
    #[cfg(unix)]
    pub(crate) fn ask_to_end(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Ends all of the group.
    #[cfg(unix)]
    pub(crate) fn end(&mut self) {
        self.signal(rustix::process::Signal::KILL);
        // The number may be given to somebody else from now on.
        self.leader = None;
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process_group};
        // A group that is gone is what is wanted.
        if let Some(leader) = self.leader.and_then(Pid::from_raw) {
            let _ = kill_process_group(leader, signal);
        }
    }

    /// There are no groups here: the program itself ends when its handle is dropped.
    #[cfg(not(unix))]
    pub(crate) fn ask_to_end(&self) {}

    /// There are no groups here: the program itself ends when its handle is dropped.
    #[cfg(not(unix))]
    pub(crate) fn end(&mut self) {}
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}
