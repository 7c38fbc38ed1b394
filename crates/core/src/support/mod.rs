//! A support knows one thing: how to ask after the workers of a launch, and how to stop them.
//!
//! Starting is each support's own: a local launch stays in the foreground, Slurm takes submissions.

pub mod local;
pub mod slurm;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::event::Stopped;
use crate::history::{Dated, History};
use crate::ranges::Ranges;
use crate::state::{Handed, Sighting, stopped};
use crate::store::{Launch, LaunchDir, StoreError, Submissions};

/// A launch of which something is asked.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What it is.
    pub launch: &'a Launch,
    /// Where it is.
    pub dir: &'a LaunchDir,
    /// What was handed to the support.
    pub submissions: &'a Submissions,
    /// What its workers wrote.
    pub history: &'a History,
    /// The runs that are asked about.
    pub runs: &'a Ranges,
}

impl Case<'_> {
    /// Gives the word that a run will not be started, unless it is older than a retry that handed the run over since.
    pub fn stopped(&self, run: u64) -> Option<&Dated<Stopped>> {
        let handed = self
            .submissions
            .of_run(run)
            .map(|submission| Handed { attempt: submission.chunk.attempt, time: submission.time });
        stopped(self.history, run, handed)
    }
}

/// What a support sees of each run that it was asked about.
pub type Sightings = HashMap<u64, Sighting>;

/// Asks after workers, and stops them.
pub trait Support {
    /// Looks for the workers of several launches at once; the answers are in the order of the cases.
    fn look(&self, cases: &[Case<'_>]) -> Vec<Sightings>;

    /// Tells when it last answered about the launches of this store, where such answers can fail to come.
    fn last_answer(&self, _dir: &LaunchDir) -> Option<Timestamp> {
        None
    }

    /// Finds the jobs of submissions whose answer was lost: the number of each, and its job.
    fn find_lost(&self, case: &Case<'_>) -> Vec<(u32, u32)>;

    /// Tells the workers of some runs to stop, and gives the runs that this reached: a job that is not known cannot be
    /// told. That they did stop is for the caller to see.
    fn stop(&self, case: &Case<'_>) -> Result<Ranges, SupportError>;
}

/// Tells why a support could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SupportError {
    /// The launch lives on another machine.
    #[error("launch {launch} runs on `{host}`, not on this machine; do it there")]
    OtherHost {
        /// The launch.
        launch: u64,
        /// Its machine.
        host: String,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refused.
    #[error("cannot signal process {pid}")]
    Signal {
        /// The process.
        pid: i32,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The scheduler gave no clear answer; to ask again does no harm.
    #[error("no clear answer: {0}")]
    Silent(String),
    /// The scheduler did not do it.
    #[error("{0}")]
    Scheduler(String),
}
