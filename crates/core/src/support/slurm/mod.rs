//! Workers in jobs of Slurm: one query for all that is asked, and cancellation by task.

mod absence;
mod answers;
mod cache;
mod find;
mod look;
mod memory;
mod rows;
mod stop;
mod stray;
mod view;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Case, Sightings, Support, SupportError};
use crate::process::Liveness;
use crate::ranges::Ranges;
use crate::state::Sighting;
use crate::store::{LaunchDir, Owner, Submission};
use crate::tool::Runner;
use crate::worker::Node;

use answers::Answers;
pub use answers::Freshness;
use cache::Cache;

pub use find::{Seen, find_by_name, job_name, look_for};
pub use stray::{Stray, jobs_of, number_of_key};

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
    freshness: Freshness,
}

impl<'a> Slurm<'a> {
    /// Asks through `runner`, on the machine that `node` names.
    pub fn new(runner: &'a dyn Runner, node: Node) -> Self {
        Self { runner, node, freshness: Freshness::Now }
    }

    /// Asks the same with answers that are as fresh as `freshness` says; without it every answer is asked for now.
    #[must_use]
    pub fn with(self, freshness: Freshness) -> Self {
        Self { freshness, ..self }
    }
}

impl Support for Slurm<'_> {
    fn look(&self, cases: &[Case<'_>]) -> Vec<Sightings> {
        self.look_at(cases)
    }

    fn last_answer(&self, dir: &LaunchDir) -> Option<Timestamp> {
        answers::last_answer(&Cache::of(dir.store()), &self.runner.cluster())
    }

    /// Looks for the key of each, in the name of a job.
    fn find_lost(&self, case: &Case<'_>) -> Vec<(u32, u32)> {
        let lost = case
            .submissions
            .iter()
            .filter(|submission| submission.is_lost() && !self.is_being_made(case, submission));
        let cache = Cache::of(case.dir.store());
        let answers = Answers::new(self.runner, &cache, self.freshness, None);
        let found = lost.filter_map(|submission| {
            let name = job_name(&case.launch.name, &submission.chunk.key);
            Some((submission.number, find_by_name(&answers, &name, case.launch.uid, submission.time)?.0))
        });
        found.collect()
    }

    fn stop(&self, case: &Case<'_>) -> Result<Ranges, SupportError> {
        stop::stop(self, case)
    }
}

impl Slurm<'_> {
    /// Tells what becomes of a run that Slurm has not answered for: its client still works on it, or is dead.
    ///
    /// Views say so, and submit nothing.
    fn unsubmitted(&self, case: &Case<'_>, last: Option<&Submission>) -> Sighting {
        match last {
            Some(submission) if self.is_being_made(case, submission) => Sighting::NotHanded,
            _ => Sighting::Unclear(format!(
                "its launch is half submitted, since the client ended before Slurm answered: neu resume {}",
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
}

/// Gives the index of the task that executes a run; `None` where its job is no array.
fn index_of(submission: &Submission, run: u64) -> Option<u32> {
    let index = u32::try_from(run.checked_sub(submission.chunk.base)?).ok()?;
    submission.chunk.array.then_some(index)
}
