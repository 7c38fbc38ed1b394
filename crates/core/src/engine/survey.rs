//! What is known of launches: their plans, journals and schedulers, folded into one status for each run.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::config::SupportKind;
use crate::disk::Disk;
use crate::event::Worker;
use crate::history::{Dated, History};
use crate::id::LaunchId;
use crate::process::Liveness;
use crate::ranges::Ranges;
use crate::state::{
    Handed, Lateness, Moment, RunState, Sighting, Status, fold, is_followed, is_for_slurm_to_tell, stopped,
};
use crate::store::{
    JournalReader, Launch, LaunchDir, OwnedBy, Owner, Store, StoreError, Submission, Submissions,
};
use crate::support::{Case, Sightings, Support};

/// The supports that can be asked, one of each kind.
#[derive(Clone, Copy)]
pub struct Supports<'a> {
    /// This machine.
    pub local: &'a dyn Support,
    /// Slurm.
    pub slurm: &'a dyn Support,
}

impl<'a> Supports<'a> {
    /// Gives the support that executes a launch.
    pub fn of(&self, launch: &Launch) -> &'a dyn Support {
        self.of_kind(launch.place.kind)
    }

    fn of_kind(&self, kind: SupportKind) -> &'a dyn Support {
        match kind {
            SupportKind::Local => self.local,
            SupportKind::Slurm => self.slurm,
        }
    }
}

/// A launch, and the status of each of its runs.
#[derive(Debug)]
pub struct Survey {
    /// What it is.
    pub launch: Launch,
    /// Where it is.
    pub dir: LaunchDir,
    /// What was handed to its support.
    pub submissions: Submissions,
    /// What its workers wrote.
    pub history: History,
    /// The status of each run, in their order, but for those that are only counted.
    pub statuses: Vec<Status>,
    /// Runs that were seen to succeed, and are only counted.
    counted: Ranges,
    /// Lines of its journals and of its record of submissions that could not be read.
    pub unreadable: u64,
    /// When its support last answered, where it did not answer now.
    pub answered: Option<Timestamp>,
    reader: JournalReader,
}

/// How far a launch was handed over to its support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handing {
    /// All of it, or as much as was asked for.
    Whole,
    /// Its client ended before all was handed over and answered.
    Half,
    /// This client is at work on it.
    InProgress(OwnedBy),
}

/// A launch whose journals are read again and again.
#[derive(Debug)]
pub struct Watched {
    launch: Launch,
    dir: LaunchDir,
    history: History,
    /// Runs that were seen to succeed, and are only counted.
    counted: Ranges,
    reader: JournalReader,
}

impl Watched {
    /// Opens a launch.
    pub fn open(store: &Store, id: LaunchId) -> Result<Self, StoreError> {
        let dir = store.launch(id);
        let launch = dir.read()?;
        Ok(Self::new(launch, dir))
    }

    /// Watches a launch that is already read.
    pub fn new(launch: Launch, dir: LaunchDir) -> Self {
        let reader = JournalReader::new(dir.events());
        Self { launch, dir, history: History::default(), counted: Ranges::default(), reader }
    }

    /// Only counts runs that were seen to succeed: nothing of what the journal says of them is kept.
    #[must_use]
    pub fn counting(self, succeeded: Ranges) -> Self {
        Self { counted: succeeded, ..self }
    }

    /// Gives what the launch is.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Gives its folder.
    pub fn dir(&self) -> &LaunchDir {
        &self.dir
    }

    /// Gives what its workers wrote, as far as it was read.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Reads what its workers wrote since the last time, and tells whether that was anything.
    pub fn refresh(&mut self) -> Result<bool, StoreError> {
        read_on(&mut self.reader, &mut self.history, &self.counted)
    }
}

/// Adds to a history what its journal says since, but for runs that are only counted; tells whether that was anything.
fn read_on(reader: &mut JournalReader, history: &mut History, counted: &Ranges) -> Result<bool, StoreError> {
    let mut is_news = false;
    reader.read_each(|record| {
        is_news = true;
        if !record.event.run().is_some_and(|run| counted.contains(run)) {
            history.add([record]);
        }
    })?;
    Ok(is_news)
}

