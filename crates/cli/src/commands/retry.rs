//! `neu retry`: what failed, is missing or was cancelled once more, each run as its next attempt.

use neuromanager_core::config::SupportKind;
use neuromanager_core::engine::mend::mend_local;
use neuromanager_core::engine::rerun::again;
use neuromanager_core::engine::retry::{Choice, Next, choose, foresee, own, prepare};
use neuromanager_core::engine::submit::{Handed, Handover, News};
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::{LaunchId, RunId, Selection};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::resources::Resources;
use neuromanager_core::store::{Chunk, Owned, Ownership, SubmissionRecord};
use neuromanager_core::support::SupportError;
use neuromanager_core::worker::Node;

use super::App;
use super::foreground::{Attended, attend};
use super::interrupting::{Progress, What};
use super::launching::{ask, write_dry_run};
use super::naming::{counted, id_lines, ids, jobs};
use super::order::{Manner, Order};
use super::selecting::{Picked, Purpose, select};
use super::submit;
use super::wait::{conclude, until_over};
use crate::args::RetryArgs;
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Notice, Ui, Volume, print};

/// Retries the runs that were picked, launch by launch.
pub(super) fn retry(args: &RetryArgs, app: &App) -> Result<Exit, Failure> {
    let volume = Volume::of(args.quiet, false);
    let Picks { picked, surveys } = look(args, app)?;
    let manner = Manner { dry_run: args.dry_run, wait: args.wait, yes: args.yes, json: args.json, volume };
    for (survey, picked) in surveys.iter().zip(&picked) {
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
    App::check_folder(launch)?;
    let changes = app.changes(launch.place.kind, &args.with)?;
    app.check_script(launch, &launch.resources.clone().overridden_by(changes))
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
    ask(&order, manner, app)?;
    match launch.place.kind {
        SupportKind::Local => here(survey, picked, manner, app),
        SupportKind::Slurm => on_slurm(survey, picked, &order, manner, app),
    }
}

/// What is tried again, by the one client that may hand it over.
struct Claimed {
    owned: Owned,
    survey: Survey,
    next: Next,
}

/// Takes the right to hand runs of a launch over, looks again, since another may have retried them a moment ago, and
/// writes down how their latest attempts ended. `None` where nothing is left to retry.
fn claim(survey: &Survey, picked: &Picked, ui: Ui, app: &App) -> Result<Option<Claimed>, Failure> {
    let id = picked.id;
    let mut notice = Notice::new(ui);
    let owned = own(&survey.dir, &mut |by| {
        notice.say(&format!("launch {id}: waiting for {by}, which hands runs of it over"));
    })?;
    let owned = match owned {
        Ownership::Ours(owned) => owned,
        Ownership::Theirs(by) => {
            let text = format!("launch {id} is still being handed over by {by}");
            return Err(Failure::new(Exit::Scheduler, text).hint("try again when that has ended"));
        }
    };
    let survey = app.survey(&app.settings.store(), &[id])?.pop();
    let survey = survey.ok_or_else(|| Failure::new(Exit::Bug, "a survey came back empty"))?;
    let again = chosen(&survey, &picked.runs).again;
    if again.is_empty() {
        app.interrupting.end();
        ui.say(&format!("launch {id}: nothing is left to retry: another command has done it"));
        return Ok(None);
    }
    if survey.launch.is_local() {
        mend_local(&owned)?;
    }
    survey.dir.whole_submissions(&survey.launch)?;
    let next = prepare(&survey, &again, &Node::this(None))?;
    Ok(Some(Claimed { owned, survey, next }))
}

/// Hands runs over to Slurm.
fn on_slurm(
    survey: &Survey,
    picked: &Picked,
    order: &Order,
    manner: Manner,
    app: &App,
) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    app.interrupting.begin(ui);
    let limits = submit::limits_for(order, app, ui)?;
    let Some(Claimed { owned, survey, next }) = claim(survey, picked, ui, app)? else {
        return Ok(Exit::Done);
    };
    let id = picked.id;
    let room = app.room(&limits, &order.resources, &app.sbatch_variables(), next.runs.len());
    let handover = Handover {
        store: &app.settings.store(),
        launch: &survey.launch,
        owned: &owned,
        runner: &app.runner(),
        program: &std::env::current_exe()?,
        terms: app.terms(&limits, room.as_ref()),
        tell: &|news| {
            if *news == News::Written {
                let progress = Progress { id: id.0, what: What::Retry, all: next.runs.len(), handed: 0 };
                app.interrupting.hand(progress, ui);
            }
            app.hear(id.0, news, ui);
        },
    };
    let handed = handover.retry(&next.runs, next.attempt, &order.resources);
    app.interrupting.end();
    let handed = handed?;
    drop(owned);
    tell_handed(&survey, &next, &handed, manner, app)?;
    let troubled = submit::troubles(id.0, next.runs.len(), &handed, room.as_ref(), ui);
    if manner.wait {
        let picked = [Picked { id, runs: next.runs, whole: false }];
        let surveys = until_over(&app.settings.store(), &picked, ui, app)?;
        return Ok(conclude(&surveys, &picked, ui));
    }
    Ok(if troubled { Exit::Scheduler } else { Exit::Done })
}

/// Says what Slurm has taken.
fn tell_handed(
    survey: &Survey,
    next: &Next,
    handed: &Handed,
    manner: Manner,
    app: &App,
) -> Result<(), Failure> {
    let launch = LaunchId(survey.launch.id);
    let accepted = handed.accepted();
    if manner.json {
        let now = app.survey(&app.settings.store(), &[launch])?;
        return Ok(print(&json::retried(now.first().unwrap_or(survey), &accepted, next.attempt))?);
    }
    if manner.volume == Volume::Quiet {
        return Ok(print(&id_lines(launch, &accepted))?);
    }
    let taken = handed.jobs();
    if !taken.is_empty() {
        let (runs, attempt) = (ids(launch, &accepted), next.attempt);
        let count = counted(accepted.len());
        let jobs = jobs(&taken);
        print(&format!("launch {launch}: {count} again as attempt {attempt} ({runs}), Slurm {jobs}\n"))?;
    }
    Ok(())
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
    })
}

/// Executes runs of a launch of this machine again, in the foreground.
fn here(survey: &Survey, picked: &Picked, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let (launch, host) = (&survey.launch, Node::this(None).name);
    if launch.host != host {
        return Err(SupportError::OtherHost { launch: launch.id, host: launch.host.clone() }.into());
    }
    if !survey.is_over() {
        let id = launch.id;
        let text = format!("launch {id} is not over: its worker still has runs to execute");
        return Err(Failure::new(Exit::Usage, text)
            .hint(format!("`neu wait {id}` waits for it, `neu cancel {id}` ends it")));
    }
    let Some(Claimed { owned, survey, next }) = claim(survey, picked, ui, app)? else {
        return Ok(Exit::Done);
    };
    let (id, number) = (survey.launch.id, survey.submissions.next_number());
    let chunk = Chunk {
        key: format!("{}-{number}", survey.launch.key),
        runs: next.runs,
        base: 0,
        array: false,
        attempt: next.attempt,
    };
    owned.append(&SubmissionRecord::intent(number, chunk.clone()))?;
    drop(owned);
    ui.say(&format!("launch {id}: retrying {} as attempt {}", ids(picked.id, &chunk.runs), chunk.attempt));
    if manner.json {
        print(&json::retried(&survey, &chunk.runs, chunk.attempt))?;
    }
    let Survey { launch, dir, .. } = survey;
    attend(&Attended { launch, dir, chunk }, manner, app)
}
