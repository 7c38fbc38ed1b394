//! What the disk tells of a launch, what it leaves open, and both folded with what a support has seen.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;

use super::watched::Watched;
use super::{Supports, Survey};
use crate::disk::Disk;
use crate::event::Worker;
use crate::history::{Dated, History};
use crate::process::Liveness;
use crate::ranges::Ranges;
use crate::state::{
    Handed, Lateness, Moment, Sighting, Status, fold, is_followed, is_for_slurm_to_tell, stopped,
    succeeded_before,
};
use crate::store::{Launch, Owner, StoreError, Submission, Submissions};
use crate::support::{Case, Sightings};

/// A launch as the disk tells it.
pub(super) struct Opened {
    pub(super) watched: Watched,
    submissions: Submissions,
    pub(super) undecided: Ranges,
    /// The folder that this is a copy of, where something is undecided: it goes on there.
    original: Option<PathBuf>,
}

pub(super) fn open(watched: Vec<Watched>) -> Result<Vec<Opened>, StoreError> {
    watched.into_iter().map(Opened::read).collect()
}

/// Takes the job of a submission whose answer was lost from what its workers reported.
fn adopt_reported(submissions: &mut Submissions, history: &History) {
    let lost: Vec<(u32, String)> = submissions
        .iter()
        .filter(|submission| submission.is_lost())
        .map(|submission| (submission.number, submission.chunk.key.clone()))
        .collect();
    for (number, key) in lost {
        if let Some(job) = history.jobs(&key).next() {
            submissions.adopt(number, job.0);
        }
    }
}

impl Opened {
    pub(super) fn read(mut watched: Watched) -> Result<Self, StoreError> {
        watched.refresh()?;
        let mut submissions = watched.dir.submissions()?;
        adopt_reported(&mut submissions, &watched.history);
        let undecided = undecided(&watched, &submissions);
        let original = (!undecided.is_empty()).then(|| watched.dir.original(&watched.launch)).flatten();
        Ok(Self { watched, submissions, undecided, original })
    }

    /// Tells whether there is something to ask the support for: not where this is a copy, of which it knows nothing.
    pub(super) fn asks(&self) -> bool {
        !self.undecided.is_empty() && self.original.is_none()
    }

    /// Gives what can be said of a copy without asking anybody: nothing of what its original has not ended.
    pub(super) fn seen_of_a_copy(&self) -> Sightings {
        let Some(original) = &self.original else { return Sightings::new() };
        let words = format!("this is a copy of `{}`, where it may go on", original.display());
        self.undecided.iter().map(|run| (run, Sighting::Unclear(words.clone()))).collect()
    }

    /// Looks for jobs whose answer was lost, where that matters.
    pub(super) fn find_lost(&mut self, supports: &Supports<'_>) {
        if !self.asks() || !self.submissions.iter().any(Submission::is_lost) {
            return;
        }
        for (number, job) in supports.of(&self.watched.launch).find_lost(&self.case()) {
            self.submissions.adopt(number, job);
        }
    }

    pub(super) fn case(&self) -> Case<'_> {
        let Watched { launch, dir, history, .. } = &self.watched;
        Case { launch, dir, submissions: &self.submissions, history, runs: &self.undecided }
    }

    pub(super) fn fold(
        mut self,
        seen: &Sightings,
        answered: Option<Timestamp>,
    ) -> Result<Survey, StoreError> {
        let before: HashMap<u64, Progress> =
            seen.keys().map(|run| (*run, Progress::of(&self.watched.history, *run))).collect();
        if !seen.is_empty() {
            self.watched.refresh()?;
        }
        let disk = Disk::of(self.watched.dir.path());
        let mut statuses = self.statuses(seen, &before, disk);
        if disk == Disk::Remote && awaits_words(&statuses, seen) {
            self.watched.dir.forget_listing_of_events();
            self.watched.refresh()?;
            statuses = self.statuses(seen, &before, disk);
        }
        let unreadable = self.watched.reader.unreadable();
        let unreadable_submissions = self.unreadable_submissions();
        let Watched { launch, dir, history, counted, reader } = self.watched;
        let submissions = self.submissions;
        Ok(Survey {
            launch,
            dir,
            submissions,
            history,
            statuses,
            counted,
            unreadable,
            unreadable_submissions,
            answered,
            reader,
        })
    }

    /// Counts the lines of the record of submissions that are lost: a torn end is one where no client lives that could
    /// be writing it.
    fn unreadable_submissions(&self) -> u64 {
        let is_lost =
            self.submissions.ends_torn() && !matches!(self.watched.dir.owner(), Ok(Owner::Lives(_)));
        self.submissions.unreadable() + u64::from(is_lost)
    }

    /// Gives the status of each run, by what was seen since the journal told as much as `before`.
    fn statuses(&self, seen: &Sightings, before: &HashMap<u64, Progress>, disk: Disk) -> Vec<Status> {
        let Watched { launch, history, counted, .. } = &self.watched;
        let now = Timestamp::now();
        let status = |run| {
            let is_news = before.get(&run).is_some_and(|before| *before != Progress::of(history, run));
            let sighting = match seen.get(&run) {
                Some(sighting) if is_news => overtaken(sighting, last_word(launch, history, run)),
                Some(sighting) => sighting.clone(),
                None => Sighting::Unasked,
            };
            let lateness = lateness(history, self.submissions.of_run(run), run, &sighting, (now, disk));
            fold(history, run, handed(&self.submissions, run), &sighting, Moment { now, lateness })
        };
        listed(launch, counted).iter().map(status).collect()
    }
}