/// Glances at launches: reads what is on disk and asks nobody, so that it may be done often. What the disk leaves
/// open counts as not over.
pub fn glance(watched: Vec<Watched>) -> Result<Vec<Survey>, StoreError> {
    let opened = open(watched)?;
    opened.into_iter().map(|opened| opened.fold(&Sightings::new(), None)).collect()
}

/// What the disk alone tells of a launch.
#[derive(Debug)]
pub enum OnDisk {
    /// All of it: nobody knows better.
    Whole(Survey),
    /// It leaves open whether some of its runs live.
    Open(Watched),
}

/// Surveys a launch where its disk tells all.
pub fn on_disk(watched: Watched) -> Result<OnDisk, StoreError> {
    let opened = Opened::read(watched)?;
    match opened.undecided.is_empty() {
        true => Ok(OnDisk::Whole(opened.fold(&Sightings::new(), None)?)),
        false => Ok(OnDisk::Open(opened.watched)),
    }
}

/// Surveys launches: reads what is on disk, and asks the supports once for all that the disk leaves open.
pub fn survey(watched: Vec<Watched>, supports: &Supports<'_>) -> Result<Vec<Survey>, StoreError> {
    let mut opened = open(watched)?;
    for opened in &mut opened {
        opened.find_lost(supports);
    }
    let mut sightings: Vec<Sightings> = vec![Sightings::new(); opened.len()];
    for kind in [SupportKind::Local, SupportKind::Slurm] {
        let is_asked =
            |opened: &Opened| opened.watched.launch.place.kind == kind && !opened.undecided.is_empty();
        let asked: Vec<usize> = (0..opened.len()).filter(|place| is_asked(&opened[*place])).collect();
        if asked.is_empty() {
            continue;
        }
        let cases: Vec<Case<'_>> = asked.iter().map(|place| opened[*place].case()).collect();
        for (place, seen) in asked.iter().zip(supports.of_kind(kind).look(&cases)) {
            sightings[*place] = seen;
        }
    }
    let fold = |(opened, seen): (Opened, Sightings)| {
        let is_unclear = seen.values().any(|sighting| matches!(sighting, Sighting::Unclear(_)));
        let support = supports.of(&opened.watched.launch);
        let answered = is_unclear.then(|| support.last_answer(&opened.watched.dir)).flatten();
        opened.fold(&seen, answered)
    };
    opened.into_iter().zip(sightings).map(fold).collect()
}

/// Launches that cannot be read, and why.
pub type Unreadable = Vec<(LaunchId, StoreError)>;

/// Surveys those launches that can be read, and tells of each other one why it cannot: one that is damaged must not
/// hide the rest from who only looks.
pub fn survey_readable(
    watched: Vec<Watched>,
    supports: &Supports<'_>,
) -> Result<(Vec<Survey>, Unreadable), StoreError> {
    let mut unreadable = Vec::new();
    let mut readable = Vec::new();
    for mut watched in watched {
        match watched.refresh().and_then(|_| watched.dir.submissions()) {
            Ok(_) => readable.push(watched),
            Err(error) => unreadable.push((LaunchId(watched.launch.id), error)),
        }
    }
    Ok((survey(readable, supports)?, unreadable))
}

/// A launch as the disk tells it.
struct Opened {
    watched: Watched,
    submissions: Submissions,
    undecided: Ranges,
}

