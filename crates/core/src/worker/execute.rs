//! The worker's second half: claims each run, executes its argv, and writes down what happened.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

use super::attend::Replaced;
use super::leftovers::Leftovers;
use super::memory::OutOfMemory;
use super::past::Past;
use super::program::{self, Environment, Identity};
use super::relay::{Heard, relays};
use super::supervise::HANDLED;
use super::terminal::Terminal;
use super::{Assignment, Doing, Input, Outcome, Setting, Signals, WorkerError, stop_with_the_parent};
use crate::event::{Ended, Event, Exit, Started, Stopped};
use crate::process::ProcessId;
use crate::ranges::Ranges;
use crate::store::{JournalReader, JournalWriter, Launch, LaunchDir, PlanReader, PlannedRun};

/// How much later than its program a worker may be told to stop, when Slurm tells all processes of a job.
const LATE: Duration = Duration::from_secs(1);

/// Executes the runs of an assignment in this process's environment, which `environment` repeats.
///
/// `activated` is removed first, with its folder: it tells the first half that the env was activated.
pub fn execute(
    assignment: &Assignment,
    environment: &Environment,
    activated: &Path,
) -> Result<Outcome, WorkerError> {
    let leftovers = Leftovers::adopt();
    let relays = relays().filter(|_| matches!(assignment.setting, Setting::Job(_)));
    let handled: Vec<i32> = HANDLED.into_iter().chain(relays).collect();
    let signals = Signals::listen(&handled).doing("listen for signals")?;
    stop_with_the_parent(&assignment.setting);
    fs::remove_file(activated).doing("remove its file for temporary use")?;
    // A first half that is killed cannot remove it.
    let _in_use = activated.parent().map(fs::remove_dir_all);
    let dir = LaunchDir::at(assignment.launch.clone());
    let launch = dir.read()?;
    let mut executor = Executor {
        assignment,
        environment,
        plan: dir.plan()?,
        journal: JournalWriter::open(&dir.events(), &assignment.node.name, &assignment.node.boot)?,
        past: Past::new(
            JournalReader::new(dir.events()),
            assignment.runs.clone(),
            asked_for(assignment, &dir)?,
        ),
        launch,
        dir,
        signals,
        leftovers,
        out_of_memory: OutOfMemory::watch(),
        unheeded: Vec::new(),
        stop: None,
        replaced: None,
    };
    if matches!(assignment.setting, Setting::Foreground(_)) && getppid().as_raw() != assignment.first_half.pid
    {
        // It was killed before it could be heard of: nobody waits for these runs.
        executor.stop = Some(Signal::SIGTERM);
    }
    executor.execute_all()
}

/// Tells when the attempt was asked for, where it is not the first.
fn asked_for(assignment: &Assignment, dir: &LaunchDir) -> Result<Option<Timestamp>, WorkerError> {
    if assignment.first_attempt == 1 {
        return Ok(None);
    }
    let submissions = dir.submissions()?;
    let ours = submissions.iter().find(|submission| submission.chunk.key == assignment.key);
    Ok(ours.map(|submission| submission.time))
}

pub(super) struct Executor<'a> {
    pub(super) assignment: &'a Assignment,
    environment: &'a Environment,
    pub(super) launch: Launch,
    pub(super) dir: LaunchDir,
    plan: PlanReader,
    pub(super) journal: JournalWriter,
    pub(super) past: Past,
    pub(super) signals: Signals,
    pub(super) leftovers: Leftovers,
    out_of_memory: OutOfMemory,
    /// Signals that came while the leftovers of a program were ended: that program was over before them.
    pub(super) unheeded: Vec<i32>,
    pub(super) stop: Option<Signal>,
    pub(super) replaced: Option<Replaced>,
}