/// Tells whether a run is over for its support, while its worker's word of that may be on its way.
fn awaits_words(statuses: &[Status], seen: &Sightings) -> bool {
    let moment = Moment { now: Timestamp::now(), lateness: Lateness::Network };
    let status_of = |run: &u64| statuses.get(usize::try_from(*run).ok()?);
    seen.iter().any(|(run, sighting)| {
        moment.is_early_for(sighting) && status_of(run).is_some_and(|status| !status.state.is_final())
    })
}

/// How far the journal tells of a run: its latest attempt, whether that started, and whether it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Progress(Option<(u32, bool, bool)>);

impl Progress {
    fn of(history: &History, run: u64) -> Self {
        let latest = history.latest(run);
        Self(latest.map(|latest| (latest.number, latest.started.is_some(), latest.ended.is_some())))
    }
}

/// Whether the end that the journal tells of is one of which the scheduler has the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastWord {
    Journal,
    Scheduler,
}

/// Gives what is left of what a support saw, where the journal has gone on while it was asked: the journal wins. But
/// a program that was stopped since may be started again, and what the scheduler says to that is not known.
fn overtaken(seen: &Sighting, last_word: LastWord) -> Sighting {
    match (last_word, seen) {
        (LastWord::Journal, _) => Sighting::Unasked,
        (LastWord::Scheduler, Sighting::Task(task)) if task.state.is_final() => seen.clone(),
        (LastWord::Scheduler, _) => Sighting::Unclear("Slurm was asked before that".to_owned()),
    }
}

fn last_word(launch: &Launch, history: &History, run: u64) -> LastWord {
    let ended = history.latest(run).and_then(|latest| latest.ended.as_ref());
    match ended.is_some_and(|ended| !launch.is_local() && is_for_slurm_to_tell(&ended.what)) {
        true => LastWord::Scheduler,
        false => LastWord::Journal,
    }
}

/// Tells how late the words of a run's worker may come. Where they are not waited for, nobody looks for the worker.
fn lateness(
    history: &History,
    submission: Option<&Submission>,
    run: u64,
    sighting: &Sighting,
    (now, disk): (Timestamp, Disk),
) -> Lateness {
    if !(Moment { now, lateness: Lateness::Network }).is_early_for(sighting) {
        return Lateness::Network;
    }
    let worker =
        submission.and_then(|submission| history.worker_of(&submission.chunk.key, &submission.task(run)?));
    Lateness::of(worker.and_then(|worker| liveness(worker, sighting)), disk)
}

/// Gives what is seen of a worker, unless it is dead and its task was started again since: that worker says nothing of
/// the next, which may be anywhere.
fn liveness(worker: &Dated<Worker>, sighting: &Sighting) -> Option<Liveness> {
    let is_of_an_earlier_start = match sighting {
        Sighting::Task(task) => task.started.is_some_and(|started| started > worker.time),
        Sighting::Unasked
        | Sighting::NotHanded
        | Sighting::Refused(_)
        | Sighting::Unclear(_)
        | Sighting::WorkerLives
        | Sighting::Gone
        | Sighting::Missing { .. }
        | Sighting::Left { .. } => false,
    };
    match worker.what.process.liveness() {
        Liveness::Gone if is_of_an_earlier_start => None,
        seen => Some(seen),
    }
}

