//! What is to be started, and how: what `neurun` and `neusweep` agree on.

use std::path::PathBuf;

use neuromanager_core::engine::create::Request;
use neuromanager_core::engine::git::Question;
use neuromanager_core::patience::Patience;
use neuromanager_core::plan::Plan;
use neuromanager_core::resources::Resources;
use neuromanager_core::store::Names;

use super::App;
use super::crew::Crew;
use super::naming::{counted, place};
use super::skipping::{Skipped, Skipping};
use crate::args::MannerArgs;
use crate::ui::{Volume, one_line};

/// What to start.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) name: String,
    pub(super) place: Names,
    pub(super) env: Vec<String>,
    pub(super) resources: Resources,
    pub(super) plan: Plan,
    /// Where its runs start.
    pub(super) folder: PathBuf,
    /// What was left out of the plan, where that was asked.
    pub(super) skipped: Option<Skipped>,
}

/// How to start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Only say what would happen.
    pub(super) dry_run: bool,
    /// Stay until the end.
    pub(super) wait: bool,
    /// Leave a launch of this machine alone once it has begun.
    pub(super) detach: bool,
    /// Never ask.
    pub(super) yes: bool,
    /// Print the launch as JSON.
    pub(super) json: bool,
    /// What to show of what runs print.
    pub(super) output: Output,
    /// How much to say.
    pub(super) volume: Volume,
    /// How many at once on this machine, and what failures mean.
    pub(super) crew: Crew,
    /// What is there already and not started again.
    pub(super) skipping: Skipping,
}

/// What is shown of what the runs on this machine print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// Last lines in a view on a terminal, else all.
    Usual,
    /// All, as it comes.
    Stream,
    /// Nothing: standard output has ids only.
    Nothing,
}

impl Output {
    /// Reads the switch.
    fn of(stream: bool) -> Self {
        if stream { Self::Stream } else { Self::Usual }
    }

    /// Gives what a verb of `neu` shows of it, which prints ids only where it is to be quiet.
    pub(super) fn beside_ids(quiet: bool) -> Self {
        if quiet { Self::Nothing } else { Self::Usual }
    }
}

impl Manner {
    /// Reads the options.
    pub(super) fn of(args: &MannerArgs) -> Self {
        let volume = Volume::of(args.quiet, args.verbose);
        Self {
            dry_run: args.dry_run,
            wait: args.wait,
            detach: args.detach,
            yes: args.yes,
            json: args.json,
            output: Output::of(args.stream),
            volume,
            crew: Crew::of(args.crew),
            skipping: Skipping::Nothing,
        }
    }

    /// Leaves out what is there already.
    pub(super) fn skipping(self, skipping: Skipping) -> Self {
        Self { skipping, ..self }
    }

    /// Joins the options of `neusweep` with those of the `neurun` that it hands over to.
    pub(super) fn and(self, inner: Self) -> Self {
        Self {
            dry_run: self.dry_run || inner.dry_run,
            wait: self.wait || inner.wait,
            detach: self.detach || inner.detach,
            yes: self.yes || inner.yes,
            json: self.json || inner.json,
            output: if self.output == Output::Usual { inner.output } else { self.output },
            volume: self.volume.with(inner.volume),
            crew: self.crew.and(inner.crew),
            skipping: self.skipping.and(inner.skipping),
        }
    }
}

impl Order {
    /// Says in a few words what is started.
    pub(super) fn describe(&self) -> String {
        let runs = counted(self.plan.len());
        let name = one_line(&self.name);
        match &self.place.device {
            Some(_) => format!("{runs} of {name} on {}", place(&self.place)),
            None => format!("{runs} of {name}"),
        }
    }

    /// Adds what the surroundings tell.
    pub(super) fn into_request(self, patience: Patience, app: &App) -> Request {
        let Self { name, place, env, resources, plan, folder, skipped } = self;
        Request {
            name,
            place,
            env,
            resources,
            plan,
            patience,
            git: Question::ask(app.runner(), folder.clone()),
            folder,
            typed: app.settings.typed.clone(),
            cluster: None,
            sbatch_variables: app.sbatch_variables(),
            turn: skipped.map(|skipped| skipped.turn),
        }
    }
}
