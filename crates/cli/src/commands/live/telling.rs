//! Tells each failure above the view, where it stays: in full the first time, in a line where others failed alike.

use std::path::Path;

use neuromanager_core::state::{RunState, Status};

use super::super::causes::Cause;
use crate::ui::Ui;

/// How many different failures are told with their last lines.
const TOLD_IN_FULL: usize = 10;

/// Into how many logs is looked: nobody reads the causes of more.
const LOOKED_INTO: usize = 500;

/// What was told, and what is to be.
#[derive(Debug)]
pub(super) struct Telling {
    launch: u64,
    told: Vec<Cause>,
    news: Vec<Cause>,
    looked_into: usize,
}

impl Telling {
    /// Begins to tell of a launch.
    pub(super) fn new(launch: u64) -> Self {
        Self { launch, told: Vec::new(), news: Vec::new(), looked_into: 0 }
    }

    /// A run failed.
    pub(super) fn failed(&mut self, run: u64, status: &Status, log: &Path) {
        self.looked_into += 1;
        let log = Some(log).filter(|_| self.looked_into <= LOOKED_INTO);
        Cause::of(vec![run], status, log).join(&mut self.news);
    }

    /// Runs could not start, since their env could not be activated.
    pub(super) fn env_failed(&mut self, runs: Vec<u64>, why: String) {
        if !runs.is_empty() {
            Cause::plain(runs, RunState::EnvFailed, why).join(&mut self.news);
        }
    }

    /// Tells what is new.
    pub(super) fn tell(&mut self) {
        for cause in std::mem::take(&mut self.news) {
            Ui::conclude(self.words(&cause).trim_end());
            cause.join(&mut self.told);
        }
    }

    fn words(&self, cause: &Cause) -> String {
        match self.told.iter().find(|told| told.is_like(cause)).and_then(Cause::first) {
            Some(first) => format!("{}, as {}.{first}", cause.headline(self.launch), self.launch),
            None if self.told.len() < TOLD_IN_FULL => cause.describe(self.launch),
            None => cause.headline(self.launch),
        }
    }
}
