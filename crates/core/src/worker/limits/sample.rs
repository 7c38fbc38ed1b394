//! The memory of a run where no cgroup may be made: its processes are looked for and added up, now and then.

mod relatives;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getpgid, getsid};

use self::relatives::Relatives;
use crate::process::Living;
use crate::resources::MemorySize;

/// How often the processes of a run are looked at that may soon have too much memory: it may grow beyond its limit for so
/// long.
const OFTEN: Duration = Duration::from_millis(250);

/// How often those of a run are that has less than half of its limit, and less than an eighth. Each is a multiple of the one
/// before, so that all runs are looked at together.
const SELDOM: Duration = Duration::from_secs(1);
const RARELY: Duration = Duration::from_secs(2);

/// The processes of this worker, looked at for all its runs together.
#[derive(Debug)]
pub(super) struct Processes {
    /// All looks are whole intervals after this.
    origin: Instant,
    relatives: Relatives,
    seen: Option<Seen>,
    /// The run that an orphan says it belongs to; a pid with its start time is never another's.
    orphans: HashMap<(i32, u64), Option<Vec<u8>>>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    all: Vec<Living>,
}

/// How much of its limit a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Less than an eighth.
    Little,
    /// Less than half.
    Low,
    /// It may soon have too much.
    High,
    /// More than it may have.
    TooHigh,
}

/// Which processes are a run's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    /// Its program, which leads its group.
    pub(super) program: Pid,
    /// What its processes have in their environment: `NEU_RUN_ID=4.2`.
    pub(super) mark: Vec<u8>,
}

impl Default for Processes {
    fn default() -> Self {
        let (relatives, orphans) = (Relatives::default(), HashMap::new());
        Self { origin: Instant::now(), relatives, seen: None, orphans }
    }
}

impl Processes {
    /// Gives the time of the next look at a run, the same for all runs that are looked at as often.
    pub(super) fn next(&self, now: Instant, level: Level) -> Instant {
        let every = match level {
            Level::Little => RARELY,
            Level::Low => SELDOM,
            Level::High | Level::TooHigh => OFTEN,
        };
        let passed = now.saturating_duration_since(self.origin).as_millis() / every.as_millis();
        self.origin + every * u32::try_from(passed + 1).unwrap_or(u32::MAX)
    }

    /// Lists the processes of a run, orphans too; what was seen a moment ago for another run is not looked at again.
    pub(super) fn of(&mut self, tree: &Tree, now: Instant) -> Vec<i32> {
        let is_fresh = |seen: &Seen| now.saturating_duration_since(seen.at) < OFTEN / 2;
        if !self.seen.as_ref().is_some_and(is_fresh) {
            let all = self.relatives.living(now);
            let there: HashSet<(i32, u64)> = all.iter().map(|process| (process.pid, process.start)).collect();
            self.orphans.retain(|orphan, _| there.contains(orphan));
            self.seen = Some(Seen { at: now, all });
        }
        let Self { seen: Some(Seen { all, .. }), orphans, .. } = self else { return Vec::new() };
        let this = Pid::this().as_raw();
        let mut is_orphan_of = |process: &Living| {
            let pid = Some(Pid::from_raw(process.pid));
            if getpgid(pid) == Ok(tree.program) || getsid(pid) == Ok(tree.program) {
                return true;
            }
            let mark = orphans.entry((process.pid, process.start)).or_insert_with(|| {
                process.variables().into_iter().find(|variable| variable.starts_with(b"NEU_RUN_ID="))
            });
            mark.as_ref() == Some(&tree.mark)
        };
        let mut own: Vec<i32> = vec![tree.program.as_raw()];
        let adopted = all.iter().filter(|process| process.parent == this && process.pid != own[0]);
        let adopted: Vec<i32> =
            adopted.filter(|process| is_orphan_of(process)).map(|process| process.pid).collect();
        own.extend(adopted);
        with_descendants(own, all)
    }
}

fn with_descendants(mut found: Vec<i32>, all: &[Living]) -> Vec<i32> {
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = all.iter().filter(|process| process.parent == parent).map(|process| process.pid);
        let new: Vec<i32> = children.filter(|child| !found.contains(child)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

/// Tells how much of the limit processes have: first by what is cheap to read and never too low, and only then by their shares
/// of what they have in common, for which the kernel walks through all their pages.
pub(super) fn level(pids: &[i32], limit: MemorySize) -> Level {
    let at_most: u64 = pids.iter().map(|pid| resident(*pid)).sum();
    let exactly = || pids.iter().map(|pid| share(*pid).unwrap_or_else(|| resident(*pid))).sum::<u64>();
    match at_most {
        little if little <= limit.bytes() / 8 => Level::Little,
        low if low <= limit.bytes() / 2 => Level::Low,
        high if high <= limit.bytes() || exactly() <= limit.bytes() => Level::High,
        _ => Level::TooHigh,
    }
}

/// Reads what a process has in memory or in swap that no file could give back; what it shares counts as its own.
fn resident(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    sum_of(&status, ["RssAnon:", "RssShmem:", "VmSwap:"]).or_else(|| sum_of(&status, ["VmRSS:"])).unwrap_or(0)
}

/// Reads the same with its share only of what several processes have; `None` where that may not be read.
fn share(pid: i32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    sum_of(&rollup, ["Pss_Anon:", "Pss_Shmem:", "SwapPss:"]).or_else(|| sum_of(&rollup, ["Pss:"]))
}

/// Adds up lines such as `RssAnon:  1696 kB` (proc(5)); `None` where one is missing.
fn sum_of<const N: usize>(text: &str, names: [&str; N]) -> Option<u64> {
    names.into_iter().try_fold(0, |sum, name| {
        let value = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(sum + kilobytes * 1024)
    })
}

#[cfg(test)]
mod tests;
