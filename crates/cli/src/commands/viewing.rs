//! Surveys for those who only look: answers a few seconds old will do, and nobody waits long for Slurm.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use neuromanager_core::engine::survey::{Supports, Survey, Watched, survey, survey_readable};
use neuromanager_core::id::LaunchId;
use neuromanager_core::store::{Store, StoreError};
use neuromanager_core::support::slurm::Freshness;
use neuromanager_core::tool::{Impatient, Invocation, Reply, Runner, SystemRunner, ToolError};

use super::App;
use super::surveying::watch;
use crate::report::{Failure, in_a_line};
use crate::ui::Ui;

/// How long a view waits for Slurm before it shows what it knows without it.
const LONGEST: Duration = Duration::from_secs(10);

/// How long a view waits before it says that it does.
const SILENT: Duration = Duration::from_secs(2);

impl App {
    /// Surveys launches to show them.
    pub(super) fn view(&self, store: &Store, ids: &[LaunchId]) -> Result<Vec<Survey>, Failure> {
        self.ask_briefly(store, ids, survey)
    }

    /// Surveys launches to list them: those that cannot be read are left out, which is said.
    pub(super) fn view_readable(&self, store: &Store, ids: &[LaunchId]) -> Result<Vec<Survey>, Failure> {
        let (surveys, unreadable) = self.ask_briefly(store, ids, survey_readable)?;
        for (id, error) in unreadable {
            self.ui.warn(&format!("launch {id} is left out: {}", in_a_line(&error)));
        }
        Ok(surveys)
    }

    fn ask_briefly<T>(
        &self,
        store: &Store,
        ids: &[LaunchId],
        survey: impl FnOnce(Vec<Watched>, &Supports<'_>) -> Result<T, StoreError>,
    ) -> Result<T, Failure> {
        let watched = watch(store, ids)?;
        let runner = Announcing { runner: self.runner(), ui: self.ui };
        let runner = Impatient::new(&runner, LONGEST);
        let (local, slurm) = (Self::local(), Self::slurm(&runner).with(Freshness::Recent));
        Ok(survey(watched, &Supports { local: &local, slurm: &slurm })?)
    }
}

/// Says on standard error what it waits for, where that takes long.
struct Announcing {
    runner: SystemRunner,
    ui: Ui,
}

impl Runner for Announcing {
    fn run(&self, invocation: &Invocation) -> Result<Reply, ToolError> {
        let (answered, waiting) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                if waiting.recv_timeout(SILENT) == Err(RecvTimeoutError::Timeout) {
                    let (program, longest) = (&invocation.program, invocation.deadline.as_secs());
                    self.ui.say(&format!("waiting for Slurm's answer to `{program}`, {longest} s at most"));
                }
            });
            let reply = self.runner.run(invocation);
            drop(answered);
            reply
        })
    }

    fn cluster(&self) -> Vec<String> {
        self.runner.cluster()
    }
}
