//! Workers in jobs of Slurm: one query for all that is asked, and cancellation by task.

mod find;
mod view;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Case, Sightings, Support, SupportError};
use crate::event::Stopped;
use crate::process::Liveness;
use crate::ranges::Ranges;
use crate::slurm::id::JobId;
use crate::slurm::scancel::{self, CancelAnswer, Target};
use crate::state::Sighting;
use crate::store::{Answer, JournalWriter, Owner, Submission};
use crate::tool::Runner;
use crate::worker::Node;

pub use find::{Seen, find_by_name, job_name, look_for};
use view::View;

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
                    .map(|run| (run, self.unsubmitted(case, case.submissions.iter().next_back())))
                    .collect()
            })
            .collect();
        for (place, run, submission) in asked {
            let sighting = match &submission.answer {
                None => self.unsubmitted(&cases[place], Some(submission)),
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
            .filter(|submission| submission.is_lost() && !self.is_being_made(case, submission));
        let found = lost.filter_map(|submission| {
            let name = job_name(&case.launch.name, &submission.chunk.key);
            Some((submission.number, find_by_name(self.runner, &name, case.launch.uid, submission.time)?.0))
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
    fn unsubmitted(&self, case: &Case<'_>, last: Option<&Submission>) -> Sighting {
        match last {
            Some(submission) if self.is_being_made(case, submission) => Sighting::NotHanded,
            _ => Sighting::Unclear(format!(
                "it is half submitted: its client ended before Slurm answered; `neu resume {}` goes on",
                case.launch.id
            )),
        }
    }

    /// Tells whether a client is at work on a submission: the owner of its launch, or, of a launch of an earlier
    /// version, the client itself. Of another host that is not known, and such a client gave up after minutes.
    fn is_being_made(&self, case: &Case<'_>, submission: &Submission) -> bool {
        match case.dir.owner() {
            Ok(Owner::Lives(_)) => return true,
            Ok(Owner::Gone) => return false,
            Ok(Owner::Never) | Err(_) => {}
        }
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
/// Gives the index of the task that executes a run; `None` where its job is no array.
fn index_of(submission: &Submission, run: u64) -> Option<u32> {
    let index = u32::try_from(run.checked_sub(submission.chunk.base)?).ok()?;
    submission.chunk.array.then_some(index)
}