/// Gives the attempt that was handed to the support last, or is to be.
fn handed(submissions: &Submissions, run: u64) -> Option<Handed> {
    if let Some(wish) = submissions.wish_of(run) {
        return Some(Handed { attempt: wish.attempt, time: wish.time });
    }
    let submission = submissions.of_run(run)?;
    Some(Handed { attempt: submission.chunk.attempt, time: submission.time })
}

/// Gives the runs that have a status each.
fn listed(launch: &Launch, counted: &Ranges) -> Ranges {
    Ranges::span(0, launch.runs.saturating_sub(1)).without(counted)
}

/// Gives the runs whose end the journal does not tell.
fn undecided(watched: &Watched, submissions: &Submissions) -> Ranges {
    let Watched { launch, history, counted, .. } = watched;
    let env_failed_at = |run| history.env_failed(run).map_or(0, |failed| failed.what.attempt);
    let is_open = |run: &u64| match history.latest(*run) {
        Some(_) if succeeded_before(history, *run, handed(submissions, *run)).is_some() => false,
        // A later attempt was handed over, and its worker has not said anything of it.
        Some(attempt) if is_followed(attempt, handed(submissions, *run)) => {
            let handed = handed(submissions, *run);
            let is_stopped = launch.is_local() && stopped(history, *run, handed).is_some();
            !is_stopped && handed.is_none_or(|handed| env_failed_at(*run) < handed.attempt)
        }
        Some(attempt) if env_failed_at(*run) > attempt.number => false,
        Some(attempt) if attempt.ended.is_none() && attempt.concluded.is_some() => false,
        // Slurm knows why it stopped a run: a time limit, a preemption, a person.
        Some(attempt) => attempt.ended.is_none() || last_word(launch, history, *run) == LastWord::Scheduler,
        // A job that was told to stop before its run began may be requeued.
        None => {
            let first = handed(submissions, *run).map_or(0, |handed| handed.attempt);
            let has_failed = history.env_failed(*run).is_some() && env_failed_at(*run) >= first;
            !has_failed && (!launch.is_local() || stopped(history, *run, handed(submissions, *run)).is_none())
        }
    };
    listed(launch, counted).iter().filter(is_open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{ProcessId, boot_id};
    use crate::state::{Task, TaskState};

    fn task(state: TaskState) -> Sighting {
        let words = "as Slurm has it".to_owned();
        Sighting::Task(Task { state, words, reason: None, node: None, started: None, ended: None })
    }

    #[test]
    fn a_dead_worker_says_nothing_of_one_that_slurm_started_after_it() {
        let process = ProcessId { pid: 7, start: 1, boot: boot_id() };
        let what = Worker {
            key: "k".to_owned(),
            node: "n1".to_owned(),
            process,
            job: Some("4_1".to_owned()),
            version: "0".to_owned(),
        };
        let at = |second| Timestamp::from_second(second).unwrap();
        let worker = Dated { time: at(1000), what };
        let started = |second: Option<i64>| {
            let Sighting::Task(task) = task(TaskState::Completed) else { unreachable!() };
            Sighting::Task(Task { started: second.map(at), ..task })
        };
        for seen in [started(Some(1000)), started(None), Sighting::Missing { since: at(2000) }] {
            assert_eq!(liveness(&worker, &seen), Some(Liveness::Gone), "{seen:?}");
        }
        assert_eq!(liveness(&worker, &started(Some(1001))), None, "it was requeued");
    }

    #[test]
    fn what_was_seen_before_a_stop_says_nothing_of_what_comes_after_it() {
        let before = [task(TaskState::Pending), task(TaskState::Running), Sighting::Unasked];
        for seen in &before {
            assert!(matches!(overtaken(seen, LastWord::Scheduler), Sighting::Unclear(_)), "{seen:?}");
            assert_eq!(overtaken(seen, LastWord::Journal), Sighting::Unasked);
        }
        let over = task(TaskState::TimedOut);
        assert_eq!(overtaken(&over, LastWord::Scheduler), over, "it says why it was stopped");
    }
}
