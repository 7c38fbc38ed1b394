//! The worker's second half: claims each run, executes its argv, and writes down what happened.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid};

use super::leftovers::Leftovers;
use super::memory::OutOfMemory;
use super::program::{self, Environment, Identity};
use super::supervise::HANDLED;
use super::terminal::Terminal;
use super::{Assignment, Doing, Input, Outcome, Setting, Signals, WorkerError, stop_with_the_parent};
use crate::event::{Ended, Event, Exit, Interrupted, Refused, Started, Stopped};
use crate::id::{LaunchId, RunId};
use crate::process::ProcessId;
use crate::ranges::Ranges;
use crate::store::{
    Claim, JournalReader, JournalWriter, Launch, LaunchDir, PlanReader, PlannedRun, claim_log,
};

/// How long a program may take to end after it was told to, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How much later than its program a worker may be told to stop, when Slurm tells all processes of a job.
const LATE: Duration = Duration::from_secs(1);

/// Executes the runs of an assignment in this process's environment, which `environment` repeats.
///
/// `activated` is removed first, with its folder: it tells the first half, the process `first_half`, that the env was
/// activated.
pub fn execute(
    assignment: &Assignment,
    environment: &Environment,
    activated: &Path,
    first_half: i32,
) -> Result<Outcome, WorkerError> {
    let leftovers = Leftovers::adopt();
    let signals = Signals::listen(&HANDLED).doing("listen for signals")?;
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
        requests: JournalReader::new(dir.events()),
        unwanted: Vec::new(),
        launch,
        dir,
        signals,
        leftovers,
        out_of_memory: OutOfMemory::watch(),
        unheeded: Vec::new(),
        stop: None,
    };
    if matches!(assignment.setting, Setting::Foreground(_)) && getppid().as_raw() != first_half {
        // It was killed before it could be heard of: nobody waits for these runs.
        executor.stop = Some(Signal::SIGTERM);
    }
    executor.execute_all()
}

