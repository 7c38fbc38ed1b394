//! What ties a worker on this machine to the command that started it: a pipe.
//!
//! The command holds one end. When that is closed, however the command ended, the launch is to stop; a byte that was
//! written before says that the launch goes on without it. A pipe keeps the order of the two, so that there is no moment
//! in which a command that is killed leaves a launch that nobody knows of, or in which leaving it alone ends it.

use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Pid, dup2_stdout, getpgid, getppid, setpgid, setsid};

use super::Signals;

/// What the command writes to leave its launch alone.
const GO_ON: u8 = b'd';

/// The command's end: the launch stops when it is dropped, or when the command ends.
#[derive(Debug)]
pub struct Leash {
    end: PipeWriter,
}

impl Leash {
    /// Makes a tie, and gives the end that the worker gets as its standard output.
    pub fn new() -> io::Result<(Self, Stdio)> {
        let (theirs, end) = io::pipe()?;
        Ok((Self { end }, theirs.into()))
    }

    /// Lets the launch go on without this command; an error says that its worker is gone.
    pub fn let_go(mut self) -> io::Result<()> {
        self.end.write_all(&[GO_ON])
    }
}

/// The worker's end.
#[derive(Debug)]
pub(super) struct Tether {
    /// Nothing once it was let go, or where it never was held.
    end: Option<File>,
}

/// What became of a tether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pull {
    /// Nothing: the command holds it, or has let it go.
    None,
    /// The command ended without letting it go.
    Cut,
}

impl Tether {
    /// Gives the tether of a worker that nobody holds.
    pub(super) fn loose() -> Self {
        Self { end: None }
    }

    /// Takes the tether from standard output, which then leads nowhere, so that nobody inherits it.
    pub(super) fn take() -> io::Result<Self> {
        let end: OwnedFd = io::stdout().as_fd().try_clone_to_owned()?;
        dup2_stdout(File::options().write(true).open("/dev/null")?)?;
        Ok(Self { end: Some(File::from(end)) })
    }

    /// Looks what became of it; never waits.
    pub(super) fn look(&mut self) -> Pull {
        let Some(end) = &mut self.end else { return Pull::None };
        let mut ends = [PollFd::new(end.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ends, PollTimeout::ZERO).unwrap_or(0) == 0 {
            return Pull::None;
        }
        let mut byte = [0];
        let pull = match end.read(&mut byte) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Pull::None,
            Ok(1..) if byte == [GO_ON] => Pull::None,
            Ok(_) | Err(_) => Pull::Cut,
        };
        self.end = None;
        pull
    }

    /// Waits until a signal comes or the tether moves, and gives the signals that came.
    pub(super) fn wait(&self, signals: &mut Signals) -> Vec<i32> {
        let Some(end) = &self.end else { return signals.wait(None) };
        let mut ends =
            [PollFd::new(signals.as_fd(), PollFlags::POLLIN), PollFd::new(end.as_fd(), PollFlags::POLLIN)];
        // Interrupted by a signal that came: that is seen next.
        let _interrupted = poll(&mut ends, PollTimeout::NONE);
        signals.wait(Some(std::time::Duration::ZERO))
    }
}

/// Leaves the session of the command, and with it the terminal: neither its hang-up nor a logout reaches this process.
///
/// Who leads a process group cannot leave (setsid(2)), and this process does, so that Ctrl-C did not come to it: it
/// joins the command's group for that moment.
pub(super) fn leave_the_terminal() {
    let of_command = getpgid(Some(getppid()));
    // A command that is gone has let this process know.
    let _gone =
        of_command.and_then(|group| setpgid(Pid::from_raw(0), group)).and_then(|()| setsid().map(drop));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tied() -> (PipeWriter, Tether) {
        let (end, theirs) = io::pipe().unwrap();
        (theirs, Tether { end: Some(File::from(OwnedFd::from(end))) })
    }

    #[test]
    fn a_command_that_ends_cuts_it_and_one_that_let_go_does_not() {
        let (held, mut tether) = tied();
        assert_eq!(tether.look(), Pull::None);
        drop(held);
        assert_eq!((tether.look(), tether.look()), (Pull::Cut, Pull::None));
        let (held, mut tether) = tied();
        Leash { end: held }.let_go().unwrap();
        assert_eq!((tether.look(), tether.look()), (Pull::None, Pull::None));
        assert_eq!(Tether::loose().look(), Pull::None);
    }

    #[test]
    fn a_worker_that_is_gone_cannot_be_let_go() {
        let (held, tether) = tied();
        drop(tether);
        assert!(Leash { end: held }.let_go().is_err());
    }
}
