//! Reaps what has ended, with what it used: wait4(2), which no safe library has.

use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

use crate::event::Usage;

/// News of one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It ended with this exit code.
    Exited(Pid, i32, Usage),
    /// A signal ended it.
    Killed(Pid, Signal, Usage),
    /// It was suspended.
    Stopped(Pid),
    /// Children are left, and nothing is to be told of them.
    Quiet,
    /// No child is left.
    Childless,
}

/// Asks for news of any child, adopted ones too, without waiting for it; one that ended is gone then.
pub(super) fn news() -> Result<News, Errno> {
    loop {
        return match wait4() {
            Ok((WaitStatus::Exited(pid, code), usage)) => Ok(News::Exited(pid, code, usage)),
            Ok((WaitStatus::Signaled(pid, signal, _), usage)) => Ok(News::Killed(pid, signal, usage)),
            Ok((WaitStatus::Stopped(pid, _), _)) => Ok(News::Stopped(pid)),
            Ok((WaitStatus::StillAlive, _)) => Ok(News::Quiet),
            Err(Errno::ECHILD) => Ok(News::Childless),
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(error) => Err(error),
        };
    }
}

#[expect(unsafe_code, reason = "no safe library tells what a child used; the kernel fills in both places")]
fn wait4() -> Result<(WaitStatus, Usage), Errno> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to places of the right type that outlive the call, and all bytes zero is an rusage.
    let (pid, usage) = unsafe {
        let pid = libc::wait4(-1, &raw mut status, libc::WNOHANG | libc::WUNTRACED, usage.as_mut_ptr());
        (pid, usage.assume_init())
    };
    match Errno::result(pid)? {
        0 => Ok((WaitStatus::StillAlive, Usage::of(&usage))),
        pid => Ok((WaitStatus::from_raw(Pid::from_raw(pid), status)?, Usage::of(&usage))),
    }
}

/// How many bytes one unit of `ru_maxrss` is: a kilobyte, but on Apple's systems (getrusage(2)).
const UNIT: u64 = if cfg!(target_vendor = "apple") { 1 } else { 1024 };

impl Usage {
    fn of(usage: &libc::rusage) -> Self {
        let micros = |time: libc::timeval| {
            u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_usec).unwrap_or(0)
        };
        Self {
            cpu_micros: micros(usage.ru_utime) + micros(usage.ru_stime),
            peak_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0) * UNIT,
        }
    }
}