impl Executor<'_> {
    fn execute_all(&mut self) -> Result<Outcome, WorkerError> {
        let mut outcome = Outcome::Succeeded;
        let mut runs = self.assignment.runs.iter();
        while let Some(run) = runs.next() {
            if let Some(signal) = self.asked_to_stop(Duration::ZERO) {
                let rest: Ranges = std::iter::once(run).chain(runs).collect();
                self.journal.append_stopped(Stopped { runs: rest, reason: reason(signal).to_owned() })?;
                outcome = Outcome::Failed;
                break;
            }
            if self.is_unwanted(run)? || self.execute_one(run)? == Outcome::Failed {
                outcome = Outcome::Failed;
            }
        }
        self.journal.sync()?;
        Ok(outcome)
    }

    fn execute_one(&mut self, run: u64) -> Result<Outcome, WorkerError> {
        let attempt = self.assignment.attempt;
        let Some(log) = self.admit(run)? else { return Ok(Outcome::Failed) };
        let planned = self.plan.run(run)?;
        let exit = self.execute_program(&planned, &log)?;
        if let Exit::Unstarted { reason, .. } = &exit {
            // What the record says anyway; a full disk must not hide it.
            let _disk_full = std::io::Write::write_all(&mut &log, format!("{reason}\n").as_bytes());
        }
        if let Some(Replaced { by, .. }) = self.replaced.take() {
            self.give_way(run, by)?;
            return Ok(Outcome::Failed);
        }
        let succeeded = exit == Exit::Code(0);
        if !succeeded {
            self.hear_of_stop(&exit);
        }
        let stopped = self.stop.is_some() || (!succeeded && self.is_unwanted(run)?);
        // Outside a job, the cgroup holds the user's other programs, too.
        let is_job = matches!(self.assignment.setting, Setting::Job(_));
        let out_of_memory = is_job && self.out_of_memory.happened();
        self.journal.append(Event::Ended(Ended { run, attempt, exit, stopped, out_of_memory }))?;
        self.sync_for_others()?;
        Ok(if succeeded { Outcome::Succeeded } else { Outcome::Failed })
    }

    fn execute_program(&mut self, planned: &PlannedRun, log: &File) -> Result<Exit, WorkerError> {
        let (run, attempt) = (planned.run, self.assignment.attempt);
        let params_file = self.dir.params_file(run, attempt);
        let identity =
            Identity { id: self.id_of(run), key: &self.launch.key, attempt, params_file: &params_file };
        let terminal = match self.assignment.setting {
            Setting::Foreground(Input::Terminal) => Terminal::of_stdin(),
            Setting::Foreground(Input::Nothing) | Setting::Job(_) => None,
        };
        let input = if terminal.is_some() { Input::Terminal } else { Input::Nothing };
        let exit = match program::start(planned, &identity, self.environment, log, input) {
            Err(unstarted) => unstarted,
            Ok(program) => {
                if terminal.is_some() {
                    Terminal::lend(program);
                }
                self.record_start(run, program)?;
                self.attend(run, program, terminal.as_ref())?
            }
        };
        // It is not there where the run could not be prepared.
        let _absent = fs::remove_file(&params_file);
        Ok(exit)
    }

    fn record_start(&mut self, run: u64, program: Pid) -> Result<(), WorkerError> {
        let process = ProcessId::of(program.as_raw());
        self.journal.append(Event::Started(Started {
            run,
            attempt: self.assignment.attempt,
            node: self.assignment.node.name.clone(),
            process: process.unwrap_or(ProcessId { pid: program.as_raw(), start: 0, boot: String::new() }),
            job: self.assignment.setting.job(),
        }))?;
        self.sync_for_others()
    }

    /// Looks whether the program ended because everybody was told to stop: Slurm signals the processes of a job one
    /// after the other, and the program may be gone before this process is told.
    fn hear_of_stop(&mut self, exit: &Exit) {
        let is_in_job = matches!(self.assignment.setting, Setting::Job(_));
        let is_of_term = *exit == Exit::Signal(Signal::SIGTERM as i32);
        let until = Instant::now() + if is_in_job && is_of_term { LATE } else { Duration::ZERO };
        while self.asked_to_stop(until.saturating_duration_since(Instant::now())).is_none() {
            if Instant::now() >= until {
                return;
            }
        }
    }

    /// Looks whether a signal asks for the end; waits for any signal within `limit`.
    pub(super) fn asked_to_stop(&mut self, limit: Duration) -> Option<Signal> {
        if self.stop.is_some() {
            return self.stop;
        }
        let unheeded = std::mem::take(&mut self.unheeded);
        let limit = if unheeded.is_empty() { limit } else { Duration::ZERO };
        let heard = unheeded.into_iter().chain(self.signals.wait(Some(limit)));
        for signal in heard.filter_map(Heard::from_number).map(|heard| heard.signal) {
            if matches!(signal, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP) {
                self.stop = Some(signal);
            }
        }
        self.stop
    }

    /// Looks whether somebody cancelled a run. In a job, Slurm itself sees to that.
    pub(super) fn is_unwanted(&mut self, run: u64) -> Result<bool, WorkerError> {
        if matches!(self.assignment.setting, Setting::Job(_)) {
            return Ok(false);
        }
        self.past.refresh()?;
        Ok(self.past.is_unwanted(run))
    }

    /// On a network file system, others see a record once it is synced.
    pub(super) fn sync_for_others(&self) -> Result<(), WorkerError> {
        match self.assignment.setting {
            Setting::Job(_) => Ok(self.journal.sync()?),
            Setting::Foreground(_) => Ok(()),
        }
    }
}

pub(super) fn reason(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGINT => "Ctrl-C",
        Signal::SIGHUP => "the terminal was closed",
        _ => "the worker was told to stop",
    }
}
