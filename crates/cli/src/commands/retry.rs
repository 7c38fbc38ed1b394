//! `neu retry`: which runs failed, are missing or were cancelled, and are started once more.

use neuromanager_core::config::SupportKind;
use neuromanager_core::engine::rerun::again;
use neuromanager_core::engine::retry::{Choice, choose, foresee};
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::{LaunchId, RunId, Selection};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::resources::Resources;

use super::App;
use super::crew::Crew;
use super::launching::{ask, write_dry_run};
use super::limits::check_here;
use super::naming::ids;
use super::order::{Manner, Order, Output};
use super::retrying::{here, on_slurm};
use super::selecting::{Picked, Purpose, select};
use super::skipping::Skipping;
use crate::args::RetryArgs;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Ui, Volume};

/// Retries the runs that were picked, launch by launch.
pub(super) fn retry(args: &RetryArgs, app: &App) -> Result<Exit, Failure> {
    let volume = Volume::of(args.quiet, false);
    let Picks { picked, surveys } = look(args, app)?;
    let crew = Crew::of(args.crew);
    let manner = Manner {
        dry_run: args.dry_run,
        wait: args.wait,
        detach: args.detach,
        yes: args.yes,
        json: args.json,
        output: Output::beside_ids(args.quiet),
        volume,
        crew,
        skipping: Skipping::Nothing,
    };
    for (survey, picked) in surveys.iter().zip(&picked) {
        crew.check(survey.launch.place.kind)?;
        check(survey, picked, args, app)?;
    }
    let mut exit = Exit::Done;
    for (survey, picked) in surveys.iter().zip(&picked) {
        match retry_launch(survey, picked, args, manner, app)? {
            Exit::Done => {}
            other => exit = other,
        }
    }
    Ok(exit)
}

/// What was picked, and how it is.
struct Picks {
    picked: Vec<Picked>,
    surveys: Vec<Survey>,
}

fn look(args: &RetryArgs, app: &App) -> Result<Picks, Failure> {
    let store = app.settings.store();
    if !args.dry_run {
        let launches = select(&store, &args.what, Purpose::Act, app)?.ids();
        // What was never handed over is completed, and no matter of trying again.
        app.feed(&store, &launches, app.ui.at(Volume::of(args.quiet, false)))?;
    }
    let (picked, surveys) = select(&store, &args.what, Purpose::Act, app)?.surveyed(&store, app)?;
    surveys.iter().try_for_each(|survey| survey.dir.check_original())?;
    for (survey, picked) in surveys.iter().zip(&picked) {
        refuse_named(survey, picked, &args.what.ids)?;
    }
    Ok(Picks { picked, surveys })
}

/// Refuses a run that was named by itself and succeeded: whoever names it means to have it again.
fn refuse_named(survey: &Survey, picked: &Picked, ids: &[Selection]) -> Result<(), Failure> {
    let is_named = |run: u64| {
        ids.iter().any(|id| match id {
            Selection::Launch(_) => false,
            Selection::Runs { launch, first, last } => *launch == picked.id && (*first, *last) == (run, run),
            Selection::SlurmJob { .. } => picked.runs.len() == 1,
        })
    };
    let succeeded = chosen(survey, &picked.runs).succeeded;
    match succeeded.iter().find(|run| is_named(*run)) {
        None => Ok(()),
        Some(run) => {
            let id = RunId { launch: picked.id, run };
            let failure = Failure::new(Exit::Usage, format!("{id} succeeded, and is not retried"));
            Err(failure.hint(format!("`neu rerun {id}` starts it again, as a new launch")))
        }
    }
}

/// Refuses to try what cannot start: nothing of any launch is started then.
fn check(survey: &Survey, picked: &Picked, args: &RetryArgs, app: &App) -> Result<(), Failure> {
    if chosen(survey, &picked.runs).again.is_empty() {
        return Ok(());
    }
    let launch = &survey.launch;
    App::check_folder(&survey.dir, launch)?;
    let changes = app.changes(launch.place.kind, &args.with)?;
    let resources = launch.resources.clone().overridden_by(changes);
    if launch.place.kind == SupportKind::Local {
        check_here(&resources)?;
    }
    app.check_script(launch, &resources)
}

/// Tells what becomes of each of some runs.
pub(super) fn chosen(survey: &Survey, runs: &Ranges) -> Choice {
    choose(runs.iter().filter_map(|run| Some((run, survey.status(run)?.state))))
}

fn retry_launch(
    survey: &Survey,
    picked: &Picked,
    args: &RetryArgs,
    manner: Manner,
    app: &App,
) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let choice = chosen(survey, &picked.runs);
    tell_left_alone(survey, &choice, ui);
    if choice.again.is_empty() {
        return Ok(if choice.unknown.is_empty() { Exit::Done } else { Exit::Scheduler });
    }
    let launch = &survey.launch;
    let changes = app.changes(launch.place.kind, &args.with)?;
    let order = order(survey, &choice.again, changes)?;
    if manner.dry_run {
        let next = foresee(survey, &choice.again)?;
        ui.say(&format!(
            "launch {}: {} would be attempt {}",
            launch.id,
            ids(picked.id, &next.runs),
            next.attempt
        ));
        write_dry_run(&order, app)?;
        return Ok(Exit::Done);
    }
    ask(&order, manner, app)?;
    match launch.place.kind {
        SupportKind::Local => here(survey, picked, order.resources, manner, app),
        SupportKind::Slurm => on_slurm(survey, picked, &order, manner, app),
    }
}

/// Says which of the runs that were picked are not retried, and why.
fn tell_left_alone(survey: &Survey, choice: &Choice, ui: Ui) {
    let id = survey.launch.id;
    let left = [(&choice.succeeded, "succeeded"), (&choice.alive, "not over")];
    let told: Vec<String> = left
        .iter()
        .filter(|(runs, _)| !runs.is_empty())
        .map(|(runs, word)| format!("{} {word} ({runs})", runs.len()))
        .collect();
    if !told.is_empty() {
        ui.say(&format!("launch {id}: left alone: {}", told.join(", ")));
    }
    if !choice.unknown.is_empty() {
        let why = choice.unknown.iter().find_map(|run| survey.status(run)?.cause.as_deref());
        let which = ids(LaunchId(id), &choice.unknown);
        let verb = if choice.unknown.len() == 1 { "is" } else { "are" };
        ui.warn(&format!("{which} {verb} unknown and not retried: {}", why.unwrap_or("nothing is known")));
    }
}

/// Gives what would be started for runs of a launch: all as the launch has kept it, but for the changes.
fn order(survey: &Survey, runs: &Ranges, changes: Resources) -> Result<Order, Failure> {
    let launch = &survey.launch;
    Ok(Order {
        name: launch.name.clone(),
        place: launch.place.clone(),
        env: launch.env.clone(),
        resources: launch.resources.clone().overridden_by(changes),
        plan: again(&survey.dir, launch, runs)?,
        folder: launch.folder.0.clone().into(),
        skipped: None,
    })
}
