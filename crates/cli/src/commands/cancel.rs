//! `neu cancel`: stops runs, and says what became of each.

use neuromanager_core::engine::cancel::cancel as stop;
use neuromanager_core::engine::survey::Supports;

use super::App;
use super::selecting::{Purpose, select};
use crate::args::SelectArgs;
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Volume, print};

/// Stops the runs that were picked.
pub(super) fn cancel(args: &SelectArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let runner = app.runner();
    let (local, slurm) = (App::local(), App::slurm(&runner));
    let supports = Supports { local: &local, slurm: &slurm };
    let ui = app.ui.at(Volume::of(args.quiet, false));
    let mut exit = Exit::Done;
    let mut surveys = Vec::new();
    for picked in select(&store, &args.what, Purpose::Act, app)?.picked {
        let done = stop(&store, &supports, picked.id, |run| picked.runs.contains(run))?;
        let id = picked.id;
        if !done.stopped.is_empty() {
            ui.say(&format!("launch {id}: {} stopped ({})", runs(done.stopped.len()), done.stopped));
        }
        if !done.over.is_empty() {
            ui.say(&format!("launch {id}: {} already over ({})", runs(done.over.len()), done.over));
        }
        if !done.alive.is_empty() {
            ui.warn(&format!("launch {id}: still alive: {}; see `neu status {id}`", done.alive));
            exit = Exit::Scheduler;
        }
        surveys.push(done.survey);
    }
    if args.json {
        print(&json::launches(&surveys))?;
    }
    Ok(exit)
}

fn runs(count: u64) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("{count} runs") }
}
