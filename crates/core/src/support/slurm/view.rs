//! What Slurm says of the tasks that are asked about: the queue first, then accounting for what the queue forgot.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;

use super::BEFORE;
use super::absence::Absence;
use super::rows::{Found, Keys, Row};
use crate::slurm::id::JobId;
use crate::slurm::query::{QueryError, Wanted};
use crate::slurm::sacct::{self, AccountingRow};
use crate::slurm::squeue::{self, QueueRow};
use crate::slurm::state::SlurmState;
use crate::state::Task;
use crate::store::{Launch, Submission};
use crate::tool::Runner;

/// A task that is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Its job.
    pub(super) job: JobId,
    /// Its index; `None` where the job is no array.
    pub(super) index: Option<u32>,
    /// The key that its job's name ends with.
    pub(super) key: &'a str,
    /// When it was submitted.
    pub(super) submitted: Timestamp,
    /// The cluster that has taken it, where that is known.
    pub(super) cluster: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// Asks for a submission of a launch, or for one task of it.
    pub(super) fn of(launch: &'a Launch, submission: &'a Submission, job: JobId, index: Option<u32>) -> Self {
        let (key, submitted) = (submission.chunk.key.as_str(), submission.time);
        Self { job, index, key, submitted, cluster: launch.cluster.as_deref() }
    }
}

/// What Slurm knows of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// The queue has it.
    Queued(Task),
    /// The queue has it no more, and accounting knows how it ended.
    Over(Task),
    /// Neither has it; of a whole job, the controller says so itself.
    Nowhere,
    /// Accounting answered and has no word of it, while its job is known: Slurm keeps nothing of a task of an array
    /// that is cancelled before it starts.
    Left,
    /// The queue has it no more, and accounting has not heard of its end.
    Behind(String),
    /// It was not told, and why.
    Unclear(String),
}

/// What Slurm said of the jobs that were asked about.
pub(super) struct View<'a> {
    told: Told<'a>,
    absence: Absence<'a>,
}

/// What the queue and accounting tell.
struct Told<'a> {
    queue: Result<Found<'a, QueueRow>, QueryError>,
    /// The second look, at what the first did not find.
    again: Result<Found<'a, QueueRow>, QueryError>,
    accounting: Result<Found<'a, AccountingRow>, QueryError>,
}

impl<'a> View<'a> {
    /// Asks squeue for all jobs. Those of which it does not know every task are asked for once more, from `afresh`,
    /// since an empty answer may be a wrong one, and then accounting is asked for them. Of jobs that none of these
    /// tells of, the controller itself is asked.
    pub(super) fn ask(
        runner: &dyn Runner,
        afresh: &dyn Runner,
        asked: &[Asked<'a>],
        deadline: Duration,
    ) -> Self {
        let keys = keys(asked);
        let look = |runner, jobs: Vec<JobId>| {
            squeue::query(runner, &Wanted::Jobs(jobs), deadline).map(|rows| Found::new(rows, &keys))
        };
        let queue = look(runner, jobs(asked.iter()));
        let is_forgotten = |asked: &&Asked<'a>| {
            queue.as_ref().is_ok_and(|queue| queue.find(asked.job, asked.key, asked.index).is_none())
        };
        let forgotten: Vec<&Asked<'a>> = asked.iter().filter(is_forgotten).collect();
        let again = look(afresh, jobs(forgotten.iter().copied()));
        let accounting = match &again {
            Ok(_) => {
                let since = forgotten.iter().map(|asked| asked.submitted.as_second() - BEFORE).min();
                let wanted = Wanted::Jobs(jobs(forgotten.iter().copied()));
                let rows = sacct::query(runner, &wanted, since.unwrap_or(0), deadline);
                rows.map(|rows| Found::new(rows, &keys))
            }
            Err(_) => Ok(Found::new(Vec::new(), &keys)),
        };
        let told = Told { queue, again, accounting };
        let is_missing = |asked: &&Asked<'a>| told.of(asked) == Finding::Nowhere && !told.knows(asked);
        let missing: Vec<&Asked<'a>> = forgotten.into_iter().filter(is_missing).collect();
        let absence = Absence::ask(afresh, &missing, deadline);
        Self { told, absence }
    }

    pub(super) fn of(&self, asked: &Asked<'_>) -> Finding {
        match self.told.of(asked) {
            Finding::Nowhere if !self.told.knows(asked) => match self.absence.confirm(asked) {
                Ok(()) => Finding::Nowhere,
                Err(doubt) => Finding::Unclear(doubt.into_words()),
            },
            finding => finding,
        }
    }
}

impl Told<'_> {
    fn of(&self, asked: &Asked<'_>) -> Finding {
        for queue in [&self.queue, &self.again] {
            match queue {
                Ok(queue) => {
                    if let Some(row) = queue.find(asked.job, asked.key, asked.index) {
                        return Finding::Queued(row.task());
                    }
                }
                Err(error) => return Finding::Unclear(unanswered(error)),
            }
        }
        match &self.accounting {
            Ok(accounting) => match accounting.find(asked.job, asked.key, asked.index) {
                None if self.knows(asked) => Finding::Left,
                None => Finding::Nowhere,
                Some(row) if row.state.is_alive() => Finding::Behind(behind(&row.state)),
                Some(row) => Finding::Over(row.task()),
            },
            Err(QueryError::AccountingDisabled) => Finding::Nowhere,
            Err(error) => Finding::Unclear(unanswered(error)),
        }
    }

    /// Tells whether the queue or accounting knows other tasks of a job.
    fn knows(&self, asked: &Asked<'_>) -> bool {
        let Asked { job, key, .. } = *asked;
        let is_queued = [&self.queue, &self.again].into_iter().flatten().any(|queue| queue.knows(job, key));
        is_queued || self.accounting.as_ref().is_ok_and(|accounting| accounting.knows(job, key))
    }
}

fn keys<'a>(asked: &[Asked<'a>]) -> Keys<'a> {
    let mut keys = Keys::new();
    for Asked { job, key, .. } in asked {
        let of_job = keys.entry(*job).or_default();
        if !of_job.contains(key) {
            of_job.push(key);
        }
    }
    keys
}

fn jobs<'a, 'k: 'a>(asked: impl Iterator<Item = &'a Asked<'k>>) -> Vec<JobId> {
    let mut jobs: Vec<JobId> = asked.map(|asked| asked.job).collect();
    jobs.sort_unstable();
    jobs.dedup();
    jobs
}

fn behind(state: &SlurmState) -> String {
    format!("Slurm's queue has forgotten its job, and accounting still says {}", state.word())
}

pub(super) fn unanswered(error: &QueryError) -> String {
    let error: &dyn Error = match error {
        QueryError::Tool(tool) => tool,
        QueryError::Failed { .. }
        | QueryError::CutOff { .. }
        | QueryError::AccountingDisabled
        | QueryError::Unreadable { .. } => error,
    };
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{error}{cause}")
}
