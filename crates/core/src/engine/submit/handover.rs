//! Hands runs of a launch to Slurm, whichever they are: as many arrays as they need, each with its intent on disk first.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::call;
use super::chunks::{Part, parts};
use super::handed::Handed;
use super::pursue::{Effects, News, Outcome, Start, pursue};
use crate::event::Event;
use crate::ranges::Ranges;
use crate::resources::Resources;
use crate::slurm::sbatch;
use crate::store::{
    Answer, Chunk, JournalReader, Launch, LaunchDir, Owned, Store, StoreError, Submission, SubmissionEvent,
    SubmissionRecord, Wish,
};
use crate::tool::Runner;

/// What the cluster allows, and how long it is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How many tasks one array can have, the largest index counting.
    pub array_size: u64,
    /// How long a command waits for the controller, after which a question may be in its queue no more.
    pub message_timeout: Duration,
    /// How long a submission without an answer is pursued.
    pub patience: Duration,
    /// For how many more jobs the user's limits leave room; nothing where no limit is known.
    pub room: Option<u64>,
}

/// What is needed to hand runs of a launch to Slurm.
#[derive(Clone, Copy)]
pub struct Handover<'a> {
    /// The store, which keeps a copy of the program.
    pub store: &'a Store,
    /// The launch.
    pub launch: &'a Launch,
    /// The right to submit it.
    pub owned: &'a Owned,
    /// What starts the scheduler's commands.
    pub runner: &'a dyn Runner,
    /// This program, of which a copy is kept for the jobs.
    pub program: &'a Path,
    /// What the cluster allows.
    pub terms: Terms,
    /// Hears what takes long.
    pub tell: &'a (dyn Fn(&News) + Sync),
}

/// Runs that are handed over alike.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Share<'a> {
    pub(in crate::engine) runs: Ranges,
    pub(in crate::engine) attempt: u32,
    /// The options for the scheduler.
    pub(in crate::engine) options: &'a Resources,
    /// Since when they are wanted: of a retry, a cancellation before is not meant.
    pub(in crate::engine) since: Timestamp,
}

impl<'a> Share<'a> {
    /// Takes runs that were never handed over.
    pub(in crate::engine) fn first(runs: Ranges, launch: &'a Launch) -> Self {
        Self { runs, attempt: 1, options: &launch.resources, since: launch.created }
    }

    /// Takes runs that are to be tried again.
    pub(in crate::engine) fn again(wish: &'a Wish, launch: &'a Launch) -> Self {
        let Wish { runs, attempt, options, time } = wish;
        let options = options.as_ref().unwrap_or(&launch.resources);
        Self { runs: runs.clone(), attempt: *attempt, options, since: *time }
    }
}

/// Which script a submission is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// It was written a moment ago.
    Written,
    /// One that is there may be of an earlier version, or lost in a power cut.
    Checked,
}

