//! Hands runs of a launch over once more: takes the launch, looks again, and starts them.

use neuromanager_core::engine::mend::mend_local;
use neuromanager_core::engine::retry::{Next, own, prepare};
use neuromanager_core::engine::submit::{Handed, Handover, News};
use neuromanager_core::engine::survey::{Survey, Watched};
use neuromanager_core::id::LaunchId;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::resources::Resources;
use neuromanager_core::store::{Chunk, Launch, Owned, Ownership, SubmissionRecord};
use neuromanager_core::support::SupportError;
use neuromanager_core::worker::Node;

use super::App;
use super::foreground::{Attended, carry_out};
use super::interrupting::{Progress, What};
use super::naming::{counted, id_lines, ids, jobs};
use super::order::{Manner, Order};
use super::retry::chosen;
use super::selecting::Picked;
use super::submit;
use super::wait::{conclude, until_over};
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Notice, Ui, Volume, print};

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
    let survey = app.survey_one(Watched::open(&app.settings.store(), id)?)?;
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
pub(super) fn on_slurm(
    survey: &Survey,
    picked: &Picked,
    order: &Order,
    manner: Manner,
    app: &App,
) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    app.interrupting.begin(ui);
    let limits = submit::limits_for(order, app, ui)?;
    limits.check_cluster(&survey.launch)?;
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
        print(&format!("{}, Slurm {}\n", describe(launch, &accepted, next.attempt), jobs(&taken)))?;
    }
    Ok(())
}

/// Says which runs are tried again, as which attempt.
fn describe(launch: LaunchId, runs: &Ranges, attempt: u32) -> String {
    format!("launch {launch}: {} again as attempt {attempt} ({})", counted(runs.len()), ids(launch, runs))
}

/// Executes runs of a launch of this machine again, in the foreground.
///
/// `resources` are those of the launch, but for what this retry changes.
pub(super) fn here(
    survey: &Survey,
    picked: &Picked,
    resources: Resources,
    manner: Manner,
    app: &App,
) -> Result<Exit, Failure> {
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
    // What is left of a worker that was killed could still write a last word.
    App::local().end_what_is_left(&survey.case(&picked.runs), []);
    let Some(Claimed { owned, survey, next }) = claim(survey, picked, ui, app)? else {
        return Ok(Exit::Done);
    };
    let chunk = intend(owned, &survey, next, &resources)?;
    ui.say(&describe(picked.id, &chunk.runs, chunk.attempt));
    if manner.json {
        print(&json::retried(&survey, &chunk.runs, chunk.attempt))?;
    } else if manner.volume == Volume::Quiet {
        print(&id_lines(picked.id, &chunk.runs))?;
    }
    let Survey { launch, dir, .. } = survey;
    let launch = Launch { resources, ..launch };
    carry_out(&Attended { launch, dir, chunk }, manner, app)
}

/// Writes down that runs of a launch of this machine are about to be executed once more, and lets others have the launch.
///
/// `resources` are written down where they are not the launch's own.
pub(super) fn intend(
    owned: Owned,
    survey: &Survey,
    next: Next,
    resources: &Resources,
) -> Result<Chunk, Failure> {
    let number = survey.submissions.next_number();
    let chunk = Chunk {
        key: format!("{}-{number}", survey.launch.key),
        runs: next.runs,
        base: 0,
        array: false,
        attempt: next.attempt,
    };
    let options = Some(resources).filter(|resources| **resources != survey.launch.resources).cloned();
    owned.append(&SubmissionRecord::intent_with(number, chunk.clone(), options))?;
    drop(owned);
    Ok(chunk)
}
