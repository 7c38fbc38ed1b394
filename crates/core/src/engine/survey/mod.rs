//! What is known of launches: their plans, journals and schedulers, folded into one status for each run.

mod opened;
mod watched;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::config::SupportKind;
use crate::history::History;
use crate::id::LaunchId;
use crate::ranges::Ranges;
use crate::state::{RunState, Sighting, Status};
use crate::store::{JournalReader, Launch, LaunchDir, OwnedBy, Owner, StoreError, Submissions};
use crate::support::{Case, Sightings, Support};

pub use watched::Watched;

use opened::{Opened, open};
use watched::read_on;

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
    /// Lines of its journals that could not be read.
    pub unreadable: u64,
    /// Lines of its record of submissions that could not be read.
    pub unreadable_submissions: u64,
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
    let mut sightings: Vec<Sightings> = opened.iter().map(Opened::seen_of_a_copy).collect();
    for kind in [SupportKind::Local, SupportKind::Slurm] {
        let is_asked = |opened: &Opened| opened.watched.launch.place.kind == kind && opened.asks();
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
        let is_unclear =
            opened.asks() && seen.values().any(|sighting| matches!(sighting, Sighting::Unclear(_)));
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

    /// Tells how far the launch was handed over to its support. Nothing is left to hand over of a copy: its original
    /// does that.
    pub fn submission(&self) -> Handing {
        if !self.is_half_submitted() || self.dir.original(&self.launch).is_some() {
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
