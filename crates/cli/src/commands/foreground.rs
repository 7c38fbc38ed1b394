//! A launch on this machine, in the foreground: starts its worker, follows what runs print, and tells the end.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use neuromanager_core::engine::create::create;
use neuromanager_core::engine::survey::{Survey, Watched};
use neuromanager_core::event::{Event, Exit as ProgramExit};
use neuromanager_core::id::LaunchId;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::state::{RunState, Status};
use neuromanager_core::store::{Beginning, Chunk, JournalReader, Launch, LaunchDir, SubmissionRecord};
use neuromanager_core::worker::Signals;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgrp, tcgetpgrp};

use super::App;
use super::causes::{causes, states};
use super::follow::Tail;
use super::order::{Manner, Order};
use super::worker::{arguments, worker_arguments};
use crate::args::SettingArg;
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Ui, one_line, print};

/// How long a worker that was killed may take to write down how it stopped: the grace of its program, and some.
const LAST_WORDS: Duration = Duration::from_secs(13);

/// How long its last record may take once its program is gone.
const LAST_RECORD: Duration = Duration::from_secs(1);

/// How often the logs are looked at.
const TICK: Duration = Duration::from_millis(30);

/// Starts a launch and stays with it.
pub(super) fn start(order: Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let described = order.describe();
    let ignored = order.resources.directives().collect::<Vec<_>>().join(" ");
    let (launch, dir) = create(&app.settings.store(), order.into_request(app), |launch, _, _| {
        Ok(Beginning { job_script: None, intent: SubmissionRecord::intent(0, whole(launch)) })
    })?;
    if !ignored.is_empty() {
        ui.warn(&format!("resources are for schedulers, and do nothing on this machine: {ignored}"));
    }
    ui.say(&format!("launch {}: {described}", launch.id));
    if manner.json {
        let survey = app.survey(&app.settings.store(), &[LaunchId(launch.id)])?;
        if let Err(error) = print(&json::submitted(&survey)) {
            stop_showing(&error, ui);
        }
    }
    let chunk = whole(&launch);
    attend(&Attended { launch, dir, chunk }, manner, app)
}

/// Runs of a launch that this command executes, and stays with.
#[derive(Debug)]
pub(super) struct Attended {
    pub(super) launch: Launch,
    pub(super) dir: LaunchDir,
    /// What was written down as handed over.
    pub(super) chunk: Chunk,
}

/// Executes runs of a launch here, and follows them to their end.
pub(super) fn attend(attended: &Attended, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let is_followed = !manner.json;
    let mut worker = start_worker(attended)?;
    app.settings.remember(&app.settings.store());
    app.interrupting.attend();
    let mut signals = Signals::listen(&[
        Signal::SIGINT as i32,
        Signal::SIGTERM as i32,
        Signal::SIGHUP as i32,
        Signal::SIGCONT as i32,
        Signal::SIGCHLD as i32,
    ])?;
    let mut follower = Follower::new(attended, ui, is_followed);
    let mut interrupted = false;
    let status = loop {
        for signal in signals.wait(Some(TICK)).into_iter().filter_map(|signal| Signal::try_from(signal).ok())
        {
            if signal != Signal::SIGCHLD {
                interrupted |= signal != Signal::SIGCONT;
                // A worker that is already gone is seen below.
                let _gone = kill(Pid::from_raw(i32::try_from(worker.id()).unwrap_or(i32::MAX)), signal);
            }
        }
        follower.follow()?;
        if let Some(status) = worker.try_wait()? {
            break status;
        }
    };
    follower.follow()?;
    let survey = survey_ended(attended, status, app)?;
    Ok(conclude(&survey, &attended.chunk.runs, status, interrupted, ui))
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

fn start_worker(attended: &Attended) -> Result<std::process::Child, Failure> {
    let Attended { launch, dir, chunk: Chunk { key, runs, attempt, .. } } = attended;
    let is_single = runs.len() == 1;
    let setting = if is_single && owns_terminal() { SettingArg::Terminal } else { SettingArg::Foreground };
    let input = if setting == SettingArg::Terminal { Stdio::inherit() } else { Stdio::null() };
    let mut command = Command::new(std::env::current_exe()?);
    // A group of its own: Ctrl-C comes to this process alone, which passes it on once.
    command.arg0("neu").arg("worker").process_group(0).stdin(input).stdout(Stdio::null());
    command.args(worker_arguments(&arguments(dir.path(), key, runs.clone(), *attempt, setting)));
    command.current_dir(&launch.folder.0).env("PWD", &launch.folder.0);
    Ok(command.spawn()?)
}

/// Tells whether this process is in the foreground of the terminal on standard input.
fn owns_terminal() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|owner| owner == getpgrp())
}

/// Prints what runs print, as they come.
struct Follower<'a> {
    attended: &'a Attended,
    journal: JournalReader,
    tail: Option<Tail>,
    ui: Ui,
    is_followed: bool,
}

