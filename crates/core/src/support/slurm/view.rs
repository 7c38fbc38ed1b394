//! What Slurm says of the tasks that are asked about: the queue first, then accounting for what the queue forgot.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{BEFORE, DEADLINE, index_of};
use crate::slurm::id::{JobId, Tasks};
use crate::slurm::query::{QueryError, Wanted};
use crate::slurm::sacct::{self, AccountingRow};
use crate::slurm::squeue::{self, QueueRow};
use crate::slurm::state::SlurmState;
use crate::state::{Sighting, Task, TaskState};
use crate::store::Submission;
use crate::tool::Runner;

/// What Slurm said of the jobs that were asked about.
pub(super) struct View {
    queue: Result<Found<QueueRow>, QueryError>,
    accounting: Result<Found<AccountingRow>, QueryError>,
}

impl View {
    /// Asks squeue for all jobs, and accounting for those of which squeue does not know every task.
    pub(super) fn ask(runner: &dyn Runner, asked: &[(usize, u64, &Submission)]) -> Self {
        let mut jobs: Vec<JobId> =
            asked.iter().filter_map(|(_, _, submission)| submission.job()).map(JobId).collect();
        jobs.sort_unstable();
        jobs.dedup();
        let queue = squeue::query(runner, &Wanted::Jobs(jobs), DEADLINE).map(Found::new);
        let mut forgotten: Vec<(JobId, Timestamp)> = Vec::new();
        if let Ok(queue) = &queue {
            for (_, run, submission) in asked {
                let Some(job) = submission.job().map(JobId) else { continue };
                let is_known = queue.find(job, index_of(submission, *run)).is_some();
                if !is_known && forgotten.last().is_none_or(|(last, _)| *last != job) {
                    forgotten.push((job, submission.time));
                }
            }
        }
        let since = forgotten.iter().map(|(_, time)| time.as_second() - BEFORE).min().unwrap_or(0);
        let jobs = forgotten.into_iter().map(|(job, _)| job).collect();
        let accounting = sacct::query(runner, &Wanted::Jobs(jobs), since, DEADLINE).map(Found::new);
        Self { queue, accounting }
    }

    pub(super) fn of(&self, job: JobId, index: Option<u32>) -> Sighting {
        let queue = match &self.queue {
            Ok(queue) => queue,
            Err(error) => return unanswered("squeue", error),
        };
        if let Some(row) = queue.find(job, index) {
            return Sighting::Task(row.task());
        }
        match &self.accounting {
            Ok(accounting) => {
                accounting.find(job, index).map_or(Sighting::Gone, |row| Sighting::Task(row.task()))
            }
            Err(QueryError::AccountingDisabled) => Sighting::Gone,
            Err(error) => unanswered("sacct", error),
        }
    }
}

fn unanswered(program: &str, error: &QueryError) -> Sighting {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    Sighting::Unclear(format!("`{program}` gave no answer: {error}{cause}"))
}

/// One row of an answer, about a task, a job, or the tasks of an array that still wait together.
trait Row {
    fn job(&self) -> JobId;
    fn tasks(&self) -> &Tasks;
    fn task(&self) -> Task;
}

/// Rows, found by job and index without going through all.
struct Found<R> {
    rows: Vec<R>,
    single: HashMap<(JobId, Option<u32>), usize>,
    sets: Vec<usize>,
}

impl<R: Row> Found<R> {
    fn new(rows: Vec<R>) -> Self {
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

    fn find(&self, job: JobId, index: Option<u32>) -> Option<&R> {
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

    fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    fn task(&self) -> Task {
        let reason = self.reason.as_ref().filter(|reason| *reason != "None");
        Task {
            state: task_state(&self.state),
            words: reason
                .map_or_else(|| self.state.word().to_owned(), |why| format!("{} ({why})", self.state.word())),
            node: self.nodes.clone(),
            started: self.start.and_then(|second| Timestamp::from_second(second).ok()),
            ended: None,
        }
    }
}

impl Row for AccountingRow {
    fn job(&self) -> JobId {
        self.job
    }

    fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    fn task(&self) -> Task {
        let state = self.state.word();
        Task {
            state: task_state(&self.state),
            words: self
                .exit
                .map_or_else(|| state.to_owned(), |exit| format!("{state} {}:{}", exit.code, exit.signal)),
            node: self.nodes.clone(),
            started: self.start.and_then(|second| Timestamp::from_second(second).ok()),
            ended: self.end.and_then(|second| Timestamp::from_second(second).ok()),
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
        SlurmState::Failed | SlurmState::LaunchFailed | SlurmState::ReconfigFail => TaskState::Failed,
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
