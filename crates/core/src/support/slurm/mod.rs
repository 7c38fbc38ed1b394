//! Workers in jobs of Slurm: one query for all that is asked, and cancellation by task.

mod find;
mod stop;
mod view;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Case, Sightings, Support, SupportError};
use crate::process::Liveness;
use crate::ranges::Ranges;
use crate::slurm::id::JobId;
use crate::state::Sighting;
use crate::store::{Answer, Submission};
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

    fn stop(&self, case: &Case<'_>) -> Result<Ranges, SupportError> {
        stop::stop(self, case)
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
}

/// Gives the index of the task that executes a run; `None` where its job is no array.
fn index_of(submission: &Submission, run: u64) -> Option<u32> {
    let index = u32::try_from(run.checked_sub(submission.chunk.base)?).ok()?;
    submission.chunk.array.then_some(index)
}