fn open(watched: Vec<Watched>) -> Result<Vec<Opened>, StoreError> {
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
    fn read(mut watched: Watched) -> Result<Self, StoreError> {
        watched.refresh()?;
        let mut submissions = watched.dir.submissions()?;
        adopt_reported(&mut submissions, &watched.history);
        let undecided = undecided(&watched, &submissions);
        Ok(Self { watched, submissions, undecided })
    }

    /// Looks for jobs whose answer was lost, where that matters.
    fn find_lost(&mut self, supports: &Supports<'_>) {
        if self.undecided.is_empty() || !self.submissions.iter().any(Submission::is_lost) {
            return;
        }
        for (number, job) in supports.of(&self.watched.launch).find_lost(&self.case()) {
            self.submissions.adopt(number, job);
        }
    }

    fn case(&self) -> Case<'_> {
        let Watched { launch, dir, history, .. } = &self.watched;
        Case { launch, dir, submissions: &self.submissions, history, runs: &self.undecided }
    }

    fn fold(mut self, seen: &Sightings, answered: Option<Timestamp>) -> Result<Survey, StoreError> {
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
        let unreadable = self.watched.reader.unreadable() + self.submissions.unreadable();
        let Watched { launch, dir, history, counted, reader } = self.watched;
        let submissions = self.submissions;
        Ok(Survey { launch, dir, submissions, history, statuses, counted, unreadable, answered, reader })
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

impl Survey {
    /// Reads what the workers wrote since, and tells whether that was anything; the statuses stay what they were.
    pub(super) fn refresh(&mut self) -> Result<bool, StoreError> {
        read_on(&mut self.reader, &mut self.history, &self.counted)
    }

    /// Gives what was read, to read on from there.
    pub(super) fn into_watched(self) -> Watched {
        let Self { launch, dir, history, counted, reader, .. } = self;
        Watched { launch, dir, history, counted, reader }
    }

    /// Gives the job or task that executes a run, where it is on a scheduler.
    pub fn job(&self, run: u64) -> Option<String> {
        self.submissions.of_run(run).and_then(|submission| submission.task(run))
    }

    /// Gives the status of a run, where the launch has it and it is not only counted.
    pub fn status(&self, run: u64) -> Option<&Status> {
        let counted_before = self.counted.count_below(run);
        let place = run.checked_sub(counted_before).filter(|_| !self.counted.contains(run))?;
        self.statuses.get(usize::try_from(place).ok()?)
    }

    /// Gives each run that is not only counted, with its status.
    pub fn each(&self) -> impl Iterator<Item = (u64, &Status)> {
        let runs = (0..self.launch.runs).filter(|run| !self.counted.contains(*run));
        runs.zip(&self.statuses)
    }

    /// Gives the log of a run's latest attempt, where one has begun.
    pub fn log(&self, run: u64) -> Option<PathBuf> {
        let attempt = self.status(run)?.attempt;
        (attempt > 0).then(|| self.dir.log(self.launch.runs, run, attempt))
    }

    /// Counts the runs in each state, in the order in which states are shown; those with none are left out.
    pub fn counts(&self) -> Vec<(RunState, u64)> {
        let count = |state| {
            let counted = if state == RunState::Succeeded { self.counted.len() } else { 0 };
            counted + self.statuses.iter().filter(|status| status.state == state).count() as u64
        };
        RunState::ALL.into_iter().map(|state| (state, count(state))).filter(|(_, count)| *count > 0).collect()
    }

    /// Tells whether the launch is half submitted: it is on Slurm, and a run was never handed over or an answer is
    /// lost, also after its job was looked for.
    pub fn is_half_submitted(&self) -> bool {
        !self.launch.is_local() && self.submissions.needs_resume(self.launch.runs)
    }

    /// Tells how far the launch was handed over to its support.
    pub fn submission(&self) -> Handing {
        if !self.is_half_submitted() {
            return Handing::Whole;
        }
        match self.dir.owner() {
            Ok(Owner::Lives(client)) => Handing::InProgress(client),
            Ok(Owner::Gone | Owner::Never) | Err(_) => Handing::Half,
        }
    }

    /// Tells whether nothing more will happen by itself.
    pub fn is_over(&self) -> bool {
        self.statuses.iter().all(|status| status.state.is_final())
    }

    /// Gives the case of some runs, to ask the support something of them.
    pub fn case<'a>(&'a self, runs: &'a Ranges) -> Case<'a> {
        Case {
            launch: &self.launch,
            dir: &self.dir,
            submissions: &self.submissions,
            history: &self.history,
            runs,
        }
    }
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
