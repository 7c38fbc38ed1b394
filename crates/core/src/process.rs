//! Which process is meant: a pid alone is reused, a pid with its start time and boot is not.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::unistd::gethostname;
use serde::{Deserialize, Serialize};
use signal_hook::consts::SIGCHLD;

/// Names one process for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// The pid on its host.
    pub pid: i32,
    /// When it started, in clock ticks since boot (field 22 of proc(5)); 0 where the system does not tell.
    pub start: u64,
    /// The boot of the host (`/proc/sys/kernel/random/boot_id`); empty where the system does not tell.
    pub boot: String,
}

/// What can be said of a process from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It lives.
    Alive,
    /// It is gone.
    Gone,
    /// It belongs to another host, or another boot of one: nothing can be said from here.
    Elsewhere,
}

impl ProcessId {
    /// Names a process of this host; `None` where it is already gone.
    pub fn of(pid: i32) -> Option<Self> {
        let stat = read_stat(pid)?;
        Some(Self { pid, start: stat.start, boot: boot_id() })
    }

    /// Names this process.
    pub fn current() -> Self {
        let pid = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
        Self::of(pid).unwrap_or(Self { pid, start: 0, boot: boot_id() })
    }

    /// Looks whether it lives. A process that only waits to be reaped counts as gone.
    ///
    /// A boot id that differs from this host's says nothing by itself: the caller knows whether the node's name is
    /// this host's, and then a differing boot means gone.
    pub fn liveness(&self) -> Liveness {
        if self.boot != boot_id() {
            return Liveness::Elsewhere;
        }
        match read_stat(self.pid) {
            Some(stat) if stat.start == self.start && !stat.is_zombie => Liveness::Alive,
            _ => Liveness::Gone,
        }
    }
}

/// Has the system keep the end of each child until it is waited for. A process that inherits an ignored `SIGCHLD` gets
/// none (wait(2), NOTES), and would wait for an end that has long been thrown away.
pub fn keep_ends_of_children() -> io::Result<()> {
    signal_hook::flag::register(SIGCHLD, Arc::new(AtomicBool::new(false))).map(drop)
}

/// Gives the id of this boot; empty where the system has none.
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Gives this host's name.
pub fn host() -> String {
    gethostname().map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Lists the processes of this host that have not ended; none where the system does not tell.
pub(crate) fn living() -> Vec<Living> {
    living_among(pids()).collect()
}

/// Lists the pids of this host.
pub(crate) fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
}

/// Looks at those of some pids that have not ended.
pub(crate) fn living_among(pids: impl Iterator<Item = i32>) -> impl Iterator<Item = Living> {
    let living = pids.filter_map(|pid| Some((pid, read_stat(pid)?))).filter(|(_, stat)| !stat.is_zombie);
    living.map(|(pid, stat)| Living { pid, parent: stat.parent, start: stat.start })
}

/// A process that was seen to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Living {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) start: u64,
}

impl Living {
    /// Reads the variables of the environment that it was started with, `NAME=value` each.
    ///
    /// The environment of another user's process cannot be read (proc(5)): it has none.
    pub(crate) fn variables(&self) -> Vec<Vec<u8>> {
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        environment.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
    }
}

struct Stat {
    parent: i32,
    start: u64,
    is_zombie: bool,
}

/// Reads `/proc/PID/stat`, fields 3, 4 and 22 (proc(5)).
#[cfg(target_os = "linux")]
fn read_stat(pid: i32) -> Option<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything, so the fields are counted from the last one.
    let after_name = text.iter().rposition(|byte| *byte == b')')? + 2;
    let fields = std::str::from_utf8(text.get(after_name..)?).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let start = fields.nth(17)?.parse().ok()?;
    Some(Stat { parent, start, is_zombie: matches!(state, "Z" | "X") })
}

#[cfg(not(target_os = "linux"))]
fn read_stat(pid: i32) -> Option<Stat> {
    use nix::sys::signal::kill;
    use nix::unistd::Pid;
    kill(Pid::from_raw(pid), None).is_ok().then_some(Stat { parent: 0, start: 0, is_zombie: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_a_reaped_one_is_gone() {
        assert_eq!(ProcessId::current().liveness(), Liveness::Alive);
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let id = ProcessId::of(i32::try_from(child.id()).unwrap()).unwrap();
        assert_eq!(id.liveness(), Liveness::Alive);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(id.liveness(), Liveness::Gone);
    }

    #[test]
    fn a_living_process_is_found_by_its_environment_and_parent() {
        let mut child =
            std::process::Command::new("sleep").arg("100").env("NEU_TEST_MARK", "one two").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let found = living().into_iter().find(|process| process.pid == pid).unwrap();
        assert_eq!(
            (found.parent, found.start),
            (ProcessId::current().pid, ProcessId::of(pid).unwrap().start)
        );
        // The child has its own environment only once it has become `sleep`.
        while fs::read(format!("/proc/{pid}/comm")).unwrap() != b"sleep\n" {
            std::thread::yield_now();
        }
        assert!(found.variables().contains(&b"NEU_TEST_MARK=one two".to_vec()));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let mut id = ProcessId::current();
        id.start += 1;
        assert_eq!(id.liveness(), Liveness::Gone);
        id.boot = "another".to_owned();
        assert_eq!(id.liveness(), Liveness::Elsewhere);
    }
}
