//! What outlived its worker on this host: found by the run and the launch in its environment, and ended.
//!
//! After a kill -9 of a worker, or of slurmstepd, the program lives on with parent 1, out of reach of a later scancel.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::id::RunId;
use crate::process::{Living, ProcessId, boot_id, living};

/// The variable by which what belongs to a worker on this machine is found: it holds the key of the submission.
pub const WORKER: &str = "NEU_WORKER";

/// How long an orphan may take to end after TERM: it may be a program that saves what it has.
const GRACE: Duration = Duration::from_secs(10);

/// How long to try before giving up on a process that does not even die of KILL.
const LIMIT: Duration = Duration::from_secs(20);

/// How often to look whether all are gone.
const TICK: Duration = Duration::from_millis(20);

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Orphans {
    /// The variable with the launch's key, as it stands in the environment of its programs.
    key: Vec<u8>,
    /// The variables with the ids of the runs, one of which is beside the key.
    runs: HashSet<Vec<u8>>,
    /// The variables with the keys of submissions, as they stand in the environment of what is of their workers and of
    /// no program: both halves, and what the env has started.
    workers: HashSet<Vec<u8>>,
    /// Processes that are meant whatever their environment.
    named: Vec<ProcessId>,
}

impl Orphans {
    /// Looks for the processes of `runs` in the launch with `key`, and for those that are `named` by records.
    ///
    /// A `neurun` that a program starts gives its own programs other variables, but has these itself: it is a part of
    /// the run, and ends what it has started.
    pub(super) fn of(key: &str, runs: impl IntoIterator<Item = RunId>, named: Vec<ProcessId>) -> Self {
        let variable = |run: RunId| format!("NEU_RUN_ID={run}").into_bytes();
        let runs = runs.into_iter().map(variable).collect();
        Self { key: format!("NEU_KEY={key}").into_bytes(), runs, workers: HashSet::new(), named }
    }

    /// Looks for the workers of these submissions, too.
    fn with_workers<'a>(self, keys: impl IntoIterator<Item = &'a str>) -> Self {
        let variable = |key: &str| format!("{WORKER}={key}").into_bytes();
        Self { workers: keys.into_iter().map(variable).collect(), ..self }
    }

    /// Tells whether there is any.
    pub(super) fn any_lives(&self) -> bool {
        !self.among(&living()).is_empty()
    }

    /// Ends them and their descendants: TERM, a grace, KILL. In between it waits with `pause`.
    pub(super) fn end(&self, mut pause: impl FnMut(Duration)) {
        let began = Instant::now();
        let mut told: Vec<Living> = Vec::new();
        while began.elapsed() < LIMIT {
            let processes = living();
            let mut left = self.among(&processes);
            // A child that was told, and has lost its parent since, is still one of them.
            let lost: Vec<Living> = processes
                .iter()
                .copied()
                .filter(|process| is_same_as_any(process, &told) && !is_same_as_any(process, &left))
                .collect();
            left.extend(lost);
            add_descendants(&mut left, &processes);
            if left.is_empty() {
                return;
            }
            let signal = if began.elapsed() < GRACE { Signal::SIGTERM } else { Signal::SIGKILL };
            for process in left {
                let is_told = is_same_as_any(&process, &told);
                if signal == Signal::SIGKILL || !is_told {
                    let _gone = kill(Pid::from_raw(process.pid), signal);
                    // A stopped one hears it only then.
                    let _gone = kill(Pid::from_raw(process.pid), Signal::SIGCONT);
                }
                if !is_told {
                    told.push(process);
                }
            }
            pause(TICK);
        }
    }

    fn among(&self, processes: &[Living]) -> Vec<Living> {
        let boot = boot_id();
        let ours = family_of(i32::try_from(std::process::id()).unwrap_or(0), processes);
        let is_named = |process: &Living| {
            self.named.iter().any(|id| (id.pid, id.start, &id.boot) == (process.pid, process.start, &boot))
        };
        let is_marked = |process: &Living| {
            let variables = process.variables();
            let is_of_run = || variables.iter().any(|variable| self.runs.contains(variable));
            (variables.contains(&self.key) && is_of_run())
                || variables.iter().any(|variable| self.workers.contains(variable))
        };
        let strangers = processes.iter().copied().filter(|process| !ours.contains(&process.pid));
        strangers.filter(|process| is_named(process) || is_marked(process)).collect()
    }
}

/// Ends whatever lives on this host of some runs of the launch with `key`: for whoever cancels them, where their
/// worker cannot do it any more. A process that belongs to another user, or to no run of these, is never touched.
///
/// Blocks for up to 20 s where something does not end.
pub fn end_leftovers(key: &str, runs: impl IntoIterator<Item = RunId>) {
    Orphans::of(key, runs, Vec::new()).end(std::thread::sleep);
}

