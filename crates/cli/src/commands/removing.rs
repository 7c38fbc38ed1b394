//! What `neu rm` and `neu prune` share: what a launch is that goes, the question before, and the removal.

use std::io;

use jiff::Timestamp;
use neuromanager_core::engine::removal::over_since;
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::LaunchId;
use neuromanager_core::store::{Removal, Standing, Store, StoreError, size};

use super::App;
use super::naming::counted;
use crate::args::RemovalArgs;
use crate::exit::Exit;
use crate::json::{Removed, RemovedLaunch};
use crate::report::{Failure, in_a_line};
use crate::ui::{Ui, Volume, bytes, one_line, print};

/// A launch that goes.
#[derive(Debug)]
pub(super) struct Leaving {
    standing: Standing,
    pub(super) id: LaunchId,
    pub(super) name: String,
    pub(super) runs: u64,
    pub(super) over: Timestamp,
    pub(super) bytes: u64,
}

impl Leaving {
    /// Describes a launch that may go, which stood so before it was surveyed.
    pub(super) fn of(survey: &Survey, standing: Standing) -> Self {
        let launch = &survey.launch;
        Self {
            standing,
            id: LaunchId(launch.id),
            name: launch.name.clone(),
            runs: launch.runs,
            over: over_since(survey),
            bytes: size(survey.dir.path()),
        }
    }

    /// Names it for people: ``launch 12 `train` (60 runs, 1.2 MB)``.
    pub(super) fn describe(&self) -> String {
        let (runs, size) = (counted(self.runs), bytes(self.bytes));
        format!("launch {} `{}` ({runs}, {size})", self.id, one_line(&self.name))
    }

    fn shape(&self) -> RemovedLaunch {
        let Self { id, name, runs, over, bytes, .. } = self;
        RemovedLaunch { id: id.0, name: name.clone(), runs: *runs, over: *over, bytes: *bytes }
    }
}

/// Asks on a terminal, unless told not to; elsewhere nobody can be asked.
pub(super) fn ask(question: &str, args: RemovalArgs, app: &App) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    if !app.settings.interactive {
        return Err(Failure::new(Exit::Usage, "nothing was removed: nobody can be asked here")
            .hint("add `--yes` where that is what you want"));
    }
    if Ui::ask(question)? { Ok(()) } else { Err(Failure::new(Exit::Interrupted, "nothing was removed")) }
}

/// A removal on its way: what went, and what did not.
pub(super) struct Progress<'a> {
    store: &'a Store,
    ui: Ui,
    pub(super) removed: Removed,
    exit: Exit,
}

impl<'a> Progress<'a> {
    /// Begins.
    pub(super) fn new(store: &'a Store, args: RemovalArgs, app: &App) -> Self {
        let ui = app.ui.at(Volume::of(args.quiet || args.json, false));
        Self { store, ui, removed: Removed::new(), exit: Exit::Done }
    }

    /// Notes that a launch had been removed before.
    pub(super) fn note_already(&mut self, id: LaunchId) {
        self.ui.say(&format!("launch {id} is already removed"));
        self.removed.already.push(id.0);
    }

    /// Notes what would go, where nothing does.
    pub(super) fn note_only(&mut self, leaving: &[Leaving]) {
        self.removed.dry_run = true;
        for leaving in leaving {
            self.removed.bytes += leaving.bytes;
            self.removed.launches.push(leaving.shape());
        }
    }

    /// Removes launches, each whole; one that cannot be removed does not keep the others.
    pub(super) fn remove(&mut self, leaving: &[Leaving]) {
        for leaving in leaving {
            match self.store.remove(&leaving.standing) {
                Ok(Removal::Gone) => {
                    self.ui.say(&format!("removed {}", leaving.describe()));
                    self.removed.bytes += leaving.bytes;
                    self.removed.launches.push(leaving.shape());
                }
                Ok(Removal::Already) => self.note_already(leaving.id),
                Ok(Removal::TakenUp) => {
                    self.fail(&format!("launch {} stays: more of it was started meanwhile", leaving.id));
                }
                Err(error) => self.fail_at(&error),
            }
        }
    }

    /// Finishes the removals that were killed.
    pub(super) fn finish_others(&mut self) {
        let half_removed = self.store.half_removed().unwrap_or_else(|error| {
            self.fail_at(&error);
            Vec::new()
        });
        for id in half_removed {
            match self.store.finish(id) {
                Ok(Removal::Gone | Removal::Already) => {
                    self.ui.say(&format!("finished removing launch {id}"));
                }
                Ok(Removal::TakenUp) => self.ui.warn(&format!("launch {id} is back: more of it was started")),
                Err(error) => self.fail_at(&error),
            }
        }
    }

    /// Notes that something could not be removed.
    pub(super) fn fail_at(&mut self, error: &StoreError) {
        self.fail(&in_a_line(error));
    }

    fn fail(&mut self, text: &str) {
        self.ui.error(text);
        self.exit = Exit::Store;
    }

    /// Prints what was asked for.
    pub(super) fn conclude(&self, args: RemovalArgs) -> io::Result<Exit> {
        if args.json {
            print(&self.removed.render())?;
        } else if args.quiet {
            print(
                &self.removed.launches.iter().map(|launch| format!("{}\n", launch.id)).collect::<String>(),
            )?;
        }
        Ok(self.exit)
    }

    /// Tells who says what happens.
    pub(super) fn ui(&self) -> Ui {
        self.ui
    }
}
