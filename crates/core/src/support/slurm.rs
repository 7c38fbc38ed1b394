//! Workers in jobs of Slurm: one query for all that is asked, and cancellation by task.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Case, Sightings, Support, SupportError};
use crate::event::Stopped;
use crate::process::Liveness;
use crate::ranges::Ranges;
use crate::slurm::id::{JobId, Tasks};
use crate::slurm::query::{QueryError, Wanted};
use crate::slurm::sacct::{self, AccountingRow};
use crate::slurm::scancel::{self, CancelAnswer, Target};
use crate::slurm::squeue::{self, QueueRow};
use crate::slurm::state::SlurmState;
use crate::state::{Sighting, Task, TaskState};
use crate::store::{Answer, JournalWriter, Submission};
use crate::tool::Runner;
use crate::worker::Node;

/// How long one question may take; a controller that is busy for longer is one that cannot be asked now.
const DEADLINE: Duration = Duration::from_mins(1);

/// How long before a submission accounting is asked for its job, so that a clock that runs ahead hides nothing.
const BEFORE: i64 = 3600;

/// How long a client may take to submit, at the most.
const LONGEST_SUBMISSION: SignedDuration = SignedDuration::from_mins(5);

/// The Slurm that the commands on PATH talk to.
pub struct Slurm<'a> {
    runner: &'a dyn Runner,
    node: Node,
}

impl<'a> Slurm<'a> {
    /// Asks through `runner`, on the machine that `node` names.
    pub fn new(runner: &'a dyn Runner, node: Node) -> Self {
        Self { runner, node }
    }
}

impl Support for Slurm<'_> {
    fn look(&self, cases: &[Case<'_>]) -> Vec<Sightings> {
        let asked: Vec<(usize, u64, &Submission)> = cases
            .iter()
            .enumerate()
            .flat_map(|(place, case)| case.runs.iter().map(move |run| (place, run, case)))
            .filter_map(|(place, run, case)| Some((place, run, case.submissions.of_run(run)?)))
            .collect();
        let view = View::ask(self.runner, &asked);
        let mut sightings: Vec<Sightings> = cases
            .iter()
            .map(|case| {
                case.runs
                    .iter()
                    .map(|run| (run, self.unsubmitted(case.submissions.iter().next_back())))
                    .collect()
            })
            .collect();
        for (place, run, submission) in asked {
            let sighting = match &submission.answer {
                None => self.unsubmitted(Some(submission)),
                Some(Answer::Refused(words)) => Sighting::Refused(words.clone()),
                Some(Answer::Uncertain(words)) => {
                    Sighting::Unclear(format!("whether Slurm has it is not known: {words}"))
                }
                Some(Answer::Accepted(job)) => view.of(JobId(*job), index_of(submission, run)),
            };
            sightings[place].insert(run, sighting);
        }
        sightings
    }

    /// Looks for the key of each, in the name of a job.
    fn find_lost(&self, case: &Case<'_>) -> Vec<(u32, u32)> {
        let lost = case
            .submissions
            .iter()
            .filter(|submission| submission.is_lost() && !self.is_being_made(submission));
        let found = lost.filter_map(|submission| {
            let name = job_name(&case.launch.name, &submission.chunk.key);
            Some((submission.number, find_by_name(self.runner, name, case.launch.uid, submission.time)?.0))
        });
        found.collect()
    }

    fn stop(&self, case: &Case<'_>) -> Result<(), SupportError> {
        let mut of_submission: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for run in case.runs.iter() {
            if let Some(submission) = case.submissions.of_run(run) {
                of_submission.entry(submission.number).or_default().push(run);
            }
        }
        let mut targets = Vec::new();
        let mut reached = Vec::new();
        for submission in case.submissions.iter() {
            let (Some(runs), Some(job)) = (of_submission.get(&submission.number), submission.job()) else {
                continue;
            };
            reached.extend(runs.iter().copied());
            let is_whole = runs.len() as u64 == submission.chunk.runs.len();
            targets.push(match is_whole || !submission.chunk.array {
                true => Target::Whole(JobId(job)),
                false => Target::Tasks(
                    JobId(job),
                    runs.iter().filter_map(|run| index_of(submission, *run)).map(u64::from).collect(),
                ),
            });
        }
        if targets.is_empty() {
            return Err(SupportError::Scheduler(
                "Slurm has not answered for these runs yet; they cannot be cancelled by a job id".to_owned(),
            ));
        }
        match scancel::answer(&self.runner.run(&scancel::invocation(&targets, DEADLINE))) {
            CancelAnswer::Taken => self.record_stop(case, &reached),
            CancelAnswer::Refused { words } => {
                Err(SupportError::Scheduler(format!("scancel was refused: {words}")))
            }
            CancelAnswer::Uncertain { words } => {
                Err(SupportError::Scheduler(format!("scancel got no clear answer: {words}")))
            }
        }
    }
}