/// Ends the same, and what is left of the workers of the submissions with these `workers` keys: a half that outlived
/// the other, and what their env runs.
///
/// Blocks for up to 20 s where something does not end.
pub fn end_workers<'a>(
    key: &str,
    runs: impl IntoIterator<Item = RunId>,
    workers: impl IntoIterator<Item = &'a str>,
) {
    Orphans::of(key, runs, Vec::new()).with_workers(workers).end(std::thread::sleep);
}

/// Gives the pid of a process of some runs of the launch with `key` that lives on this host, whatever the journal knows
/// of it: a worker that is killed right after it started a program has not written so.
pub fn leftover(key: &str, runs: impl IntoIterator<Item = RunId>) -> Option<i32> {
    Orphans::of(key, runs, Vec::new()).among(&living()).first().map(|process| process.pid)
}

fn is_same_as_any(process: &Living, others: &[Living]) -> bool {
    others.iter().any(|other| (other.pid, other.start) == (process.pid, process.start))
}

/// Adds the children of processes, theirs, and so on.
fn add_descendants(found: &mut Vec<Living>, processes: &[Living]) {
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        for child in processes.iter().filter(|process| process.parent == parent.pid) {
            if !is_same_as_any(child, found) {
                found.push(*child);
            }
        }
        next += 1;
    }
}

/// Gives the pids of a process, its ancestors, and its descendants.
fn family_of(pid: i32, processes: &[Living]) -> Vec<i32> {
    let mut family = Vec::new();
    let mut above = pid;
    while let Some(process) = processes.iter().find(|process| process.pid == above) {
        family.push(above);
        above = process.parent;
    }
    let mut below: Vec<Living> = processes.iter().copied().filter(|process| process.pid == pid).collect();
    add_descendants(&mut below, processes);
    family.extend(below.iter().map(|process| process.pid));
    family
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::LaunchId;
    use std::process::Command;
    use std::thread;

    const RUN: RunId = RunId { launch: LaunchId(4), run: 2 };

    fn process(pid: i32, parent: i32) -> Living {
        Living { pid, parent, start: 1 }
    }

    #[test]
    fn a_family_is_those_above_and_below() {
        let processes =
            [process(1, 0), process(5, 1), process(7, 5), process(8, 7), process(9, 8), process(6, 1)];
        let mut family = family_of(7, &processes);
        family.sort_unstable();
        family.dedup();
        assert_eq!(family, [1, 5, 7, 8, 9]);
    }

    #[test]
    fn no_child_of_this_process_is_an_orphan() {
        let mut child =
            Command::new("sleep").arg("60").env("NEU_RUN_ID", "4.2").env("NEU_KEY", "own").spawn().unwrap();
        assert!(!Orphans::of("own", [RUN], Vec::new()).any_lives());
        end_leftovers("own", [RUN]);
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts a shell whose parent is not this process, and gives the pid that it writes.
    fn orphan(script: &str, run: &str, folder: &std::path::Path) -> i32 {
        let file = folder.join(run);
        let script = format!(
            "(trap '' HUP; {script} echo $BASHPID >{0}.new; mv {0}.new {0}; while :; do sleep 0.02; done) &",
            file.display()
        );
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).env("NEU_RUN_ID", run).env("NEU_KEY", "lost");
        assert!(shell.status().unwrap().success());
        let began = Instant::now();
        loop {
            if let Ok(pid) = std::fs::read_to_string(&file) {
                return pid.trim().parse().unwrap();
            }
            assert!(began.elapsed() < Duration::from_secs(10));
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_is_left_of_a_worker_is_found_by_its_submission() {
        let mut shell = Command::new("bash");
        let script = "sleep 60 >/dev/null 2>&1 & echo $!";
        let output = shell.args(["-c", script]).env(WORKER, "own-2").output().unwrap();
        let pid: i32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        let left = ProcessId::of(pid).unwrap();
        end_workers("own", [], ["own", "own-1"]);
        assert_eq!(left.liveness(), crate::process::Liveness::Alive);
        end_workers("own", [], ["own-1", "own-2"]);
        assert_eq!(left.liveness(), crate::process::Liveness::Gone);
    }

    #[test]
    fn orphans_of_the_run_are_ended_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) = (orphan("", "4.2", dir.path()), orphan("", "4.20", dir.path()));
        end_leftovers("another", [RUN]);
        assert!(ProcessId::of(ours).is_some());
        assert!(Orphans::of("lost", [RUN], Vec::new()).any_lives());
        end_leftovers("lost", [RUN]);
        assert!(!Orphans::of("lost", [RUN], Vec::new()).any_lives());
        let named = ProcessId::of(other).unwrap();
        let mut reused = named.clone();
        reused.start += 1;
        assert!(!Orphans::of("none", [], vec![reused]).any_lives());
        Orphans::of("none", [], vec![named.clone()]).end(thread::sleep);
        assert_eq!(named.liveness(), crate::process::Liveness::Gone);
    }
}