impl Handover<'_> {
    /// Hands runs over once more, as attempt `attempt`, with `options` in place of the launch's own where they differ.
    /// That this is wanted is written down first, so that what is not handed over now is later.
    pub fn retry(&self, runs: &Ranges, attempt: u32, options: &Resources) -> Result<Handed, StoreError> {
        let number = self.owned.dir().whole_submissions(self.launch)?.next_number();
        let since = Timestamp::now();
        let own = (*options != self.launch.resources).then(|| options.clone());
        let wishes = parts(runs, u64::MAX).into_iter().map(|Part { runs, .. }| {
            let event = SubmissionEvent::Retry { runs, attempt, options: own.clone() };
            SubmissionRecord { time: since, submission: number, event }
        });
        self.owned.append_all(&wishes.collect::<Vec<_>>())?;
        (self.tell)(&News::Written);
        self.submit(&Share { runs: runs.clone(), attempt, options, since }, u64::MAX)
    }

    /// Hands runs over with at most `most` of them in an array: half as many after each that a limit of the user did not
    /// take, and after that always half of the one before, until one run is too many.
    pub(in crate::engine) fn submit(&self, share: &Share<'_>, mut most: u64) -> Result<Handed, StoreError> {
        let Share { runs, attempt, options, since } = share;
        let own = (**options != self.launch.resources).then_some(*options);
        let mut number = self.owned.dir().whole_submissions(self.launch)?.next_number();
        let mut handed = Handed::default();
        let mut room = self.terms.room.unwrap_or(u64::MAX);
        let mut left = runs.clone();
        let mut is_narrow = most < u64::MAX;
        loop {
            left = left.without(&self.withdraw_cancelled(&left, *attempt, *since)?);
            let Some(part) = parts(&left, self.terms.array_size).into_iter().next() else { break };
            let fitting = part.first(room.min(most));
            if fitting.runs.is_empty() {
                break;
            }
            let chunk = self.chunk(number, fitting, *attempt);
            self.owned.append(&SubmissionRecord::intent_with(number, chunk.clone(), own.cloned()))?;
            let about = (number, Timestamp::now());
            let outcome = self.submit_chunk(about, &chunk, own, Script::Checked, Start::Call)?;
            number += 1;
            is_narrow |= outcome.is_limit();
            if is_narrow {
                most = chunk.runs.len() / 2;
            }
            if outcome.is_limit() && most > 0 {
                continue;
            }
            left = left.without(&chunk.runs);
            room -= chunk.runs.len();
            if !outcome.take_into(&mut handed, chunk.runs) {
                break;
            }
        }
        handed.postpone(left, "there is no room for them in the queue");
        Ok(handed)
    }

    /// Gives those of `runs` that were cancelled while they are handed over, and writes down that they will not be.
    fn withdraw_cancelled(
        &self,
        runs: &Ranges,
        attempt: u32,
        since: Timestamp,
    ) -> Result<Ranges, StoreError> {
        let cancelled = cancelled(self.owned.dir(), attempt, since)?;
        let cancelled = runs.without(&runs.without(&cancelled));
        if !cancelled.is_empty() {
            withdraw(self.launch, self.owned, &cancelled)?;
        }
        Ok(cancelled)
    }

    /// Goes on with a submission whose answer was lost: finds its job, or submits it again under the same key.
    pub fn go_on(&self, submission: &Submission) -> Result<Handed, StoreError> {
        self.pursue(submission, Script::Checked, Start::Look)
    }

    /// Finds the job of a submission whose answer was lost, or writes down that there is none; submits nothing.
    pub fn look_after(&self, submission: &Submission) -> Result<Handed, StoreError> {
        self.pursue(submission, Script::Written, Start::LookOnly)
    }

    fn pursue(&self, submission: &Submission, script: Script, start: Start) -> Result<Handed, StoreError> {
        let mut handed = Handed::default();
        let Submission { number, time, chunk, options, .. } = submission;
        let outcome = self.submit_chunk((*number, *time), chunk, options.as_ref(), script, start)?;
        outcome.take_into(&mut handed, chunk.runs.clone());
        Ok(handed)
    }

    /// Gives one submission of the launch.
    pub(super) fn chunk(&self, number: u32, part: Part, attempt: u32) -> Chunk {
        chunk(self.launch, number, part, attempt)
    }

    /// Submits a chunk whose intent is on disk, and writes down what came of it.
    pub(super) fn submit_chunk(
        &self,
        (number, since): (u32, Timestamp),
        chunk: &Chunk,
        own: Option<&Resources>,
        script: Script,
        start: Start,
    ) -> Result<Outcome, StoreError> {
        let options = own.unwrap_or(&self.launch.resources);
        let path = match own {
            Some(_) => self.owned.dir().job_script_of(number),
            None => self.owned.dir().job_script(),
        };
        if script == Script::Checked {
            self.keep_script(&path, options)?;
        }
        let submission = call::submission(self.launch, self.owned.dir(), path, options, chunk);
        let outcome = pursue(&self.effects(chunk, &submission, since), self.terms, start)?;
        self.record(number, &outcome)?;
        if let Outcome::Answered(Answer::Accepted(_)) = outcome {
            (self.tell)(&News::Handed { runs: chunk.runs.clone() });
        }
        Ok(outcome)
    }

    fn keep_script(&self, path: &Path, options: &Resources) -> Result<(), StoreError> {
        let worker = self.store.keep_binary(self.program)?;
        let content = call::script(self.launch, self.owned.dir(), options, &worker)?;
        self.owned.dir().keep_script(path, &content)
    }

    fn effects<'a>(
        &'a self,
        chunk: &'a Chunk,
        submission: &'a sbatch::Submission,
        since: Timestamp,
    ) -> Effects<'a> {
        Effects {
            runner: self.runner,
            owned: self.owned,
            tell: self.tell,
            chunk,
            name: submission.job_name.as_deref().unwrap_or_default(),
            uid: self.launch.uid,
            since,
            submission,
        }
    }

    /// Writes an outcome down. A job whose acceptance cannot be written down stays, and is found by its key.
    fn record(&self, number: u32, outcome: &Outcome) -> Result<(), StoreError> {
        let event = match outcome.clone() {
            Outcome::Answered(answer) => SubmissionEvent::from(answer),
            Outcome::Later(words) => SubmissionEvent::Void { words },
        };
        let appended = self.owned.append(&SubmissionRecord::now(number, event));
        match outcome {
            Outcome::Answered(Answer::Accepted(job)) => {
                appended.map_err(|source| StoreError::Unrecorded { job: *job, source: Box::new(source) })
            }
            Outcome::Answered(Answer::Refused(_) | Answer::Uncertain(_)) | Outcome::Later(_) => appended,
        }
    }
}

/// Gives the runs that somebody cancelled, while they are handed over as attempt `attempt`: of a retry, which hands over
/// what may have been cancelled before, those alone that were cancelled since it `began`.
pub(super) fn cancelled(dir: &LaunchDir, attempt: u32, began: Timestamp) -> Result<Ranges, StoreError> {
    let records = JournalReader::new(dir.events()).read_new()?;
    let stopped = records.into_iter().filter(|record| attempt <= 1 || record.time >= began);
    let runs = stopped.filter_map(|record| {
        let Event::Stopped(stopped) = record.event else { return None };
        Some(stopped.runs)
    });
    Ok(runs.collect())
}

/// Writes down that runs which were never handed over will not be, and gives those that this holds for.
pub fn withdraw(launch: &Launch, owned: &Owned, wanted: &Ranges) -> Result<Ranges, StoreError> {
    let submissions = owned.dir().submissions()?;
    let unhanded = submissions.unhanded(launch.runs);
    let runs = unhanded.without(&unhanded.without(wanted));
    if !runs.is_empty() {
        let event = SubmissionEvent::Withdrawn { runs: runs.clone() };
        let record =
            SubmissionRecord { time: Timestamp::now(), submission: submissions.next_number(), event };
        owned.append(&record)?;
    }
    Ok(runs)
}

/// Gives one submission of a launch.
pub(super) fn chunk(launch: &Launch, number: u32, part: Part, attempt: u32) -> Chunk {
    let key = if number == 0 { launch.key.clone() } else { format!("{}-{number}", launch.key) };
    Chunk { key, runs: part.runs, base: part.base, array: launch.runs > 1, attempt }
}
