//! Stops runs, and sees that they stopped.

mod telling;

use std::thread;
use std::time::{Duration, Instant};

use crate::id::{LaunchId, RunId};
use crate::ranges::Ranges;
use crate::state::RunState;
use crate::store::StoreError;
use crate::support::SupportError;
use crate::worker::{Node, end_leftovers};

use super::resume::Resuming;
use super::survey::{Supports, Survey, Watched, survey};
use super::withhold::{Withheld, Withholding};
use telling::{Open, SILENCE, Step, Telling};

/// The pauses between two looks: the first, which doubles up to the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// What became of a cancellation.
#[derive(Debug)]
pub struct Cancelled {
    /// The launch afterwards.
    pub survey: Survey,
    /// The runs that were alive and are over now.
    pub stopped: Ranges,
    /// The runs that still live.
    pub alive: Ranges,
    /// The runs of which it is not known.
    pub unknown: Ranges,
    /// The runs that were over before.
    pub over: Ranges,
}

/// Tells why runs could not be cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The support refused.
    #[error(transparent)]
    Support(#[from] SupportError),
}

/// What a cancellation works with.
#[derive(Clone, Copy)]
pub struct Cancelling<'a> {
    /// Who is asked, and told to stop.
    pub supports: Supports<'a>,
    /// What it takes to find what a dead client left half submitted.
    pub resuming: Resuming<'a>,
    /// This machine.
    pub node: &'a Node,
}

/// Stops the runs of a launch that `wanted` picks, and waits until none of them lives or can still get into a queue.
/// What is waited for meanwhile is told to `notice`, again and again.
pub fn cancel(
    cancelling: &Cancelling<'_>,
    id: LaunchId,
    wanted: impl Fn(u64) -> bool,
    notice: &mut dyn FnMut(&str),
) -> Result<Cancelled, CancelError> {
    let before = cancelling.look(id)?;
    before.dir.check_original()?;
    let over = picked(&before, &wanted, |state| state.is_final() && state != RunState::Lost);
    // A program whose worker was killed may live on: it is looked for on this machine.
    let asked = picked(&before, &wanted, |state| !state.is_final() || state == RunState::Lost);
    let (survey, withheld) = match asked.is_empty() {
        true => (before, Withheld::Surely),
        false => cancelling.stop(&before, &asked, notice)?,
    };
    end_on_this_host(&survey, &wanted);
    Ok(conclude(survey, &asked, over, withheld))
}

impl Cancelling<'_> {
    /// Stops the runs that are `asked` for, and gives what is seen at last.
    fn stop(
        &self,
        before: &Survey,
        asked: &Ranges,
        notice: &mut dyn FnMut(&str),
    ) -> Result<(Survey, Withheld), CancelError> {
        let (launch, dir) = (&before.launch, &before.dir);
        let mut withholding = Withholding::new(&self.resuming, launch, dir, self.node);
        let mut telling = Telling::default();
        let (began, mut pause) = (Instant::now(), PAUSES.0);
        loop {
            let withheld = withholding.withhold(asked)?;
            // After that, not before: the job that a client got in its last moment is seen only now.
            let survey = self.look(LaunchId(launch.id))?;
            let open = open(&survey, asked, &telling);
            match telling.next(&open, &withheld, began.elapsed()) {
                Step::Conclude => return Ok((survey, withheld)),
                Step::Tell => match self.supports.of(launch).stop(&survey.case(&open.runs)) {
                    Ok(reached) => telling.note(&open, &reached, began.elapsed()),
                    Err(SupportError::Silent(words)) if began.elapsed() < SILENCE => {
                        notice(&format!("the scheduler gives no clear answer, asking again: {words}"));
                    }
                    Err(error) => return Err(error.into()),
                },
                Step::Wait => {}
            }
            if let Some(words) = awaited(LaunchId(launch.id), &withheld, &open, &telling) {
                notice(&words);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    fn look(&self, id: LaunchId) -> Result<Survey, StoreError> {
        let store = self.resuming.store;
        let surveys = survey(vec![Watched::open(store, id)?], &self.supports)?;
        let no_launch = || StoreError::NoLaunch { id: id.0, root: store.root().to_owned() };
        surveys.into_iter().next().ok_or_else(no_launch)
    }
}

/// Gives those of the runs that may still live. One whose worker was lost may do so until it was told.
fn open(survey: &Survey, asked: &Ranges, telling: &Telling) -> Open {
    let may_live = |run: &u64| {
        let state = survey.status(*run).map(|status| status.state);
        state.is_some_and(|state| !state.is_final() || state == RunState::Lost && !telling.has_told(*run))
    };
    let runs: Ranges = asked.iter().filter(may_live).collect();
    let with_job = runs.iter().filter(|run| survey.job(*run).is_some()).collect();
    Open { runs, with_job }
}

/// Says what is waited for.
fn awaited(id: LaunchId, withheld: &Withheld, open: &Open, telling: &Telling) -> Option<String> {
    match withheld {
        Withheld::Told(client) => {
            Some(format!("launch {id}: {client} hands runs over; it was told, and is waited for"))
        }
        Withheld::Surely | Withheld::Unknown(_) => {
            telling.has_begun().then(|| format!("waiting for the end of {id}.{}", open.runs))
        }
    }
}

/// Ends what lives on this host of runs that are over on Slurm: the program of a job whose worker and slurmstepd were
/// killed lives on, and Slurm does not know of it any more.
fn end_on_this_host(survey: &Survey, wanted: impl Fn(u64) -> bool) {
    if survey.launch.is_local() {
        // Its support has done so.
        return;
    }
    let launch = LaunchId(survey.launch.id);
    let dead = picked(survey, wanted, |state| state.is_final() && state != RunState::Succeeded);
    if !dead.is_empty() {
        end_leftovers(&survey.launch.key, dead.iter().map(|run| RunId { launch, run }));
    }
}

fn picked(survey: &Survey, wanted: impl Fn(u64) -> bool, which: impl Fn(RunState) -> bool) -> Ranges {
    survey.each().filter(|(run, status)| which(status.state) && wanted(*run)).map(|(run, _)| run).collect()
}

fn conclude(survey: Survey, asked: &Ranges, over: Ranges, withheld: Withheld) -> Cancelled {
    let of = |which: fn(RunState) -> bool| picked(&survey, |run| asked.contains(run), which);
    let unsure = match withheld {
        Withheld::Surely => Ranges::default(),
        Withheld::Told(_) => asked.iter().filter(|run| survey.job(*run).is_none()).collect(),
        Withheld::Unknown(runs) => asked.iter().filter(|run| runs.contains(*run)).collect(),
    };
    let stopped = of(RunState::is_final).without(&unsure);
    let unknown = [of(|state| state == RunState::Unknown), unsure].into_iter().collect::<Ranges>();
    let alive = of(|state| !state.is_final() && state != RunState::Unknown).without(&unknown);
    Cancelled { survey, stopped, alive, unknown, over }
}