struct Executor<'a> {
    assignment: &'a Assignment,
    environment: &'a Environment,
    launch: Launch,
    dir: LaunchDir,
    plan: PlanReader,
    journal: JournalWriter,
    requests: JournalReader,
    unwanted: Vec<Ranges>,
    signals: Signals,
    leftovers: Leftovers,
    out_of_memory: OutOfMemory,
    /// Signals that came while the leftovers of a program were ended: that program was over before them.
    unheeded: Vec<i32>,
    stop: Option<Signal>,
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
        let log = match claim_log(&self.dir.log(self.launch.runs, run, attempt))? {
            Claim::Ours(log) => log,
            Claim::Taken => {
                let reason = format!("attempt {attempt} belongs to another worker: its log is there");
                self.journal.append(Event::Refused(Refused { run, attempt, reason }))?;
                return Ok(Outcome::Failed);
            }
        };
        let planned = self.plan.run(run)?;
        let exit = self.execute_program(&planned, &log)?;
        if let Exit::Unstarted { reason, .. } = &exit {
            // What the record says anyway; a full disk must not hide it.
            let _disk_full = std::io::Write::write_all(&mut &log, format!("{reason}\n").as_bytes());
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
        let identity = Identity {
            id: RunId { launch: LaunchId(self.launch.id), run },
            key: &self.launch.key,
            attempt,
            params_file: &params_file,
        };
        let terminal = match self.assignment.setting {
            Setting::Foreground(Input::Terminal) => Terminal::of_stdin(),
            _ => None,
        };
        let input = if terminal.is_some() { Input::Terminal } else { Input::Nothing };
        let exit = match program::start(planned, &identity, self.environment, log, input) {
            Err(unstarted) => unstarted,
            Ok(program) => {
                if terminal.is_some() {
                    Terminal::lend(program);
                }
                self.record_start(run, program)?;
                self.wait(run, program, terminal.as_ref())?
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

    /// Waits for the program's end, passes signals on, and ends what it leaves behind.
    fn wait(&mut self, run: u64, program: Pid, terminal: Option<&Terminal>) -> Result<Exit, WorkerError> {
        let mut kill_at: Option<Instant> = None;
        let exit = loop {
            match reap(program)? {
                Progress::Ended(exit) => break exit,
                Progress::Suspended => {
                    if let Some(terminal) = terminal {
                        terminal.suspend_owner();
                    }
                }
                Progress::Running => {}
            }
            let limit = kill_at.map(|at| at.saturating_duration_since(Instant::now()));
            if limit.is_some_and(|limit| limit.is_zero()) {
                let _gone = killpg(program, Signal::SIGKILL);
                kill_at = None;
                continue;
            }
            for signal in
                self.signals.wait(limit).into_iter().filter_map(|signal| Signal::try_from(signal).ok())
            {
                match signal {
                    Signal::SIGCHLD => {}
                    Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP => {
                        kill_at = self.stop_program(run, program, signal)?.or(kill_at);
                    }
                    Signal::SIGCONT => {
                        if terminal.is_some() {
                            Terminal::lend(program);
                        }
                        let _gone = killpg(program, signal);
                    }
                    other => {
                        let _gone = kill(program, other);
                    }
                }
            }
        };
        if let Some(terminal) = terminal {
            terminal.take_back();
            if self.stop.is_none() && matches!(exit, Exit::Signal(2) | Exit::Code(130)) {
                self.stop = Some(Signal::SIGINT);
            }
        }
        self.unheeded = self.leftovers.end(program, &mut self.signals);
        Ok(exit)
    }

    /// Tells the program to stop, and gives the time at which it is killed if it does not.
    fn stop_program(
        &mut self,
        run: u64,
        program: Pid,
        signal: Signal,
    ) -> Result<Option<Instant>, WorkerError> {
        let again = self.stop.replace(signal).is_some();
        if !again {
            let attempt = self.assignment.attempt;
            self.journal.append(Event::Interrupted(Interrupted {
                run,
                attempt,
                signal: signal.to_string(),
            }))?;
            self.sync_for_others()?;
        }
        match &self.assignment.setting {
            // Slurm sends TERM to every process of the job, and KILL later: the program must see one TERM.
            Setting::Job(_) if signal == Signal::SIGTERM => Ok(None),
            Setting::Job(_) => {
                let _gone = kill(program, signal);
                Ok(None)
            }
            Setting::Foreground(_) => {
                let passed_on = match signal {
                    _ if again => Signal::SIGKILL,
                    Signal::SIGINT => Signal::SIGINT,
                    _ => Signal::SIGTERM,
                };
                let _gone = killpg(program, passed_on);
                Ok(Some(Instant::now() + GRACE))
            }
        }
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
    fn asked_to_stop(&mut self, limit: Duration) -> Option<Signal> {
        if self.stop.is_some() {
            return self.stop;
        }
        let unheeded = std::mem::take(&mut self.unheeded);
        let limit = if unheeded.is_empty() { limit } else { Duration::ZERO };
        for signal in unheeded.into_iter().chain(self.signals.wait(Some(limit))) {
            if let Ok(signal @ (Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP)) = Signal::try_from(signal)
            {
                self.stop = Some(signal);
            }
        }
        self.stop
    }

    /// Looks whether somebody cancelled a run. In a job, Slurm itself sees to that.
    fn is_unwanted(&mut self, run: u64) -> Result<bool, WorkerError> {
        if matches!(self.assignment.setting, Setting::Job(_)) {
            return Ok(false);
        }
        for record in self.requests.read_new()? {
            if let Event::Stopped(stopped) = record.event {
                self.unwanted.push(stopped.runs);
            }
        }
        Ok(self.unwanted.iter().any(|runs| runs.contains(run)))
    }

    /// On a network file system, others see a record once it is synced.
    fn sync_for_others(&self) -> Result<(), WorkerError> {
        match self.assignment.setting {
            Setting::Job(_) => Ok(self.journal.sync()?),
            Setting::Foreground(_) => Ok(()),
        }
    }
}

enum Progress {
    Running,
    Suspended,
    Ended(Exit),
}

/// Reaps every child that ended, adopted ones too, and tells what became of the program.
fn reap(program: Pid) -> Result<Progress, WorkerError> {
    let mut progress = Progress::Running;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == program => {
                progress = Progress::Ended(Exit::Code(code));
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == program => {
                progress = Progress::Ended(Exit::Signal(signal as i32));
            }
            Ok(WaitStatus::Stopped(pid, _)) if pid == program => progress = Progress::Suspended,
            Ok(WaitStatus::StillAlive) | Err(nix::errno::Errno::ECHILD) => return Ok(progress),
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error).doing("wait for the program"),
        }
    }
}

fn reason(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGINT => "Ctrl-C",
        Signal::SIGHUP => "the terminal was closed",
        _ => "the worker was told to stop",
    }
}
