//! `neu cancel`: stops runs, and says what became of each.

use std::time::Duration;

use neuromanager_core::engine::cancel::{Cancelling, cancel as stop};
use neuromanager_core::engine::mend::mend_record;
use neuromanager_core::engine::resume::{Resuming, is_half_submitted};
use neuromanager_core::engine::submit::Terms;
use neuromanager_core::engine::survey::{Supports, Survey};
use neuromanager_core::store::{Store, StoreError};
use neuromanager_core::worker::Node;

use super::App;
use super::naming::counted;
use super::selecting::{Picked, Purpose, select};
use super::submit::describe_news;
use crate::args::SelectArgs;
use crate::exit::Exit;
use crate::json;
use crate::report::{Failure, in_a_line};
use crate::ui::{Notice, Ui, Volume, lines, print};

/// How long Slurm may have a question in its queue where its `MessageTimeout` is not known: slurm.conf(5) advises
/// against more than 100 seconds.
const LONGEST_MESSAGE_TIMEOUT: Duration = Duration::from_secs(100);

/// Stops the runs that were picked.
pub(super) fn cancel(args: &SelectArgs, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(Volume::of(args.quiet, false));
    let picked = select(&app.settings.store(), &args.what, Purpose::Act, app)?.picked;
    let Stopped { ids, surveys, exit } = stop_all(picked, ui, app)?;
    if args.quiet {
        print(&lines(&ids))?;
    }
    if args.json {
        print(&json::launches(&surveys))?;
    }
    Ok(exit)
}

/// What became of a cancellation.
pub(super) struct Stopped {
    /// The runs that were alive and are over now.
    pub(super) ids: Vec<String>,
    /// Their launches afterwards.
    surveys: Vec<Survey>,
    /// Whether all is over.
    pub(super) exit: Exit,
}

/// Stops runs, and says what became of them.
pub(super) fn stop_all(picked: Vec<Picked>, ui: Ui, app: &App) -> Result<Stopped, Failure> {
    let store = app.settings.store();
    let (runner, program) = (app.runner(), std::env::current_exe()?);
    let (local, slurm) = (App::local(), App::slurm(&runner));
    let cancelling = Cancelling {
        supports: Supports { local: &local, slurm: &slurm },
        resuming: Resuming {
            store: &store,
            runner: &runner,
            program: &program,
            terms: terms(&store, &picked, app)?,
            tell: &|id, news| {
                if let Some(words) = describe_news(id, news) {
                    ui.say(&words);
                }
            },
        },
        node: &Node::this(None),
    };
    mend(&cancelling.resuming, &picked, ui)?;
    let mut exit = Exit::Done;
    let mut surveys = Vec::new();
    let mut ids = Vec::new();
    for picked in picked {
        let mut notice = Notice::new(ui);
        let wanted = |run| picked.runs.contains(run);
        let done = stop(&cancelling, picked.id, wanted, &mut |text| notice.say(text))?;
        let id = picked.id;
        ids.extend(picked.names(|run| done.stopped.contains(run)));
        if !done.stopped.is_empty() {
            ui.say(&format!("launch {id}: {} stopped ({})", counted(done.stopped.len()), done.stopped));
        }
        if !done.over.is_empty() {
            ui.say(&format!("launch {id}: {} already over ({})", counted(done.over.len()), done.over));
        }
        if !done.alive.is_empty() {
            ui.warn(&format!("launch {id}: still alive: {}; see `neu status {id}`", done.alive));
            exit = Exit::Scheduler;
        }
        if !done.unknown.is_empty() {
            ui.warn(&format!("launch {id}: not known whether they stopped: {}", done.unknown));
            exit = Exit::Scheduler;
        }
        if let Some(damage) = done.survey.submissions.damage() {
            ui.warn(&format!(
                "launch {id}: in its submissions.jsonl {damage}: Slurm may have more jobs of it, whose names have \
                 `.{}`; see `squeue --me --format='%i %T %j'`",
                done.survey.launch.key
            ));
            exit = Exit::Scheduler;
        }
        surveys.push(done.survey);
    }
    Ok(Stopped { ids, surveys, exit })
}

/// Looks for jobs that damaged records do not tell of. Where Slurm does not answer, the jobs that are known are cancelled
/// all the same, and the damage is told at the end.
fn mend(resuming: &Resuming<'_>, picked: &[Picked], ui: Ui) -> Result<(), Failure> {
    for picked in picked {
        match mend_record(resuming, picked.id) {
            Ok(()) => {}
            Err(error @ StoreError::Damaged { .. }) => ui.warn(&in_a_line(&error)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Gives the terms on which lost answers are looked for; the cluster is asked for them only where there are any.
fn terms(store: &Store, picked: &[Picked], app: &App) -> Result<Terms, Failure> {
    for picked in picked {
        let dir = store.launch(picked.id);
        let launch = dir.read()?;
        if is_half_submitted(&launch, &dir)?
            && let Ok(limits) = app.limits(app.ui)
        {
            limits.check_cluster(&launch)?;
            return Ok(app.terms(&limits, None));
        }
    }
    let patience = Duration::from_mins(5);
    Ok(Terms { array_size: 1, message_timeout: LONGEST_MESSAGE_TIMEOUT, patience, room: None })
}
