//! What a program leaves behind: every process that it started is ended with it.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::Signals;
use super::children::Children;
use super::heirs::{Heirs, Owner};
use crate::id::RunId;
use crate::process::{Living, living, living_among};

/// How long a leftover may take to end after TERM.
const GRACE: Duration = Duration::from_secs(2);

/// How long to try, after the grace, before giving up on a process that does not even die of KILL.
const LIMIT: Duration = Duration::from_secs(8);

/// How often to look whether all are gone.
pub(super) const TICK: Duration = Duration::from_millis(20);

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
    children: Children,
    heirs: Heirs,
}

/// A program of which something may be left, and those beside it that run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deceased<'a> {
    /// The run.
    pub(super) run: RunId,
    /// The key of its launch.
    pub(super) key: &'a str,
    /// Its program's process, which led its group.
    pub(super) group: Pid,
    /// The programs of other runs.
    pub(super) others: &'a [Pid],
}

impl Leftovers {
    /// Makes orphans of the programs children of this process from now on, so that none escapes by a double fork.
    pub(super) fn adopt() -> Self {
        adopt_orphans();
        let before = children_of(&living(), Pid::this());
        Self { before, children: Children::of_this_process(), heirs: Heirs::default() }
    }

    /// Ends whatever is left of the group and the descendants of a program that ended: TERM, a grace, KILL.
    pub(super) fn end(&mut self, group: Pid, signals: &mut Signals) {
        let mut clearing = Clearing::begin(Told::NotYet, Vec::new());
        while any_child_lives() {
            let left = self.descendants();
            if clearing.go_on(group, &left, Instant::now()) == Cleared::Yes {
                break;
            }
            let _about_to_end = signals.wait(Some(TICK));
        }
    }

    /// Lists what lives of a program that has ended.
    ///
    /// Where nothing is left, as nearly always, that is one system call. With other programs at work, an orphan that
    /// bears no sign of its run is left until it can belong to none of them.
    pub(super) fn of(&mut self, deceased: Deceased<'_>) -> Vec<Pid> {
        let known = |child: &Pid| self.before.contains(child) || deceased.others.contains(child);
        let strangers: Vec<Pid> = match self.children.list() {
            Some(children) => children.into_iter().filter(|child| !known(child)).collect(),
            None if deceased.others.is_empty() && !any_child_lives() => Vec::new(),
            None => children_of(&living(), Pid::this()).into_iter().filter(|child| !known(child)).collect(),
        };
        self.heirs.keep(&strangers);
        let mut found = strangers;
        if found.is_empty() {
            return found;
        }
        if !deceased.others.is_empty() {
            found.retain(|orphan| self.heirs.owner(*orphan, &deceased) == Owner::Deceased);
        }
        with_descendants(found, &living())
    }

    /// Gives the start, in ticks since boot, of the youngest orphan that lives and bears no sign of any run, with these programs
    /// at work.
    pub(super) fn last_of_nobody(&mut self, key: &str, programs: &[Pid]) -> Option<u64> {
        let known = |child: &Pid| self.before.contains(child) || programs.contains(child);
        let children = self.children.list().unwrap_or_else(|| children_of(&living(), Pid::this()));
        let orphans: Vec<Pid> = children.into_iter().filter(|child| !known(child)).collect();
        let of_nobody = orphans.into_iter().filter(|orphan| self.heirs.is_of_nobody(*orphan, key, programs));
        living_among(of_nobody.map(Pid::as_raw)).map(|orphan| orphan.start).max()
    }

    /// Sends a signal to every process below this one, but for those that were there before and theirs.
    pub(super) fn signal_all(&self, signal: Signal) {
        for process in self.descendants() {
            let _gone = kill(process, signal);
        }
    }

    /// Lists every process below this one, but for those that were there before and theirs.
    pub(super) fn descendants(&self) -> Vec<Pid> {
        let processes = living();
        let mut found: Vec<Pid> = children_of(&processes, Pid::this());
        found.retain(|child| !self.before.contains(child));
        with_descendants(found, &processes)
    }
}

/// How far the end of what a program left behind has come.
#[derive(Debug)]
pub(super) struct Clearing {
    told: Vec<Pid>,
    kill_at: Instant,
}

/// Whether nothing is left, or nothing more can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleared {
    Yes,
    NotYet,
}

impl Clearing {
    /// Begins now; `left` is what is left and may have been told.
    pub(super) fn begin(before: Told, left: Vec<Pid>) -> Self {
        match before {
            Told::Until(kill_at) => Self { told: left, kill_at },
            Told::NotYet => Self { told: Vec::new(), kill_at: Instant::now() + GRACE },
        }
    }

    /// Tells what is `left` to end, what is due.
    pub(super) fn go_on(&mut self, group: Pid, left: &[Pid], now: Instant) -> Cleared {
        if left.is_empty() || now >= self.kill_at + LIMIT {
            return Cleared::Yes;
        }
        let signal = if now < self.kill_at { Signal::SIGTERM } else { Signal::SIGKILL };
        for process in left {
            if signal == Signal::SIGKILL || !self.told.contains(process) {
                self.told.push(*process);
                let _gone = kill(*process, signal);
            }
        }
        if signal == Signal::SIGKILL {
            let _gone = killpg(group, signal);
        }
        Cleared::NotYet
    }
}

#[cfg(target_os = "linux")]
fn adopt_orphans() {
    // Kernels since 3.4 have it; without it the program's own group is still ended.
    let _unsupported = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() {}

/// Lists a program that runs, and every process below it.
pub(super) fn with_all_below(program: Pid) -> Vec<Pid> {
    with_descendants(vec![program], &living())
}

/// Reaps what has ended and tells whether a child is left.
pub(super) fn any_child_lives() -> bool {
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

/// Adds the children of processes, theirs, and so on; leaves out those that have ended.
fn with_descendants(roots: Vec<Pid>, processes: &[Living]) -> Vec<Pid> {
    let mut found = roots;
    found.retain(|root| processes.iter().any(|process| process.pid == root.as_raw()));
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(children_of(processes, parent));
        next += 1;
    }
    found
}
