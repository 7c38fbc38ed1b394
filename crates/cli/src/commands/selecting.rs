//! From the ids that a user typed to launches and runs.

use std::collections::BTreeMap;

use neuromanager_core::engine::survey::{Supports, Survey, Watched, glance, survey};
use neuromanager_core::id::{LaunchId, Selection};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::store::{Store, StoreError};

use super::App;
use crate::exit::Exit;
use crate::report::Failure;

/// The runs of one launch that were picked.
#[derive(Debug)]
pub(super) struct Picked {
    pub(super) id: LaunchId,
    pub(super) runs: Ranges,
    /// Whether every run of the launch was meant.
    pub(super) whole: bool,
}

/// Finds the runs that `ids` mean, by launch.
pub(super) fn pick(store: &Store, ids: &[Selection]) -> Result<Vec<Picked>, Failure> {
    let mut by_launch: BTreeMap<LaunchId, (Vec<u64>, bool)> = BTreeMap::new();
    for id in ids {
        let (launch, first, last, whole) = match *id {
            Selection::Launch(launch) => (launch, 0, store.launch(launch).read()?.runs - 1, true),
            Selection::Runs { launch, first, last } => {
                let runs = store.launch(launch).read()?.runs;
                if last >= runs {
                    return Err(StoreError::NoRun { launch: launch.0, run: last, last: runs - 1 }.into());
                }
                (launch, first, last, false)
            }
            Selection::SlurmJob { job, task } => {
                let (launch, runs) = of_job(store, job, task)?;
                let picked = by_launch.entry(launch).or_default();
                picked.0.extend(runs.iter());
                continue;
            }
        };
        let picked = by_launch.entry(launch).or_default();
        picked.0.extend(first..=last);
        picked.1 |= whole;
    }
    let picked = by_launch.into_iter();
    Ok(picked.map(|(id, (runs, whole))| Picked { id, runs: runs.into_iter().collect(), whole }).collect())
}

/// Finds the launch and the runs of a Slurm job.
fn of_job(store: &Store, job: u32, task: Option<u32>) -> Result<(LaunchId, Ranges), Failure> {
    for launch in store.launches()?.into_iter().rev() {
        let submissions = store.launch(launch).submissions()?;
        let found = submissions.iter().find(|submission| submission.job() == Some(job));
        let Some(submission) = found else { continue };
        let runs = match task {
            None => submission.chunk.runs.clone(),
            Some(task) => Ranges::single(submission.chunk.base + u64::from(task)),
        };
        if runs.iter().all(|run| submission.chunk.runs.contains(run)) {
            return Ok((launch, runs));
        }
    }
    let name = task.map_or_else(|| job.to_string(), |task| format!("{job}_{task}"));
    Err(Failure::new(Exit::Usage, format!("no launch of this folder has the Slurm job {name}")))
}

fn watch(store: &Store, ids: &[LaunchId]) -> Result<Vec<Watched>, StoreError> {
    ids.iter().map(|id| Watched::open(store, *id)).collect()
}

impl App {
    /// Surveys launches.
    pub(super) fn survey(&self, store: &Store, ids: &[LaunchId]) -> Result<Vec<Survey>, Failure> {
        self.survey_watched(watch(store, ids)?)
    }

    /// Looks at launches without asking anybody.
    pub(super) fn glance(store: &Store, ids: &[LaunchId]) -> Result<Vec<Survey>, Failure> {
        Ok(glance(watch(store, ids)?)?)
    }

    /// Looks at one launch without asking anybody.
    pub(super) fn glance_at(store: &Store, id: LaunchId) -> Result<Option<Survey>, StoreError> {
        Ok(glance(watch(store, &[id])?)?.pop())
    }

    /// Surveys launches that are already open.
    pub(super) fn survey_watched(&self, watched: Vec<Watched>) -> Result<Vec<Survey>, Failure> {
        let runner = self.runner();
        let (local, slurm) = (Self::local(), Self::slurm(&runner));
        Ok(survey(watched, &Supports { local: &local, slurm: &slurm })?)
    }
}
