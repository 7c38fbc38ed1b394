//! A launch on this machine, in the foreground: starts its worker, follows what runs print, and tells the end.

use std::iter;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use neuromanager_core::engine::create::create;
use neuromanager_core::engine::survey::{Survey, Watched};
use neuromanager_core::event::Exit as ProgramExit;
use neuromanager_core::id::LaunchId;
use neuromanager_core::patience::Patience;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::state::RunState;
use neuromanager_core::store::{Beginning, Chunk, Launch, LaunchDir, SubmissionRecord};
use neuromanager_core::worker::Signals;
use nix::sys::signal::Signal;

use super::App;
use super::causes::{causes, states};
use super::detached;
use super::echo::stop_showing;
use super::holding::{Company, Held, owns_terminal};
use super::order::{Manner, Order, Output};
use super::parting::{Parting, Question};
use super::showing::{Seen, Showing, Told};
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Ui, print};

/// How long a worker that was killed may take to write down how it stopped: the grace of its program, and some.
const LAST_WORDS: Duration = Duration::from_secs(13);

/// How long its last record may take once its program is gone.
const LAST_RECORD: Duration = Duration::from_secs(1);

/// How often the last words are looked for.
const TICK: Duration = Duration::from_millis(30);

/// Starts a launch and stays with it.
pub(super) fn start(order: Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let described = order.describe();
    let counts = order.skipped.as_ref().map(|skipped| skipped.counts.clone());
    let ignored = order.resources.without_effect_here().collect::<Vec<_>>().join(" ");
    let (launch, dir) = create(
        &app.settings.store(),
        order.into_request(manner.crew.patience(Patience::default()), app),
        |launch, _, _| Ok(Beginning { job_script: None, intent: SubmissionRecord::intent(0, whole(launch)) }),
    )?;
    if !ignored.is_empty() {
        ui.warn(&format!("these options are for schedulers, and do nothing on this machine: {ignored}"));
    }
    let chunk = whole(&launch);
    let attended = Attended { launch, dir, chunk };
    if manner.detach {
        return detached::start(&attended, &described, counts.as_ref(), manner, app);
    }
    ui.say(&format!("launch {}: {described}", attended.launch.id));
    if manner.json {
        let survey = app.survey(&app.settings.store(), &[LaunchId(attended.launch.id)])?;
        if let Err(error) = print(&json::submitted(&survey, counts.as_ref())) {
            stop_showing(&error, ui);
        }
    }
    if manner.output == Output::Nothing
        && let Err(error) = print(&format!("{}\n", attended.launch.id))
    {
        stop_showing(&error, ui);
    }
    attend(&attended, manner, app)
}

/// Runs of a launch that this command executes, and stays with.
#[derive(Debug)]
pub(super) struct Attended {
    pub(super) launch: Launch,
    pub(super) dir: LaunchDir,
    /// What was written down as handed over.
    pub(super) chunk: Chunk,
}

impl Attended {
    /// Tells whether it has an attempt at a run.
    pub(super) fn has(&self, run: u64, attempt: u32) -> bool {
        attempt == self.chunk.attempt && self.chunk.runs.contains(run)
    }
}

/// Executes runs of a launch here: in the background, or followed to their end.
pub(super) fn carry_out(attended: &Attended, manner: Manner, app: &App) -> Result<Exit, Failure> {
    if !manner.detach {
        return attend(attended, manner, app);
    }
    detached::begin(attended, manner, app)?.let_go()?;
    detached::say_how_to_look(attended.launch.id, app.ui.at(manner.volume));
    Ok(Exit::Done)
}

/// Executes runs of a launch here, and follows them to their end.
fn attend(attended: &Attended, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let mut worker = Held::start(attended, Company::Stays, manner.crew)?;
    app.settings.remember(&app.settings.store());
    app.interrupting.attend();
    let mut showing = Showing::of(attended, manner, app)?;
    let heard = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGCONT, Signal::SIGCHLD];
    let heard: Vec<i32> = heard.iter().chain(showing.signals()).map(|signal| *signal as i32).collect();
    let mut signals = Signals::listen(&heard)?;
    let mut interrupted = false;
    let mut question: Option<Question> = None;
    let can_ask = app.settings.interactive && !manner.yes && worker.can_go();
    let status = loop {
        let came = match question {
            None => showing.wait(&mut signals),
            Some(_) => signals.wait(Some(TICK)),
        };
        for signal in came.into_iter().filter_map(|signal| Signal::try_from(signal).ok()) {
            match (signal, &question) {
                (Signal::SIGCHLD, _) => {}
                (Signal::SIGTSTP, _) => showing.stop()?,
                (Signal::SIGCONT, asked) => {
                    worker.signal(signal);
                    if asked.is_some() {
                        Question::repeat();
                    }
                }
                (Signal::SIGINT, None) if can_ask && !interrupted && owns_terminal() => {
                    question = Some(Question::ask());
                }
                (signal, _) => {
                    (interrupted, question) = (true, None);
                    worker.signal(signal);
                }
            }
        }
        match question.as_mut().and_then(Question::answer) {
            None => {}
            Some(Parting::Leave) => return detached::leave(worker, attended, ui),
            Some(Parting::GoOn) => question = None,
            Some(Parting::Stop) => {
                (interrupted, question) = (true, None);
                worker.signal(Signal::SIGINT);
            }
        }
        let ended = worker.ended()?;
        // What runs print waits in their logs while a question stands.
        if question.is_none() || ended.is_some() {
            showing.show()?;
            Ui::relay(&worker.words());
        }
        if let Some(status) = ended {
            break status;
        }
    };
    let Seen { told, succeeded } = showing.finish()?;
    let count = attended.chunk.runs.len();
    if status.success() && attended.chunk.runs.without(&succeeded).is_empty() {
        if count > 1 {
            ui.say(&format!("launch {}: all {count} runs succeeded", attended.launch.id));
        }
        return Ok(Exit::Done);
    }
    // A single run is told by its own end.
    let counted = if count > 1 { succeeded } else { Ranges::default() };
    let survey = survey_ended(attended, status, &counted, app)?;
    let told = if manner.output == Output::Nothing { Told::NotEvenOutput } else { told };
    Ok(conclude(&survey, &attended.chunk.runs, status, interrupted, told, ui))
}

