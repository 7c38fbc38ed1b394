//! What was submitted: the intent before sbatch is called, and what Slurm answered.

mod read;
mod record;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::process::ProcessId;
use crate::ranges::Ranges;
use crate::resources::Resources;
use crate::store::Launch;

pub use read::Damage;
pub(super) use record::line;
pub use record::{Chunk, SubmissionEvent, SubmissionRecord};

/// One submission as far as its story goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its number in the launch.
    pub number: u32,
    /// What was submitted.
    pub chunk: Chunk,
    /// When it was intended.
    pub time: Timestamp,
    /// The host of the client.
    pub host: String,
    /// The client.
    pub client: ProcessId,
    /// The options for the scheduler, where they are not the launch's own.
    pub options: Option<Resources>,
    /// What Slurm answered; nothing while its client still works on it, or where that was killed.
    pub answer: Option<Answer>,
}

/// What Slurm answered to a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is this job.
    Accepted(u32),
    /// Slurm refused it, with these words.
    Refused(String),
    /// It may be in the queue or not; this was seen.
    Uncertain(String),
}

/// Runs that are to be tried again, and are not handed over yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The runs.
    pub runs: Ranges,
    /// The number of their attempt.
    pub attempt: u32,
    /// The options for the scheduler, where they are not the launch's own.
    pub options: Option<Resources>,
    /// When it was wished for.
    pub time: Timestamp,
}

/// Every submission of a launch, in their order; those of which Slurm surely has nothing are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submissions {
    list: Vec<Submission>,
    withdrawn: Ranges,
    wishes: Vec<Wish>,
    next: u32,
    unreadable: u64,
    damage: Option<Damage>,
    torn: Option<Damage>,
    ends_torn: bool,
}

impl Submissions {
    /// Gives them in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Submission> {
        self.list.iter()
    }

    /// Takes note of the job of a submission whose answer was lost; what Slurm answered itself stays.
    pub fn adopt(&mut self, number: u32, job: u32) {
        let lost =
            self.list.iter_mut().find(|submission| submission.number == number && submission.is_lost());
        if let Some(submission) = lost {
            submission.answer = Some(Answer::Accepted(job));
        }
    }

    /// Counts the lines that could not be read, but for a torn end.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Tells whether its last line ends in its middle: it is lost, unless a client is just writing it.
    pub fn ends_torn(&self) -> bool {
        self.ends_torn
    }

    /// Gives the first place where a submission may be missing: what is not handed over is not known then.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// Gives the first place where whoever wrote may have come further than can be read: beside damage, also a torn
    /// line, which may be the end of a record that was cut.
    pub fn doubt(&self) -> Option<Damage> {
        self.damage.or(self.torn)
    }

    /// Gives a number that no submission can have had, not even one of a line that cannot be read.
    pub fn number_past_doubt(&self) -> u32 {
        let torn = u64::from(self.torn.is_some());
        let lost = u32::try_from(self.unreadable + torn).unwrap_or(u32::MAX);
        self.next.saturating_add(lost).max(1)
    }

    /// Gives the number of the next submission.
    pub fn next_number(&self) -> u32 {
        self.next
    }

    /// Gives the runs that were cancelled before they were handed over.
    pub fn withdrawn(&self) -> &Ranges {
        &self.withdrawn
    }

    /// Gives what is to be tried again and is not handed over yet, in the order of the wishes.
    pub fn wishes(&self) -> &[Wish] {
        &self.wishes
    }

    /// Gives the wish to try a run again, where that is not handed over yet.
    pub fn wish_of(&self, run: u64) -> Option<&Wish> {
        self.wishes.iter().find(|wish| wish.runs.contains(run))
    }

    /// A later wish, or a withdrawal, puts an end to those before it.
    fn forget_wishes(&mut self, runs: &Ranges) {
        for wish in &mut self.wishes {
            wish.runs = wish.runs.without(runs);
        }
    }

    /// Takes what was handed over out of the wishes.
    fn settle_wishes(&mut self) {
        for wish in &mut self.wishes {
            let later = self.list.iter().filter(|submission| submission.chunk.attempt >= wish.attempt);
            wish.runs = wish.runs.without(&later.map(|submission| submission.chunk.runs.clone()).collect());
        }
        self.wishes.retain(|wish| !wish.runs.is_empty());
    }

    /// Gives the runs of a launch of `runs` runs that are not handed over and still should be, for the first time or
    /// once more.
    pub fn unhanded(&self, runs: u64) -> Ranges {
        let wished = self.wishes.iter().map(|wish| wish.runs.clone());
        wished.chain([self.never_handed(runs)]).collect()
    }

    /// Gives the runs of a launch of `runs` runs that are neither handed over for certain nor withdrawn.
    pub fn unsettled(&self, runs: u64) -> Ranges {
        let lost = self.list.iter().filter(|submission| submission.is_lost());
        lost.map(|submission| submission.chunk.runs.clone()).chain([self.unhanded(runs)]).collect()
    }

    /// Gives the runs of a launch of `runs` runs that were never handed over and still should be.
    pub fn never_handed(&self, runs: u64) -> Ranges {
        let handed = self.list.iter().map(|submission| submission.chunk.runs.clone());
        let settled: Ranges = handed.chain([self.withdrawn.clone()]).collect();
        Ranges::span(0, runs.saturating_sub(1)).without(&settled)
    }

    /// Tells whether a launch of `runs` runs is half submitted, where no client is at work on it: a run was never
    /// handed over, an answer was lost, or the record is damaged. That is for launches on a scheduler alone.
    pub fn needs_resume(&self, runs: u64) -> bool {
        self.damage.is_some() || self.list.iter().any(Submission::is_lost) || !self.unhanded(runs).is_empty()
    }

    /// Gives the latest submission that holds `run`; none where its next attempt is not handed over yet.
    pub fn of_run(&self, run: u64) -> Option<&Submission> {
        if self.wish_of(run).is_some() {
            return None;
        }
        self.list.iter().rev().find(|submission| submission.chunk.runs.contains(run))
    }
}

impl Launch {
    /// Gives the options that a submission asks for: its own, as of a retry that changed some, else the launch's.
    pub fn options_of<'a>(&'a self, submission: Option<&'a Submission>) -> &'a Resources {
        submission.and_then(|submission| submission.options.as_ref()).unwrap_or(&self.resources)
    }
}

impl Submission {
    /// Tells whether it may be in the queue without its job being known.
    pub fn is_lost(&self) -> bool {
        matches!(self.answer, None | Some(Answer::Uncertain(_)))
    }

    /// Gives the job that Slurm accepted it as.
    pub fn job(&self) -> Option<u32> {
        match self.answer {
            Some(Answer::Accepted(job)) => Some(job),
            Some(Answer::Refused(_) | Answer::Uncertain(_)) | None => None,
        }
    }

    /// Gives the task that executes `run`, as Slurm addresses it: `4711_3`, or `4711` where it is no array.
    pub fn task(&self, run: u64) -> Option<String> {
        self.job().map(|job| match self.chunk.array {
            true => format!("{job}_{}", run - self.chunk.base),
            false => job.to_string(),
        })
    }
}
