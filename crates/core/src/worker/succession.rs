//! Whether an attempt can have another beside it at all.

use std::fs;
use std::path::PathBuf;

use super::{Assignment, Setting, WorkerError};
use crate::store::LaunchDir;

/// Knows whether a later attempt at any run of the launch may exist.
#[derive(Debug)]
pub(super) enum Succession {
    /// On this machine nothing is tried again before that is written to the record of submissions, and while this record
    /// has this size, the first attempts are the only ones.
    None { record: PathBuf, size: u64 },
    /// One may exist.
    Possible,
}

impl Succession {
    /// Looks what was handed over so far.
    pub(super) fn of(assignment: &Assignment, dir: &LaunchDir) -> Result<Self, WorkerError> {
        if assignment.attempt > 1 || matches!(assignment.setting, Setting::Job(_)) {
            return Ok(Self::Possible);
        }
        let record = dir.submissions_file();
        let Ok(size) = fs::metadata(&record).map(|found| found.len()) else { return Ok(Self::Possible) };
        let submissions = dir.submissions()?;
        match submissions.iter().any(|submission| submission.chunk.attempt > 1) {
            true => Ok(Self::Possible),
            false => Ok(Self::None { record, size }),
        }
    }

    /// Tells whether the first attempt at each run is still the only one.
    pub(super) fn is_none(&self) -> bool {
        match self {
            Self::None { record, size } => fs::metadata(record).is_ok_and(|found| found.len() == *size),
            Self::Possible => false,
        }
    }
}
