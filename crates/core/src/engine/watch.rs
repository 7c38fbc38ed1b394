//! Launches that are looked at again and again: what was read of them is not read again, and where nothing was
//! written, nothing is folded again.

use std::fs;

use super::survey::{Supports, Survey, Watched, glance, survey};
use crate::id::LaunchId;
use crate::store::{LaunchDir, Store, StoreError};

/// Launches, and what is known of them.
#[derive(Debug)]
pub struct Watch {
    surveys: Vec<Survey>,
    /// How long the files of their submissions were when they were read.
    submitted: Vec<u64>,
    /// Whether what is known came from the supports too, not from the disk alone.
    is_asked: bool,
}

impl Watch {
    /// Opens launches, and glances at them.
    pub fn open(store: &Store, ids: &[LaunchId]) -> Result<Self, StoreError> {
        let watched: Result<Vec<Watched>, StoreError> =
            ids.iter().map(|id| Watched::open(store, *id)).collect();
        let watched = watched?;
        let submitted = watched.iter().map(|watched| length_of_submissions(watched.dir())).collect();
        Ok(Self { surveys: glance(watched)?, submitted, is_asked: false })
    }

    /// Gives what was seen last.
    pub fn surveys(&self) -> &[Survey] {
        &self.surveys
    }

    /// Gives what was seen last, for good.
    pub fn into_surveys(self) -> Vec<Survey> {
        self.surveys
    }

    /// Glances at the launches: reads what is new on disk, and asks nobody.
    pub fn glance(&mut self) -> Result<(), StoreError> {
        let mut seen = Vec::with_capacity(self.surveys.len());
        for (mut survey, submitted) in std::mem::take(&mut self.surveys).into_iter().zip(&mut self.submitted)
        {
            let length = length_of_submissions(&survey.dir);
            let is_news = survey.refresh()? || length != *submitted || self.is_asked;
            *submitted = length;
            if is_news {
                seen.extend(glance(vec![survey.into_watched()])?);
            } else {
                seen.push(survey);
            }
        }
        self.surveys = seen;
        self.is_asked = false;
        Ok(())
    }

    /// Surveys the launches: reads what is new on disk, and asks the supports for what that leaves open.
    pub fn survey(&mut self, supports: &Supports<'_>) -> Result<(), StoreError> {
        self.submitted = self.surveys.iter().map(|survey| length_of_submissions(&survey.dir)).collect();
        let watched = std::mem::take(&mut self.surveys).into_iter().map(Survey::into_watched).collect();
        self.surveys = survey(watched, supports)?;
        self.is_asked = true;
        Ok(())
    }
}

/// Gives the length of the file of submissions; whatever is wrong with it is said by who reads it.
fn length_of_submissions(dir: &LaunchDir) -> u64 {
    fs::metadata(dir.submissions_file()).map_or(0, |file| file.len())
}
