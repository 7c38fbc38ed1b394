//! Surveys of launches, for who acts and for who only glances at the disk; [`super::viewing`] has those for views.

use std::time::Duration;

use neuromanager_core::engine::survey::{Supports, Survey, Watched, glance, survey};
use neuromanager_core::engine::watch::Watch;
use neuromanager_core::id::LaunchId;
use neuromanager_core::store::{Store, StoreError};
use neuromanager_core::tool::Impatient;

use super::App;
use super::selecting::Purpose;
use crate::exit::Exit;
use crate::report::Failure;

/// Opens launches.
pub(super) fn watch(store: &Store, ids: &[LaunchId]) -> Result<Vec<Watched>, StoreError> {
    ids.iter().map(|id| Watched::open(store, *id)).collect()
}

impl App {
    /// Surveys launches: whoever acts is told how they are now.
    pub(super) fn look(
        &self,
        store: &Store,
        ids: &[LaunchId],
        purpose: Purpose,
    ) -> Result<Vec<Survey>, Failure> {
        match purpose {
            Purpose::View => self.view(store, ids),
            Purpose::Act => self.survey(store, ids),
        }
    }

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

    /// Surveys launches that are watched, giving no command of a scheduler more time than `longest`.
    pub(super) fn survey_watch(&self, watch: &mut Watch, longest: Duration) -> Result<(), StoreError> {
        let runner = self.runner();
        let runner = Impatient::new(&runner, longest);
        let (local, slurm) = (Self::local(), Self::slurm(&runner));
        watch.survey(&Supports { local: &local, slurm: &slurm })
    }

    /// Surveys launches that are already open.
    pub(super) fn survey_watched(&self, watched: Vec<Watched>) -> Result<Vec<Survey>, Failure> {
        let runner = self.runner();
        let (local, slurm) = (Self::local(), Self::slurm(&runner));
        Ok(survey(watched, &Supports { local: &local, slurm: &slurm })?)
    }

    /// Surveys one launch that is already open.
    pub(super) fn survey_one(&self, watched: Watched) -> Result<Survey, Failure> {
        let surveys = self.survey_watched(vec![watched])?;
        surveys.into_iter().next().ok_or_else(|| Failure::new(Exit::Bug, "a survey came back empty"))
    }
}
