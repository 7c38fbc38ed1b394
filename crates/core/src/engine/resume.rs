//! Completes what was left half submitted: finds jobs whose answer was lost, and hands over what never was.

use std::path::Path;

use super::mend::mend;
use super::submit::{Handed, Handover, Later, News, Share, Terms};
use crate::id::LaunchId;
use crate::ranges::Ranges;
use crate::store::{Answer, Launch, LaunchDir, Owned, OwnedBy, Ownership, Store, StoreError, Submission};
use crate::tool::Runner;

/// What completing works with.
#[derive(Clone, Copy)]
pub struct Resuming<'a> {
    /// The store.
    pub store: &'a Store,
    /// What starts the scheduler's commands.
    pub runner: &'a dyn Runner,
    /// This program, of which a copy is kept for the jobs.
    pub program: &'a Path,
    /// What the cluster allows.
    pub terms: Terms,
    /// Hears of each launch what takes long.
    pub tell: &'a (dyn Fn(u64, &News) + Sync),
}

/// What became of a wish to complete a launch.
#[derive(Debug)]
pub enum Completed {
    /// Nothing was missing.
    Whole,
    /// A client that lives is at work on it; nothing was done.
    Busy(OwnedBy),
    /// This was done.
    Done {
        /// What Slurm answered, and what is still for later.
        handed: Handed,
        /// How many submissions had lost their answer.
        lost: usize,
    },
}

/// Tells whether a launch is half submitted: it is on Slurm, and a run is not handed over, or an answer was lost.
/// Whether a client is at work on it, [`LaunchDir::owner`] tells.
pub fn is_half_submitted(launch: &Launch, dir: &LaunchDir) -> Result<bool, StoreError> {
    Ok(!launch.is_local() && dir.submissions()?.needs_resume(launch.runs))
}

/// Gives the launches of a store that are half submitted; those that were never completed, are of a newer version, or
/// are copies are left out.
pub fn half_submitted(store: &Store) -> Result<Vec<LaunchId>, StoreError> {
    let mut found = Vec::new();
    for id in store.launches()? {
        let dir = store.launch(id);
        let launch = match dir.read() {
            Ok(launch) => launch,
            Err(
                StoreError::HalfMade { .. } | StoreError::NoLaunch { .. } | StoreError::NewerFormat { .. },
            ) => continue,
            Err(error) => return Err(error),
        };
        if is_half_submitted(&launch, &dir)? && dir.original(&launch).is_none() {
            found.push(id);
        }
    }
    Ok(found)
}

/// Completes a launch: adopts its jobs whose answer was lost or submits them again, and hands over the rest.
pub fn complete(resuming: &Resuming<'_>, id: LaunchId) -> Result<Completed, StoreError> {
    let dir = resuming.store.launch(id);
    let launch = dir.read()?;
    if !is_half_submitted(&launch, &dir)? {
        return Ok(Completed::Whole);
    }
    match dir.own()? {
        Ownership::Theirs(theirs) => Ok(Completed::Busy(theirs)),
        Ownership::Ours(owned) => complete_owned(resuming, &launch, &owned),
    }
}

fn complete_owned(resuming: &Resuming<'_>, launch: &Launch, owned: &Owned) -> Result<Completed, StoreError> {
    let tell = |news: &News| (resuming.tell)(launch.id, news);
    let handover = resuming.handover(launch, owned, &tell);
    let before = owned.dir().submissions()?;
    // A torn line alone hides no more than what is looked for by its key below.
    if before.damage().is_some() || !before.unhanded(launch.runs).is_empty() {
        mend(resuming, launch, owned)?;
    }
    // Read again: whoever owned it before may have gone on until now.
    let submissions = owned.dir().whole_submissions(launch)?;
    let mut handed = Handed::default();
    let lost: Vec<&Submission> = submissions.iter().filter(|submission| submission.is_lost()).collect();
    for submission in &lost {
        handed.join(handover.go_on(submission)?);
        if handed.is_stuck() {
            break;
        }
    }
    let after = owned.dir().submissions()?;
    let never = Share::first(after.never_handed(launch.runs), launch);
    let again = after.wishes().iter().map(|wish| Share::again(wish, launch));
    for share in [never].into_iter().chain(again).filter(|share| !share.runs.is_empty()) {
        if handed.is_stuck() {
            let known = handed.later.as_ref().map_or_else(Ranges::default, |later| later.runs.clone());
            handed.postpone(share.runs.without(&known), "Slurm did not take what comes before them");
            continue;
        }
        let room = handover.terms.room.map(|room| room.saturating_sub(handed.accepted().len()));
        let next = Handover { terms: Terms { room, ..handover.terms }, ..handover };
        handed.join(next.submit(&share, u64::MAX)?);
    }
    Ok(Completed::Done { handed, lost: lost.len() })
}

