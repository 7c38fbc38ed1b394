//! Rows of Slurm's answers: found by task, and put into the terms that every scheduler has.

use std::collections::HashMap;

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

/// Rows, found by job and index without going through all.
pub(super) struct Found<R> {
    rows: Vec<R>,
    single: HashMap<(JobId, Option<u32>), usize>,
    sets: Vec<usize>,
}

impl<R: Row> Found<R> {
    /// Takes the rows of the jobs that carry the key that is asked for under their id: a controller that lost its
    /// state, or came to the end of its numbers, gives an id to another job.
    pub(super) fn new(mut rows: Vec<R>, keys: &HashMap<JobId, &str>) -> Self {
        rows.retain(|row| keys.get(&row.job()).is_some_and(|key| carries(row.name(), key)));
        let mut single = HashMap::new();
        let mut sets = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            // A later row of the same task is newer: a requeued job has several in accounting.
            match row.tasks() {
                Tasks::None => drop(single.insert((row.job(), None), place)),
                Tasks::Index(index) => drop(single.insert((row.job(), Some(*index)), place)),
                Tasks::Set(_) => sets.push(place),
            }
        }
        Self { rows, single, sets }
    }

    /// Tells whether any row is about a job.
    pub(super) fn knows(&self, job: JobId) -> bool {
        self.rows.iter().any(|row| row.job() == job)
    }

    pub(super) fn find(&self, job: JobId, index: Option<u32>) -> Option<&R> {
        let of_its_own = self.single.get(&(job, index)).map(|place| &self.rows[*place]);
        let with_others = || {
            let mut sets = self.sets.iter().map(|place| &self.rows[*place]);
            sets.find(|row| row.job() == job && index.is_some_and(|index| row.tasks().contains(index)))
        };
        // An array that was cancelled at once stands in accounting without its tasks.
        let of_the_job = || self.single.get(&(job, None)).map(|place| &self.rows[*place]);
        of_its_own.or_else(with_others).or_else(of_the_job)
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
