//! The processes below this one, found among all of the machine without reading about each of the others again and again.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::process::{Living, living_among, pids};

/// How long it is believed that a pid is a stranger's. It could be given to a process of ours only after all other pids
/// were.
const BELIEVED: Duration = Duration::from_mins(1);

/// Knows strangers: processes that are not below this one, and never will be.
#[derive(Debug, Default)]
pub(super) struct Relatives {
    strangers: HashSet<i32>,
    since: Option<Instant>,
}

impl Relatives {
    /// Lists the processes below this one, and those of which that is not known.
    pub(super) fn living(&mut self, now: Instant) -> Vec<Living> {
        if self.since.is_none_or(|since| now.saturating_duration_since(since) > BELIEVED) {
            self.strangers.clear();
            self.since = Some(now);
        }
        let pids: HashSet<i32> = pids().collect();
        self.strangers.retain(|stranger| pids.contains(stranger));
        let living: Vec<Living> = living_among(pids.difference(&self.strangers).copied()).collect();
        self.strangers = strangers(&living, std::mem::take(&mut self.strangers), Pid::this().as_raw());
        living.into_iter().filter(|process| !self.strangers.contains(&process.pid)).collect()
    }
}

/// Adds to the strangers those whose forefathers are known up to a stranger or the first of all processes, without `this`
/// among them. An orphan below `this` is adopted by it or below it, so that no stranger is its father.
fn strangers(living: &[Living], mut known: HashSet<i32>, this: i32) -> HashSet<i32> {
    let parents: HashMap<i32, i32> = living.iter().map(|process| (process.pid, process.parent)).collect();
    for process in living {
        let mut line = vec![process.pid];
        // No line is longer than there are processes: what was read at different moments might be a circle.
        while line.len() <= living.len() {
            let Some(&last) = line.last().filter(|last| **last != this) else { break };
            match parents.get(&last) {
                _ if last == 0 || known.contains(&last) => {
                    known.extend(line.drain(..));
                    break;
                }
                Some(parent) => line.push(*parent),
                None => break,
            }
        }
    }
    known.remove(&0);
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(living: &[(i32, i32)], known: &[i32]) -> Vec<i32> {
        let living: Vec<Living> =
            living.iter().map(|&(pid, parent)| Living { pid, parent, start: 0 }).collect();
        let mut found: Vec<i32> =
            strangers(&living, known.iter().copied().collect(), 10).into_iter().collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn who_is_not_below_this_process_is_a_stranger() {
        let all = [(1, 0), (5, 1), (10, 5), (11, 10), (12, 11), (6, 5), (7, 6)];
        assert_eq!(found(&all, &[]), [1, 5, 6, 7]);
        assert_eq!(found(&[(10, 5), (11, 10), (8, 7)], &[1, 5, 7]), [1, 5, 7, 8]);
    }

    #[test]
    fn of_whom_it_is_not_known_is_none() {
        // The father of 12 ended between two reads; 13 and 14 were read at different moments.
        assert_eq!(found(&[(10, 5), (12, 11), (13, 14), (14, 13)], &[1, 5]), [1, 5]);
        assert!(found(&[(10, 0), (11, 10)], &[]).is_empty());
    }

    #[test]
    fn a_child_is_found_at_every_look_and_its_parent_at_none() {
        let mut relatives = Relatives::default();
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        for _ in 0..3 {
            let living = relatives.living(Instant::now());
            assert!(living.iter().any(|process| process.pid == pid));
            assert!(living.iter().all(|process| process.pid != nix::unistd::getppid().as_raw()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(relatives.living(Instant::now()).iter().all(|process| process.pid != pid));
    }
}
