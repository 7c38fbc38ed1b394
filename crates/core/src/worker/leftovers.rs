//! What a program leaves behind: every process that it started is ended with it.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::Signals;
use crate::process::{Living, living};

/// How long a leftover may take to end after TERM.
const GRACE: Duration = Duration::from_secs(2);

/// How long to try, after the grace, before giving up on a process that does not even die of KILL.
const LIMIT: Duration = Duration::from_secs(8);

/// Whether leftovers know that they are to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// They were told with their program, and are not told again, so that what saves its work on TERM sees one; they
    /// are killed at this time.
    Until(Instant),
    /// They were not told.
    NotYet,
}

/// Ends what programs leave behind, and nothing else.
#[derive(Debug)]
pub(super) struct Leftovers {
    /// Children that this process had before it started anything: what the env runs in the background.
    before: Vec<Pid>,
}

impl Leftovers {
    /// Makes orphans of the programs children of this process from now on, so that none escapes by a double fork.
    pub(super) fn adopt() -> Self {
        adopt_orphans();
        Self { before: children_of(&living(), this()) }
    }

    /// Ends whatever is left of the group and the descendants of a program that ended: TERM, a grace, KILL.
    ///
    /// Where nothing is left, as nearly always, that is one system call. Gives the signals that came meanwhile, which
    /// are for the caller to act on.
    pub(super) fn end(&self, group: Pid, signals: &mut Signals, before: Told) -> Vec<i32> {
        let began = Instant::now();
        let (mut told, kill_at) = match before {
            Told::Until(_) if !any_child_lives() => return Vec::new(),
            Told::Until(kill_at) => (self.descendants(), kill_at),
            Told::NotYet => (Vec::new(), began + GRACE),
        };
        let mut heard = Vec::new();
        while any_child_lives() && Instant::now() < kill_at + LIMIT {
            let left = self.descendants();
            if left.is_empty() {
                break;
            }
            let signal = if Instant::now() < kill_at { Signal::SIGTERM } else { Signal::SIGKILL };
            for process in left {
                if signal == Signal::SIGKILL || !told.contains(&process) {
                    told.push(process);
                    let _gone = kill(process, signal);
                }
            }
            if signal == Signal::SIGKILL {
                let _gone = killpg(group, signal);
            }
            heard.extend(signals.wait(Some(Duration::from_millis(20))));
        }
        heard
    }

    /// Sends a signal to every process below this one, but for those that were there before and theirs.
    pub(super) fn signal_all(&self, signal: Signal) {
        for process in self.descendants() {
            let _gone = kill(process, signal);
        }
    }

    /// Lists every process below this one, but for those that were there before and theirs.
    fn descendants(&self) -> Vec<Pid> {
        let processes = living();
        let mut found: Vec<Pid> = children_of(&processes, this());
        found.retain(|child| !self.before.contains(child));
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            found.extend(children_of(&processes, parent));
            next += 1;
        }
        found
    }
}

#[cfg(target_os = "linux")]
fn adopt_orphans() {
    // Kernels since 3.4 have it; without it the program's own group is still ended.
    let _unsupported = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() {}

fn this() -> Pid {
    Pid::this()
}

/// Reaps what has ended and tells whether a child is left.
fn any_child_lives() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

fn children_of(processes: &[Living], parent: Pid) -> Vec<Pid> {
    let children = processes.iter().filter(|process| process.parent == parent.as_raw());
    children.map(|child| Pid::from_raw(child.pid)).collect()
}