impl<'a> Follower<'a> {
    fn new(attended: &'a Attended, ui: Ui, is_followed: bool) -> Self {
        let journal = JournalReader::new(attended.dir.events());
        Self { attended, journal, tail: None, ui, is_followed }
    }

    fn follow(&mut self) -> Result<(), Failure> {
        for record in self.journal.read_new()? {
            let chunk = &self.attended.chunk;
            if let Event::Started(started) = record.event
                && started.attempt == chunk.attempt
                && chunk.runs.contains(started.run)
            {
                // Whatever ran before has ended, so that its log is whole.
                self.pump();
                self.announce(started.run)?;
                if self.is_followed {
                    let Attended { launch, dir, .. } = self.attended;
                    self.tail = Some(Tail::new(&dir.log(launch.runs, started.run, started.attempt)));
                }
            }
        }
        self.pump();
        Ok(())
    }

    fn pump(&mut self) {
        let Some(tail) = &mut self.tail else { return };
        if let Err(error) = tail.pump(&mut io::stdout().lock()) {
            stop_showing(&error, self.ui);
            self.tail = None;
            self.is_followed = false;
        }
    }

    fn announce(&self, run: u64) -> Result<(), Failure> {
        let Attended { launch, dir, chunk } = self.attended;
        if chunk.runs.len() > 1 {
            let params = dir.plan()?.run(run)?.params;
            let heading = format!("==> {}.{run} {}", launch.id, json::short_params(&params));
            self.ui.say(&one_line(&heading));
        }
        Ok(())
    }
}

/// Goes on without a reader of what runs print: their logs have it, and a launch does not end with its pipe.
fn stop_showing(error: &io::Error, ui: Ui) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        ui.warn(&format!("what runs print is not shown any more ({error}); `neu logs` shows it"));
    }
}

/// Surveys a launch whose worker has ended. A first half that was killed leaves the second, which stops its program
/// and writes that down: it is waited for.
fn survey_ended(attended: &Attended, status: ExitStatus, app: &App) -> Result<Survey, Failure> {
    let began = Instant::now();
    let Attended { launch, dir, chunk } = attended;
    loop {
        let watched = Watched::new(launch.clone(), dir.clone());
        let surveys = app.survey_watched(vec![watched])?;
        let survey =
            surveys.into_iter().next().ok_or_else(|| Failure::new(Exit::Bug, "a survey came back empty"))?;
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
fn conclude(survey: &Survey, runs: &Ranges, status: ExitStatus, interrupted: bool, ui: Ui) -> Exit {
    let id = survey.launch.id;
    let statuses: Vec<(u64, &Status)> =
        runs.iter().filter_map(|run| Some((run, survey.status(run)?))).collect();
    if let ([(number, run)], None) = (statuses.as_slice(), status.code().filter(|code| *code > 1)) {
        if run.state != RunState::Succeeded {
            let text = format!("{id}.{number} {}: {}", run.state, run.cause.as_deref().unwrap_or_default());
            match run.exit {
                // The program has said why itself.
                Some(ProgramExit::Code(_)) => ui.say(&text),
                Some(ProgramExit::Signal(_) | ProgramExit::Unstarted { .. }) | None => Ui::conclude(&text),
            }
        }
        return match &run.exit {
            Some(exit) => Exit::Program(program_code(exit)),
            None if interrupted => Exit::Interrupted,
            None => Exit::SomeFailed,
        };
    }
    if statuses.iter().all(|(_, run)| run.state == RunState::Succeeded) {
        ui.say(&format!("launch {id}: all {} runs succeeded", statuses.len()));
        return Exit::Done;
    }
    Ui::conclude(&failures(survey, runs));
    // A worker that failed itself has said why.
    let of_worker = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code > 1);
    match of_worker {
        _ if interrupted => Exit::Interrupted,
        Some(code) => Exit::Program(code),
        None => Exit::SomeFailed,
    }
}

fn program_code(exit: &ProgramExit) -> u8 {
    u8::try_from(exit.code() & 0xff).unwrap_or(1)
}

/// How many different failures are told with their last lines; the rest is counted.
const FAILURES_TOLD: usize = 10;

fn failures(survey: &Survey, runs: &Ranges) -> String {
    let id = survey.launch.id;
    let mut out = format!("launch {id}: {}\n", states(survey));
    let failed = |state: RunState| !matches!(state, RunState::Succeeded | RunState::Cancelled);
    let causes = causes(survey, runs.iter(), failed);
    out.extend(causes.iter().take(FAILURES_TOLD).map(|cause| cause.describe(id)));
    if causes.len() > FAILURES_TOLD {
        out.push_str(&format!("and {} other causes: neu status {id}\n", causes.len() - FAILURES_TOLD));
    }
    out.trim_end().to_owned()
}
