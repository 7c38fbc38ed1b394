//! `neu retry`: what failed, is missing or was cancelled once more, each run as its next attempt.

use neuromanager_core::config::SupportKind;
use neuromanager_core::engine::rerun::again;
use neuromanager_core::engine::retry::{Choice, choose, foresee, prepare};
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::{LaunchId, RunId, Selection};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::resources::Resources;
use neuromanager_core::store::{Chunk, SubmissionRecord, Submissions};
use neuromanager_core::support::SupportError;
use neuromanager_core::worker::Node;

use super::App;
use super::foreground::{Attended, attend};
use super::launching::{ask, write_dry_run};
use super::order::{Manner, Order};
use super::selecting::{Picked, pick};
use crate::args::RetryArgs;
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Ui, Volume, print};

/// Retries the runs that were picked, launch by launch.
pub(super) fn retry(args: &RetryArgs, app: &App) -> Result<Exit, Failure> {
    let volume = Volume::of(args.quiet, false);
    let Picks { picked, surveys } = look(&args.ids, app)?;
    let manner = Manner { dry_run: args.dry_run, wait: args.wait, yes: args.yes, json: args.json, volume };
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

fn look(ids: &[Selection], app: &App) -> Result<Picks, Failure> {
    let store = app.settings.store();
    let picked = pick(&store, ids)?;
    let launches: Vec<LaunchId> = picked.iter().map(|picked| picked.id).collect();
    let surveys = app.survey(&store, &launches)?;
    for (survey, picked) in surveys.iter().zip(&picked) {
        refuse_named(survey, picked, ids)?;
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

fn chosen(survey: &Survey, runs: &Ranges) -> Choice {
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
    App::check_folder(launch)?;
    ask(&order, manner, app)?;
    match launch.place.kind {
        SupportKind::Local => local(survey, &choice.again, manner, app),
        SupportKind::Slurm => Err(Failure::new(Exit::Usage, "runs on Slurm cannot be retried yet")),
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

/// Writes runs of a launch as a person would type them.
fn ids(launch: LaunchId, runs: &Ranges) -> String {
    let stretches = runs.stretches().iter();
    let words = stretches.map(|(first, last)| match first == last {
        true => format!("{launch}.{first}"),
        false => format!("{launch}.{first}-{last}"),
    });
    words.collect::<Vec<_>>().join(" ")
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
    })
}

/// Executes runs of a launch of this machine again, in the foreground.
fn local(survey: &Survey, runs: &Ranges, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let launch = &survey.launch;
    let node = Node::this(None);
    if launch.host != node.name {
        return Err(SupportError::OtherHost { launch: launch.id, host: launch.host.clone() }.into());
    }
    if !survey.is_over() {
        let id = launch.id;
        let text = format!("launch {id} is not over: its worker still has runs to execute");
        return Err(Failure::new(Exit::Usage, text)
            .hint(format!("`neu wait {id}` waits for it, `neu cancel {id}` ends it")));
    }
    let next = prepare(survey, runs, &node)?;
    let number = survey.submissions.iter().map(|submission| submission.number + 1).max().unwrap_or(0);
    let chunk = Chunk {
        key: format!("{}-{number}", launch.key),
        runs: next.runs,
        base: 0,
        array: false,
        attempt: next.attempt,
    };
    Submissions::append(&survey.dir.submissions_file(), &SubmissionRecord::intent(number, chunk.clone()))?;
    let ui = app.ui.at(manner.volume);
    ui.say(&format!(
        "launch {}: retrying {} as attempt {}",
        launch.id,
        ids(LaunchId(launch.id), runs),
        next.attempt
    ));
    if manner.json {
        print(&json::retried(survey, runs, next.attempt))?;
    }
    attend(&Attended { launch: launch.clone(), dir: survey.dir.clone(), chunk }, manner, app)
}