impl Slurm<'_> {
    /// Tells what becomes of a run that Slurm has not answered for: its client still works on it, or is dead.
    fn unsubmitted(&self, last: Option<&Submission>) -> Sighting {
        match last {
            Some(submission) if !self.is_being_made(submission) => {
                Sighting::Unclear("it is half submitted: its client ended before Slurm answered".to_owned())
            }
            _ => Sighting::NotHanded,
        }
    }

    /// Tells whether the client of a submission may still be at work on it. Of another host that is not known, and
    /// a client that retries into a busy controller gives up after minutes.
    fn is_being_made(&self, submission: &Submission) -> bool {
        if submission.host == self.node.name {
            return submission.client.liveness() == Liveness::Alive;
        }
        Timestamp::now().duration_since(submission.time) < LONGEST_SUBMISSION
    }

    /// Writes down which runs will not start: Slurm forgets pending tasks that are cancelled out of an array.
    ///
    /// That holds for the runs that were `reached` alone: a job that Slurm has not answered for may still start.
    fn record_stop(&self, case: &Case<'_>, reached: &[u64]) -> Result<(), SupportError> {
        let is_unstarted = |run: &u64| case.history.latest(*run).is_none();
        let unstarted: Ranges = reached.iter().copied().filter(is_unstarted).collect();
        if unstarted.is_empty() {
            return Ok(());
        }
        let mut journal = JournalWriter::open(&case.dir.events(), &self.node.name, &self.node.boot)?;
        journal.append_stopped(Stopped { runs: unstarted, reason: "neu cancel".to_owned() })?;
        Ok(journal.sync()?)
    }
}

/// Names a job so that a person knows it and its key finds it: accounting keeps 255 bytes of a name, and a comma or
/// a quote breaks the question for it.
pub fn job_name(name: &str, key: &str) -> String {
    const LONGEST: usize = 60;
    let readable = name.chars().take(LONGEST);
    let safe = readable.map(|c| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '_' });
    format!("{}.{key}", safe.collect::<String>())
}

/// Looks for a job by the name that carries its key, in the queue and then in accounting; `None` also where neither
/// can be asked.
pub fn find_by_name(runner: &dyn Runner, name: String, uid: u32, submitted: Timestamp) -> Option<JobId> {
    let wanted = Wanted::Named { name, uid };
    let queued = squeue::query(runner, &wanted, DEADLINE).ok()?.first().map(|row| row.job);
    queued.or_else(|| {
        let rows = sacct::query(runner, &wanted, submitted.as_second() - BEFORE, DEADLINE).ok()?;
        rows.first().map(|row| row.job)
    })
}

/// Gives the index of the task that executes a run; `None` where its job is no array.
fn index_of(submission: &Submission, run: u64) -> Option<u32> {
    let index = u32::try_from(run.checked_sub(submission.chunk.base)?).ok()?;
    submission.chunk.array.then_some(index)
}

/// What Slurm said of the jobs that were asked about.
struct View {
    queue: Result<Found<QueueRow>, QueryError>,
    accounting: Result<Found<AccountingRow>, QueryError>,
}

impl View {
    /// Asks squeue for all jobs, and accounting for those of which squeue does not know every task.
    fn ask(runner: &dyn Runner, asked: &[(usize, u64, &Submission)]) -> Self {
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

    fn of(&self, job: JobId, index: Option<u32>) -> Sighting {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_name_is_safe_and_ends_with_its_key() {
        assert_eq!(job_name("dummytrain", "abcd2345"), "dummytrain.abcd2345");
        assert_eq!(job_name("my run, \"best\"\n", "k"), "my_run___best__.k");
        assert!(job_name(&"é".repeat(500), "key").len() < 70);
    }
}
