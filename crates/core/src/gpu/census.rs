//! What lives on this machine, as far as this user can see: whether a lease still has a process.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, geteuid};

use crate::process::{Liveness, ProcessId, living};

/// Looks at processes; what it read once it does not read again.
#[derive(Debug)]
pub(super) struct Census {
    us: u32,
    marks: OnceCell<HashSet<Mark>>,
}

/// What a program of a run has in its environment: `NEU_KEY=…` and `NEU_RUN_ID=…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Mark {
    key: Vec<u8>,
    run: Vec<u8>,
}

/// What is known of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) parent: i32,
    pub(super) uid: u32,
    pub(super) state: char,
}

impl Census {
    /// Begins to look.
    pub(super) fn begin() -> Self {
        Self { us: geteuid().as_raw(), marks: OnceCell::new() }
    }

    /// Tells whose user we are.
    pub(super) fn us(&self) -> u32 {
        self.us
    }

    /// Tells whether a process lives and is of this user: nobody can keep a GPU by naming a process of another.
    ///
    /// Where `/proc` hides the processes of others (`hidepid`), one that exists counts as the one that is meant.
    pub(super) fn lives(&self, process: &ProcessId, uid: u32) -> bool {
        match process.liveness() {
            Liveness::Alive => known(process.pid).is_some_and(|known| known.uid == uid),
            Liveness::Gone => uid != self.us && is_hidden(process.pid),
            Liveness::Elsewhere => false,
        }
    }

    /// Tells whether a process that lives is stopped, as by Ctrl-Z.
    pub(super) fn is_stopped(process: &ProcessId) -> bool {
        known(process.pid).is_some_and(|known| matches!(known.state, 'T' | 't'))
    }

    /// Tells whether any process has this run of this launch in its environment. Those of others cannot be read, except by
    /// root.
    pub(super) fn any_carries(&self, key: &str, run: &str, uid: u32) -> bool {
        let can_read = uid == self.us || self.us == 0;
        let mark = || Mark { key: key.as_bytes().to_vec(), run: run.as_bytes().to_vec() };
        can_read && self.marks.get_or_init(marks).contains(&mark())
    }

    /// Tells whether this process has the run in its environment, or is below one of `processes`; `None` where it cannot be
    /// known, since it is another user's.
    pub(super) fn belongs(pid: i32, processes: &[&ProcessId], key: &str, run: &str) -> Option<bool> {
        let is_below = std::iter::successors(Some(pid), |pid| known(*pid).map(|known| known.parent))
            .take(LONGEST_ANCESTRY)
            .any(|pid| processes.iter().any(|process| process.pid == pid));
        if is_below {
            return Some(true);
        }
        let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
        Some(mark(&environment).is_some_and(|mark| mark.key == key.as_bytes() && mark.run == run.as_bytes()))
    }
}

/// More generations than any tree of processes has; a parent that changes while it is read could make a circle.
const LONGEST_ANCESTRY: usize = 1000;

/// Reads `/proc/PID/status` (`proc_pid_status(5)`); `None` for a process that is gone or hidden. Its user is the real one.
pub(super) fn known(pid: i32) -> Option<Known> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()
    };
    Some(Known {
        parent: field("PPid:")?.parse().ok()?,
        uid: field("Uid:")?.parse().ok()?,
        state: field("State:")?.chars().next()?,
    })
}

fn is_hidden(pid: i32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists() && kill(Pid::from_raw(pid), None) == Err(Errno::EPERM)
}

fn marks() -> HashSet<Mark> {
    let environments =
        living().into_iter().filter_map(|process| fs::read(format!("/proc/{}/environ", process.pid)).ok());
    environments.filter_map(|environment| mark(&environment)).collect()
}

fn mark(environment: &[u8]) -> Option<Mark> {
    let variable = |name: &[u8]| {
        environment
            .split(|byte| *byte == 0)
            .find_map(|variable| variable.strip_prefix(name))
            .map(<[u8]>::to_vec)
    };
    Some(Mark { key: variable(b"NEU_KEY=")?, run: variable(b"NEU_RUN_ID=")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};
    use std::time::Duration;

    fn sleeper(key: &str) -> (Child, ProcessId) {
        let mut command = Command::new("sleep");
        let child = command.arg("60").env("NEU_KEY", key).env("NEU_RUN_ID", "4.2").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        // It has its new name a moment before its own environment.
        let has_begun = || {
            let is_renamed = fs::read(format!("/proc/{pid}/comm")).unwrap() == b"sleep\n";
            is_renamed && !fs::read(format!("/proc/{pid}/environ")).unwrap().is_empty()
        };
        while !has_begun() {
            std::thread::sleep(Duration::from_millis(1));
        }
        (child, ProcessId::of(pid).unwrap())
    }

    #[test]
    fn a_process_speaks_for_its_own_user_only() {
        let census = Census::begin();
        let us = ProcessId::current();
        assert!(census.lives(&us, census.us()));
        assert!(!census.lives(&us, census.us() + 1));
        let first = ProcessId { pid: 1, ..us.clone() };
        assert!(!census.lives(&first, census.us()));
        assert!(!census.lives(&ProcessId { boot: "another".into(), ..us }, census.us()));
    }

    #[test]
    fn a_run_is_found_by_what_its_programs_carry() {
        // Of another test process a sleeper may be left.
        let key = &format!("census-{}", std::process::id());
        let (mut child, process) = sleeper(key);
        let census = Census::begin();
        assert!(census.any_carries(key, "4.2", census.us()));
        assert!(!census.any_carries(key, "4.20", census.us()));
        assert!(!census.any_carries("other", "4.2", census.us()));
        assert_eq!(Census::belongs(process.pid, &[], key, "4.2"), Some(true));
        assert_eq!(Census::belongs(process.pid, &[], key, "4.1"), Some(false));
        assert_eq!(Census::belongs(process.pid, &[&ProcessId::current()], "", ""), Some(true));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!Census::begin().any_carries(key, "4.2", census.us()));
        assert_eq!(Census::belongs(process.pid, &[], key, "4.2"), None);
    }

    #[test]
    fn a_stopped_process_is_known_as_such() {
        let (mut child, process) = sleeper("stopped");
        assert!(!Census::is_stopped(&process));
        kill(Pid::from_raw(process.pid), nix::sys::signal::Signal::SIGSTOP).unwrap();
        while known(process.pid).unwrap().state != 'T' {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(Census::is_stopped(&process));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
