//! Signals as something that can be waited for, with a time limit.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// Receives signals instead of dying of them.
#[derive(Debug)]
pub struct Signals {
    delivery: SignalDelivery<UnixStream, SignalOnly>,
}

impl Signals {
    /// Listens for `wanted` from now on; one that was ignored when this process started stays ignored, as under
    /// nohup(1).
    pub fn listen(wanted: &[i32]) -> io::Result<Self> {
        let ignored = ignored_at_start();
        let wanted = wanted.iter().filter(|signal| !ignored.contains(signal));
        let (read, write) = UnixStream::pair()?;
        Ok(Self { delivery: SignalDelivery::with_pipe(read, write, SignalOnly, wanted)? })
    }

    /// Waits until a signal comes or the time is over, and gives those that came.
    pub fn wait(&mut self, limit: Option<Duration>) -> Vec<i32> {
        if limit == Some(Duration::ZERO) {
            return self.delivery.pending().collect();
        }
        let timeout = limit.map_or(PollTimeout::NONE, |limit| {
            // Rounded up, so that a wait never ends before its time and spins.
            PollTimeout::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(PollTimeout::MAX)
        });
        let mut ends = [PollFd::new(self.delivery.get_read().as_fd(), PollFlags::POLLIN)];
        // An interrupted poll is a signal that came; any other failure shows itself in the next one.
        let _interrupted: Result<i32, Errno> = poll(&mut ends, timeout);
        self.delivery.pending().collect()
    }

    /// Gives the end that becomes readable when a signal comes, to be polled with others.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

/// Reads the signals that this process ignores (`SigIgn` of `/proc/PID/status`, proc(5)); none where the system does not tell.
pub(super) fn ignored_at_start() -> Vec<i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask & (1 << (signal - 1)) != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::{Signal, raise};

    #[test]
    fn a_signal_ends_the_wait_and_silence_ends_with_the_time() {
        let mut signals = Signals::listen(&[Signal::SIGUSR1 as i32]).unwrap();
        assert!(signals.wait(Some(Duration::from_millis(1))).is_empty());
        raise(Signal::SIGUSR1).unwrap();
        assert_eq!(signals.wait(Some(Duration::from_secs(10))), [Signal::SIGUSR1 as i32]);
        assert!(signals.wait(Some(Duration::from_millis(1))).is_empty());
    }
}
