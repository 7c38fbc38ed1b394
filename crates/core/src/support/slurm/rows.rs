//! Rows of Slurm's answers: found by task, and put into the terms that every scheduler has.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::slurm::id::{JobId, Tasks};
use crate::slurm::sacct::{AccountingRow, ExitCode};
use crate::slurm::squeue::QueueRow;
use crate::slurm::state::SlurmState;
use crate::state::{Task, TaskState};

/// How squeue names the end of a job that its node could not even start, for want of its log's folder, say. Slurm
/// 22.05 says `JobLaunchFailure` instead, but so it does of a worker that was killed.
const NOT_LAUNCHED: &str = "RaisedSignal:53";

/// How accounting gives the same.
const NOT_LAUNCHED_EXIT: ExitCode = ExitCode { code: 0, signal: 53 };

fn time(second: Option<i64>) -> Option<Timestamp> {
    second.and_then(|second| Timestamp::from_second(second).ok())
}

fn carries(name: &str, key: &str) -> bool {
    name.strip_suffix(key).is_some_and(|rest| rest.ends_with('.'))
}

/// One row of an answer, about a task, a job, or the tasks of an array that still wait together.
pub(super) trait Row {
    fn job(&self) -> JobId;
    fn name(&self) -> &str;
    fn tasks(&self) -> &Tasks;
    fn task(&self) -> Task;
}

/// The keys that are asked for under the id of each job: a controller that lost its state, came to the end of its
/// numbers, or is another than before, gives an id to another job, and that may be one of ours, too.
pub(super) type Keys<'a> = HashMap<JobId, Vec<&'a str>>;