/// One worker executes all runs of a launch.
fn whole(launch: &Launch) -> Chunk {
    Chunk {
        key: launch.key.clone(),
        runs: Ranges::span(0, launch.runs - 1),
        base: 0,
        array: false,
        attempt: 1,
    }
}

/// Surveys a launch whose worker has ended. A first half that was killed leaves the second, which stops its program
/// and writes that down: it is waited for. Runs that were seen to succeed may be many, and are only counted.
fn survey_ended(
    attended: &Attended,
    status: ExitStatus,
    counted: &Ranges,
    app: &App,
) -> Result<Survey, Failure> {
    let began = Instant::now();
    let Attended { launch, dir, chunk } = attended;
    loop {
        let watched = Watched::new(launch.clone(), dir.clone()).counting(counted.clone());
        let survey = app.survey_one(watched)?;
        let all: Vec<RunState> =
            chunk.runs.iter().filter_map(|run| survey.status(run)).map(|status| status.state).collect();
        let patience = match all.iter().find(|state| **state != RunState::Cancelled) {
            None => Duration::ZERO,
            Some(_) if all.iter().all(|state| state.is_final()) => LAST_RECORD,
            Some(_) => LAST_WORDS,
        };
        if status.signal().is_none() || began.elapsed() > patience {
            return Ok(survey);
        }
        thread::sleep(TICK);
    }
}

/// Tells which of `runs` did not succeed, and gives the exit code.
fn conclude(
    survey: &Survey,
    runs: &Ranges,
    status: ExitStatus,
    interrupted: bool,
    told: Told,
    ui: Ui,
) -> Exit {
    let id = survey.launch.id;
    let mut statuses = runs.iter().filter_map(|run| Some((run, survey.status(run)?)));
    let only = if runs.len() == 1 { statuses.next() } else { None };
    if let (Some((number, run)), None) = (only, status.code().filter(|code| *code > 1)) {
        if run.state != RunState::Succeeded {
            let text = format!("{id}.{number} {}: {}", run.state, run.cause.as_deref().unwrap_or_default());
            match run.exit {
                _ if told == Told::NotEvenOutput => {
                    Ui::conclude(described(survey, number).as_ref().unwrap_or(&text));
                }
                // The program has said why itself, unless it was ended.
                Some(ProgramExit::Code(_)) if run.state == RunState::Failed => ui.say(&text),
                Some(_) | None => Ui::conclude(&text),
            }
        }
        return match &run.exit {
            // Its program may have ended well when it was told that its time was over.
            Some(ProgramExit::Code(0)) if run.state != RunState::Succeeded => Exit::SomeFailed,
            Some(exit) => Exit::Program(program_code(exit)),
            None if interrupted => Exit::Interrupted,
            None => Exit::SomeFailed,
        };
    }
    if only.into_iter().chain(statuses).all(|(_, run)| run.state == RunState::Succeeded) {
        ui.say(&format!("launch {id}: all {} runs succeeded", runs.len()));
        return Exit::Done;
    }
    Ui::conclude(&failures(survey, runs, told));
    // A worker that failed itself has said why.
    let of_worker = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code > 1);
    match of_worker {
        _ if interrupted => Exit::Interrupted,
        Some(code) => Exit::Program(code),
        None => Exit::SomeFailed,
    }
}

/// Says why a run did not succeed, and what it printed last.
fn described(survey: &Survey, run: u64) -> Option<String> {
    let causes = causes(survey, iter::once(run), |_| true);
    causes.first().map(|cause| cause.describe(survey.launch.id).trim_end().to_owned())
}

fn program_code(exit: &ProgramExit) -> u8 {
    u8::try_from(exit.code() & 0xff).unwrap_or(1)
}

/// How many different failures are told with their last lines; the rest is counted.
const FAILURES_TOLD: usize = 10;

fn failures(survey: &Survey, runs: &Ranges, told: Told) -> String {
    let id = survey.launch.id;
    let mut out = format!("launch {id}: {}\n", states(survey));
    let failed = |state: RunState| !matches!(state, RunState::Succeeded | RunState::Cancelled);
    let causes = causes(survey, runs.iter(), failed);
    out.extend(causes.iter().take(FAILURES_TOLD).map(|cause| match told {
        Told::NotEvenOutput | Told::Nothing => cause.describe(id),
        Told::Failures => cause.headline(id) + "\n",
    }));
    if causes.len() > FAILURES_TOLD {
        out.push_str(&format!("and {} other causes: neu status {id}\n", causes.len() - FAILURES_TOLD));
    }
    out.trim_end().to_owned()
}
