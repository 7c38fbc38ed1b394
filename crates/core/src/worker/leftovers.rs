//! What a program leaves behind: every process that it started is ended with it.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::Signals;

/// How long a leftover may take to end after TERM.
const GRACE: Duration = Duration::from_secs(2);

/// How long to try before giving up on a process that does not even die of KILL.
const LIMIT: Duration = Duration::from_secs(10);

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
        Self { before: children_of(&parents_of_all(), this()) }
    }

    /// Ends whatever is left of the group and the descendants of a program that ended: TERM, a grace, KILL.
    ///
    /// Where nothing is left, as nearly always, that is one system call. Gives the signals that came meanwhile, which
    /// are for the caller to act on.
    pub(super) fn end(&self, group: Pid, signals: &mut Signals) -> Vec<i32> {
        let began = Instant::now();
        let mut told = Vec::new();
        let mut heard = Vec::new();
        while any_child_lives() && began.elapsed() < LIMIT {
            let left = self.descendants();
            if left.is_empty() {
                break;
            }
            let signal = if began.elapsed() < GRACE { Signal::SIGTERM } else { Signal::SIGKILL };
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

    /// Lists every process below this one, but for those that were there before and theirs.
    fn descendants(&self) -> Vec<Pid> {
        let parents = parents_of_all();
        let mut found: Vec<Pid> = children_of(&parents, this());
        found.retain(|child| !self.before.contains(child));
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            found.extend(children_of(&parents, parent));
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

fn children_of(parents: &[(Pid, Pid)], parent: Pid) -> Vec<Pid> {
    parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid).collect()
}

/// Reads each process that has not ended, and its parent (proc(5), `/proc/PID/stat`, fields 1, 3 and 4).
#[cfg(target_os = "linux")]
fn parents_of_all() -> Vec<(Pid, Pid)> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read(entry.path().join("stat")).ok()?;
            let after_name = stat.iter().rposition(|byte| *byte == b')')? + 2;
            let mut fields = std::str::from_utf8(stat.get(after_name..)?).ok()?.split(' ');
            let state = fields.next()?;
            let parent = fields.next()?.parse().ok()?;
            (state != "Z").then_some((Pid::from_raw(pid), Pid::from_raw(parent)))
        })
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn parents_of_all() -> Vec<(Pid, Pid)> {
    Vec::new()
}
