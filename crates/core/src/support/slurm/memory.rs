//! What was seen of a launch's tasks, so that what is over is never asked again and what Slurm forgets is not lost.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use crate::ranges::Ranges;
use crate::state::Task;

/// What was seen of one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Seen {
    /// Slurm answered and did not know it, for the first time then.
    Missing(Timestamp),
    /// The queue had it, ended so; it may still be requeued.
    Ended(Task),
    /// It ended so, and the queue has it no more.
    Over(Task),
    /// Nothing knows it any more, for the first time then, and it had time enough to come back.
    Gone(Timestamp),
    /// It left the queue without having started, and was missed for the first time then.
    Left(Timestamp),
}

/// Which execution something was seen of: a retry or a requeue is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Execution {
    /// The submission's number.
    pub(super) submission: u32,
    /// The latest attempt that had begun; 0 for none.
    pub(super) attempt: u32,
}

/// What is remembered of one launch.
#[derive(Debug)]
pub(super) struct Memory {
    file: PathBuf,
    key: String,
    asker: Vec<String>,
    runs: HashMap<u64, (Execution, Seen)>,
    is_new: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    key: String,
    asker: Vec<String>,
    seen: Vec<Group>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Group {
    runs: Ranges,
    execution: Execution,
    seen: Seen,
}

impl Memory {
    /// Reads what `asker` has seen of the launch with this number and key: another cluster, or another machine, may
    /// know what this one does not.
    pub(super) fn read(cache: &Cache, launch: u64, key: &str, asker: Vec<String>) -> Self {
        let file = PathBuf::from(format!("slurm/{launch}.json"));
        let kept = cache.read::<File>(&file).filter(|kept| kept.key == key && kept.asker == asker);
        let groups = kept.map_or_else(Vec::new, |kept| kept.seen);
        let runs = groups.into_iter().flat_map(|Group { runs, execution, seen }| {
            runs.iter().map(|run| (run, (execution, seen.clone()))).collect::<Vec<_>>()
        });
        Self { runs: runs.collect(), file, key: key.to_owned(), asker, is_new: false }
    }

    /// Gives what was seen of this execution of a run.
    pub(super) fn of(&self, run: u64, execution: Execution) -> Option<&Seen> {
        self.runs.get(&run).filter(|(known, _)| *known == execution).map(|(_, seen)| seen)
    }

    /// Takes note of what is seen.
    pub(super) fn note(&mut self, run: u64, execution: Execution, seen: Seen) {
        let is_known = self.of(run, execution) == Some(&seen);
        self.is_new |= !is_known;
        self.runs.insert(run, (execution, seen));
    }

    /// Forgets a run, which Slurm knows.
    pub(super) fn forget(&mut self, run: u64) {
        self.is_new |= self.runs.remove(&run).is_some();
    }

    /// Keeps it where it is new.
    pub(super) fn keep(self, cache: &Cache) {
        if !self.is_new {
            return;
        }
        let mut groups: BTreeMap<String, (Execution, Seen, Vec<u64>)> = BTreeMap::new();
        for (run, (execution, seen)) in self.runs {
            let name = format!("{execution:?} {seen:?}");
            groups.entry(name).or_insert_with(|| (execution, seen, Vec::new())).2.push(run);
        }
        let seen = groups.into_values().map(|(execution, seen, mut runs)| {
            runs.sort_unstable();
            Group { runs: runs.into_iter().collect(), execution, seen }
        });
        cache.keep(&self.file, &File { key: self.key, asker: self.asker, seen: seen.collect() });
    }
}
