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
use neuromanager_core::state::RunState;
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
use crate::ui::{Ui, print};

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
    let (launch, dir) = create(&app.settings.store(), order.into_request(app), |launch, _, _| Beginning {
        job_script: None,
        intent: SubmissionRecord::intent(0, whole(launch)),
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
    let is_followed = !manner.json;
    let mut worker = start_worker(&launch, &dir, app)?;
    app.settings.remember(&app.settings.store());
    let mut signals = Signals::listen(&[
        Signal::SIGINT as i32,
        Signal::SIGTERM as i32,
        Signal::SIGHUP as i32,
        Signal::SIGCONT as i32,
        Signal::SIGCHLD as i32,
    ])?;
    let mut follower = Follower::new(&launch, &dir, ui, is_followed);
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
    let survey = settle(&launch, &dir, status, app)?;
    Ok(conclude(&survey, status, interrupted, ui))
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

fn start_worker(launch: &Launch, dir: &LaunchDir, app: &App) -> Result<std::process::Child, Failure> {
    let Chunk { key, runs, attempt, .. } = whole(launch);
    let setting =
        if launch.runs == 1 && owns_terminal() { SettingArg::Terminal } else { SettingArg::Foreground };
    let input = if setting == SettingArg::Terminal { Stdio::inherit() } else { Stdio::null() };
    let mut command = Command::new(std::env::current_exe()?);
    // A group of its own: Ctrl-C comes to this process alone, which passes it on once.
    command.arg0("neu").arg("worker").process_group(0).stdin(input).stdout(Stdio::null());
    command.args(worker_arguments(&arguments(dir.path(), &key, runs, attempt, setting)));
    command.current_dir(&app.settings.folder).env("PWD", &app.settings.folder);
    Ok(command.spawn()?)
}

/// Tells whether this process is in the foreground of the terminal on standard input.
fn owns_terminal() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|owner| owner == getpgrp())
}

/// Prints what runs print, as they come.
struct Follower<'a> {
    runs: u64,
    dir: &'a LaunchDir,
    launch: u64,
    journal: JournalReader,
    tail: Option<Tail>,
    ui: Ui,
    is_followed: bool,
}

impl<'a> Follower<'a> {
    fn new(launch: &Launch, dir: &'a LaunchDir, ui: Ui, is_followed: bool) -> Self {
        let journal = JournalReader::new(dir.events());
        Self { runs: launch.runs, launch: launch.id, dir, journal, tail: None, ui, is_followed }
    }

    fn follow(&mut self) -> Result<(), Failure> {
        for record in self.journal.read_new()? {
            if let Event::Started(started) = record.event {
                // Whatever ran before has ended, so that its log is whole.
                self.pump();
                self.announce(started.run)?;
                if self.is_followed {
                    self.tail = Some(Tail::new(&self.dir.log(self.runs, started.run, started.attempt)));
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
        if self.runs > 1 {
            let params = self.dir.plan()?.run(run)?.params;
            let heading = format!("==> {}.{run} {}", self.launch, json::short_params(&params));
            self.ui.say(heading.trim_end());
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
fn settle(launch: &Launch, dir: &LaunchDir, status: ExitStatus, app: &App) -> Result<Survey, Failure> {
    let began = Instant::now();
    loop {
        let watched = Watched::new(launch.clone(), dir.clone());
        let surveys = app.survey_watched(vec![watched])?;
        let survey =
            surveys.into_iter().next().ok_or_else(|| Failure::new(Exit::Bug, "a survey came back empty"))?;
        let patience = match survey.statuses.iter().find(|run| run.state != RunState::Cancelled) {
            None => Duration::ZERO,
            Some(_) if survey.is_over() => LAST_RECORD,
            Some(_) => LAST_WORDS,
        };
        if status.signal().is_none() || began.elapsed() > patience {
            return Ok(survey);
        }
        thread::sleep(TICK);
    }
}

/// Tells which runs did not succeed, and gives the exit code.
fn conclude(survey: &Survey, status: ExitStatus, interrupted: bool, ui: Ui) -> Exit {
    if let ([run], None) = (survey.statuses.as_slice(), status.code().filter(|code| *code > 1)) {
        if run.state != RunState::Succeeded {
            let text =
                format!("{}.0 {}: {}", survey.launch.id, run.state, run.cause.as_deref().unwrap_or_default());
            match run.exit {
                // The program has said why itself.
                Some(ProgramExit::Code(_)) => ui.say(&text),
                _ => Ui::conclude(&text),
            }
        }
        return match &run.exit {
            Some(exit) => Exit::Program(program_code(exit)),
            None if interrupted => Exit::Interrupted,
            None => Exit::SomeFailed,
        };
    }
    if survey.statuses.iter().all(|run| run.state == RunState::Succeeded) {
        ui.say(&format!("launch {}: all {} runs succeeded", survey.launch.id, survey.launch.runs));
        return Exit::Done;
    }
    Ui::conclude(&failures(survey));
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

fn failures(survey: &Survey) -> String {
    let id = survey.launch.id;
    let mut out = format!("launch {id}: {}\n", states(survey));
    let failed = |state: RunState| !matches!(state, RunState::Succeeded | RunState::Cancelled);
    let causes = causes(survey, 0..survey.launch.runs, failed);
    out.extend(causes.iter().take(FAILURES_TOLD).map(|cause| cause.describe(id)));
    if causes.len() > FAILURES_TOLD {
        out.push_str(&format!("and {} other causes: neu status {id}\n", causes.len() - FAILURES_TOLD));
    }
    out.trim_end().to_owned()
}