/// Rows, found by job, key and index without going through all.
pub(super) struct Found<'a, R> {
    rows: Vec<R>,
    single: HashMap<(JobId, &'a str, Option<u32>), usize>,
    sets: Vec<(&'a str, usize)>,
    known: HashSet<(JobId, &'a str)>,
}

impl<'a, R: Row> Found<'a, R> {
    /// Takes the rows of the jobs that carry a key that is asked for under their id.
    pub(super) fn new(mut rows: Vec<R>, keys: &Keys<'a>) -> Self {
        let key_of = |row: &R| keys.get(&row.job())?.iter().copied().find(|key| carries(row.name(), key));
        rows.retain(|row| key_of(row).is_some());
        let mut found =
            Self { rows: Vec::new(), single: HashMap::new(), sets: Vec::new(), known: HashSet::new() };
        for (place, row) in rows.iter().enumerate() {
            let Some(key) = key_of(row) else { continue };
            found.known.insert((row.job(), key));
            // A later row of the same task is newer: a requeued job has several in accounting.
            match row.tasks() {
                Tasks::None => drop(found.single.insert((row.job(), key, None), place)),
                Tasks::Index(index) => drop(found.single.insert((row.job(), key, Some(*index)), place)),
                Tasks::Set(_) => found.sets.push((key, place)),
            }
        }
        Self { rows, ..found }
    }

    /// Tells whether any row is about the job of a key.
    pub(super) fn knows(&self, job: JobId, key: &str) -> bool {
        self.known.contains(&(job, key))
    }

    pub(super) fn find(&self, job: JobId, key: &str, index: Option<u32>) -> Option<&R> {
        let single = |index| self.single.get(&(job, key, index)).map(|place| &self.rows[*place]);
        let with_others = || {
            let of_the_key = self.sets.iter().filter(|(of, _)| *of == key);
            let mut sets = of_the_key.map(|(_, place)| &self.rows[*place]);
            sets.find(|row| row.job() == job && index.is_some_and(|index| row.tasks().contains(index)))
        };
        // An array that was cancelled at once stands in accounting without its tasks.
        single(index).or_else(with_others).or_else(|| single(None))
    }
}

impl Row for QueueRow {
    fn job(&self) -> JobId {
        self.job
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    fn task(&self) -> Task {
        let reason = self.reason.as_ref().filter(|reason| *reason != "None");
        Task {
            state: match task_state(&self.state) {
                TaskState::Failed if reason.is_some_and(|reason| reason.starts_with(NOT_LAUNCHED)) => {
                    TaskState::Unlaunched
                }
                state => state,
            },
            words: reason
                .map_or_else(|| self.state.word().to_owned(), |why| format!("{} ({why})", self.state.word())),
            reason: reason.cloned(),
            node: self.nodes.clone(),
            started: time(self.start),
            // Before its end it is when the time limit comes.
            ended: time(self.end).filter(|_| self.state.is_final()),
        }
    }
}

impl Row for AccountingRow {
    fn job(&self) -> JobId {
        self.job
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    fn task(&self) -> Task {
        let state = self.state.word();
        Task {
            state: match self.exit {
                Some(exit) if exit == NOT_LAUNCHED_EXIT && self.state == SlurmState::Failed => {
                    TaskState::Unlaunched
                }
                _ => task_state(&self.state),
            },
            words: self
                .exit
                .map_or_else(|| state.to_owned(), |exit| format!("{state} {}:{}", exit.code, exit.signal)),
            reason: self.reason.clone(),
            node: self.nodes.clone(),
            started: time(self.start),
            ended: time(self.end),
        }
    }
}

/// Puts Slurm's states into the terms that every scheduler has; what is not known counts as alive.
fn task_state(state: &SlurmState) -> TaskState {
    match state {
        SlurmState::Pending
        | SlurmState::RequeueFed
        | SlurmState::RequeueHold
        | SlurmState::Requeued
        | SlurmState::ResvDelHold
        | SlurmState::SpecialExit => TaskState::Pending,
        SlurmState::Completed => TaskState::Completed,
        SlurmState::Cancelled | SlurmState::Revoked => TaskState::Cancelled,
        SlurmState::Failed => TaskState::Failed,
        SlurmState::LaunchFailed | SlurmState::ReconfigFail => TaskState::Unlaunched,
        SlurmState::Timeout | SlurmState::Deadline => TaskState::TimedOut,
        SlurmState::OutOfMemory => TaskState::OutOfMemory,
        SlurmState::NodeFail | SlurmState::BootFail => TaskState::NodeFailed,
        SlurmState::Preempted => TaskState::Preempted,
        SlurmState::Completing
        | SlurmState::Configuring
        | SlurmState::Expediting
        | SlurmState::Resizing
        | SlurmState::Running
        | SlurmState::Signaling
        | SlurmState::StageOut
        | SlurmState::Stopped
        | SlurmState::Suspended
        | SlurmState::Other(_) => TaskState::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, state: SlurmState) -> QueueRow {
        QueueRow {
            job: JobId(7),
            raw: JobId(7),
            tasks: Tasks::None,
            state,
            reason: None,
            nodes: None,
            uid: 0,
            submitted: None,
            start: None,
            end: None,
            name: name.to_owned(),
        }
    }

    #[test]
    fn an_id_that_two_launches_had_is_told_apart_by_their_keys() {
        let keys = Keys::from([(JobId(7), vec!["k1", "k2", "k3"])]);
        let rows = || vec![row("a.k1", SlurmState::Running), row("b.k2", SlurmState::Cancelled)];
        let found = Found::new(rows(), &keys);
        let state = |key| found.find(JobId(7), key, None).map(|row| row.state.clone());
        assert_eq!(state("k1"), Some(SlurmState::Running));
        assert_eq!(state("k2"), Some(SlurmState::Cancelled));
        assert_eq!(state("k3"), None);
        assert!(found.knows(JobId(7), "k2") && !found.knows(JobId(7), "k3"));
        assert!(Found::new(rows(), &Keys::from([(JobId(7), vec!["1"])])).rows.is_empty(), "a part of a key");
    }
}