impl Handed {
    /// Tells whether Slurm does not answer or is full, so that asking it for more is of no use.
    fn is_stuck(&self) -> bool {
        self.later.is_some() || self.answers.iter().any(|(_, answer)| matches!(answer, Answer::Uncertain(_)))
    }
}

/// What became of the lost answers of a launch, where nothing was submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Runs of submissions of which the job was found.
    pub adopted: Ranges,
    /// Runs that are surely not in the queue: never handed over, or Slurm has nothing of it.
    pub unhanded: Ranges,
    /// Runs of which that is not known, and why.
    pub unknown: Option<Later>,
}

/// Finds out about the lost answers of a launch without submitting anything: adopts what is found, and voids what is surely
/// absent, so that it is known of every run whether there is something to cancel.
pub fn find_out(resuming: &Resuming<'_>, launch: &Launch, owned: &Owned) -> Result<Settled, StoreError> {
    let tell = |news: &News| (resuming.tell)(launch.id, news);
    let handover = resuming.handover(launch, owned, &tell);
    let doubt = match mend(resuming, launch, owned) {
        Ok(()) => None,
        Err(StoreError::Damaged { why, .. }) => Some(why),
        Err(error) => return Err(error),
    };
    let (handed, _) = handover.look_after_lost()?;
    let mut settled = Settled { adopted: handed.accepted(), ..Settled::default() };
    for (runs, answer) in handed.answers {
        if let Answer::Uncertain(words) = answer {
            settled.doubt(runs, words);
        }
    }
    let unhanded = owned.dir().submissions()?.unhanded(launch.runs);
    match doubt {
        Some(words) if !unhanded.is_empty() => settled.doubt(unhanded, words),
        Some(_) | None => settled.unhanded = unhanded,
    }
    Ok(settled)
}

impl Settled {
    fn doubt(&mut self, runs: Ranges, words: String) {
        let known = self.unknown.take().map_or_else(Ranges::default, |later| later.runs);
        self.unknown = Some(Later { runs: [known, runs].into_iter().collect(), words });
    }
}

/// Adopts the jobs of a launch that are there and hands nothing over, where its runs could not start.
pub fn adopt(resuming: &Resuming<'_>, id: LaunchId) -> Result<Completed, StoreError> {
    let dir = resuming.store.launch(id);
    let launch = dir.read()?;
    match dir.own()? {
        Ownership::Theirs(theirs) => Ok(Completed::Busy(theirs)),
        Ownership::Ours(owned) => {
            mend(resuming, &launch, &owned)?;
            let tell = |news: &News| (resuming.tell)(launch.id, news);
            let (handed, lost) = resuming.handover(&launch, &owned, &tell).look_after_lost()?;
            Ok(Completed::Done { handed, lost })
        }
    }
}

impl Handover<'_> {
    /// Finds out about each answer that was lost, without submitting anything, and counts them.
    fn look_after_lost(&self) -> Result<(Handed, usize), StoreError> {
        let mut handed = Handed::default();
        let submissions = self.owned.dir().submissions()?;
        let lost: Vec<&Submission> = submissions.iter().filter(|submission| submission.is_lost()).collect();
        for submission in &lost {
            handed.join(self.look_after(submission)?);
        }
        Ok((handed, lost.len()))
    }
}

impl Resuming<'_> {
    fn handover<'a>(
        &'a self,
        launch: &'a Launch,
        owned: &'a Owned,
        tell: &'a (dyn Fn(&News) + Sync),
    ) -> Handover<'a> {
        let Self { store, runner, program, terms, .. } = *self;
        Handover { store, launch, owned, runner, program, terms, tell }
    }
}
