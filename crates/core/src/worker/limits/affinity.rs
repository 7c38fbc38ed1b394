//! Which processors a process may use: `sched_getaffinity(2)` and `sched_setaffinity(2)`, where the system has them.

use std::io;

#[cfg(target_os = "linux")]
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

/// The calling thread; every thread has processors of its own, and a program inherits those of the one that starts it.
pub(super) const THIS: i32 = 0;

/// Lists the processors that a process may use.
#[cfg(target_os = "linux")]
pub(super) fn of(pid: i32) -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(pid))?;
    Ok((0..CpuSet::count()).filter(|processor| set.is_set(*processor).unwrap_or(false)).collect())
}

/// Confines the calling thread, and what it starts from now on.
#[cfg(target_os = "linux")]
pub(super) fn confine_to(processors: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for processor in processors {
        set.set(*processor)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(THIS), &set)?)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of(_pid: i32) -> io::Result<Vec<usize>> {
    Err(unsupported())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn confine_to(_processors: &[usize]) -> io::Result<()> {
    Err(unsupported())
}

#[cfg(not(target_os = "linux"))]
fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this system binds no process to processors")
}
