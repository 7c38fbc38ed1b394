//! The worker's first half: it starts the shell that activates the env, and sees to it that nothing goes unsaid.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::ExitStatus;

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::activation::{Activation, Failure, end};
use super::execute::submission;
use super::folder;
use super::leftovers::Leftovers;
use super::relay::relay_of;
use super::stopping::{ABANDON, ABANDONED};
use super::tether::{Pull, Tether, leave_the_terminal};
use super::{Assignment, Doing, Input, Outcome, Setting, Signals, WorkerError};
use crate::event::{EnvFailed, Event, Stopped, Worker};
use crate::store::{Claim, JournalWriter, Launch, LaunchDir, StoreError};

/// Signals that a worker passes on or acts on.
pub(super) const HANDLED: [i32; 7] = [
    Signal::SIGINT as i32,
    Signal::SIGTERM as i32,
    Signal::SIGHUP as i32,
    Signal::SIGUSR1 as i32,
    Signal::SIGUSR2 as i32,
    Signal::SIGCONT as i32,
    Signal::SIGCHLD as i32,
];

/// Executes an assignment: activates the env and hands over to the second half, `next`, a command that gets the
/// file to remove as its last argument.
///
/// `temporary` is a folder for small files of this process alone.
pub fn supervise(
    assignment: &Assignment,
    mut next: Vec<OsString>,
    temporary: &Path,
) -> Result<Outcome, WorkerError> {
    let mut leftovers = Leftovers::adopt();
    let mut signals = Signals::listen(&HANDLED).doing("listen for signals")?;
    let mut tether = tether(&assignment.setting)?;
    let dir = LaunchDir::at(assignment.launch.clone());
    let launch = dir.read()?;
    let journal = JournalWriter::open(&dir.events(), &assignment.node.name, &assignment.node.boot)?;
    let mut account = Account { assignment, launch, dir, journal };
    if tether.look() == Pull::Cut {
        // Nothing is said of a worker that never began: a word of it could come later than what is begun next.
        return Ok(Outcome::Failed);
    }
    account.record_beginning()?;
    let submission = submission(assignment, &account.dir)?;
    let resources = account.launch.options_of(submission.as_ref());
    let entered = folder::enter(&assignment.setting, &account.launch, resources);
    let activation = Activation::prepare(temporary).doing("write to the folder for temporary files")?;
    // Where it is somewhere else, nothing of the env is executed either.
    let env = if entered.is_ok() { account.launch.env.as_slice() } else { &[] };
    next.extend(entered.err().map(|hindrance| format!("--hindrance={hindrance}").into()));
    next.push(activation.progress().into());
    // The shell gets a group of its own, so that a stop reaches whatever the env is running.
    let spawned = activation.command(env, &next).process_group(0).spawn();
    let child = match spawned {
        Ok(child) => Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX)),
        Err(error) => {
            let failure = Failure { line: activation.failure().line, output: error.to_string() };
            account.record_failure(failure, "bash could not be started")?;
            return Ok(Outcome::Failed);
        }
    };
    let ended = wait(child, &mut signals, &mut tether, &activation, &assignment.setting)?;
    // What the env started in the background, or a second half that was killed left behind.
    leftovers.end(child, &mut signals);
    if activation.is_complete() {
        return Ok(outcome(ended.status));
    }
    match ended.stopped_by {
        Some(stop) => account.record_stop(stop)?,
        None => account.record_failure(activation.failure(), &describe(ended.status))?,
    }
    Ok(Outcome::Failed)
}

/// Reads how the second half ended.
fn outcome(status: ExitStatus) -> Outcome {
    match status.code() {
        Some(0) => Outcome::Succeeded,
        Some(1) | None => Outcome::Failed,
        Some(code) => Outcome::Broke(u8::try_from(code).unwrap_or(u8::MAX)),
    }
}

struct ChildEnd {
    status: ExitStatus,
    stopped_by: Option<&'static str>,
}

/// Takes what ties this process to its command, and leaves the terminal to that, unless the program is to have it.
fn tether(setting: &Setting) -> Result<Tether, WorkerError> {
    match setting {
        Setting::Job(_) => return Ok(Tether::loose()),
        Setting::Foreground(Input::Nothing) => leave_the_terminal(),
        Setting::Foreground(Input::Terminal) => {}
    }
    Tether::take().doing("hold on to its command")
}

/// Waits for the child and passes signals on to it; a command that is gone is told by one of its own.
fn wait(
    child: Pid,
    signals: &mut Signals,
    tether: &mut Tether,
    activation: &Activation,
    setting: &Setting,
) -> Result<ChildEnd, WorkerError> {
    let mut stopped_by = None;
    loop {
        if let Some(status) = reap(child)? {
            return Ok(ChildEnd { status, stopped_by });
        }
        let heard = tether.wait(signals).into_iter().filter_map(|signal| Signal::try_from(signal).ok());
        let mut heard: Vec<Signal> = heard.collect();
        if tether.look() == Pull::Cut {
            stopped_by = Some(ABANDONED);
            heard.push(ABANDON);
        }
        for signal in heard {
            let stops = matches!(signal, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP | ABANDON);
            if stops {
                stopped_by = stopped_by.or(Some(signal.as_str()));
            }
            // A child that is gone is seen above.
            match (activation.is_complete(), setting) {
                _ if signal == Signal::SIGCHLD => {}
                (true, Setting::Job(_)) => relay(child, signal),
                (true, Setting::Foreground(_)) => {
                    let _gone = kill(child, signal);
                }
                (false, _) => {
                    // An interactive interrupt would leave the shell waiting for what it runs.
                    let _gone = killpg(child, if stops { Signal::SIGTERM } else { signal });
                }
            }
        }
    }
}

/// Tells the second half that this process got a signal from Slurm; it knows whether others got it, too.
fn relay(second_half: Pid, signal: Signal) {
    if let Some(relay) = relay_of(signal) {
        let _gone = kill(second_half, relay);
    }
}

fn reap(child: Pid) -> Result<Option<ExitStatus>, WorkerError> {
    match waitpid(child, Some(WaitPidFlag::WNOHANG)).doing("wait for its second half")? {
        WaitStatus::Exited(_, code) => Ok(Some(ExitStatus::from_raw(code << 8))),
        WaitStatus::Signaled(_, signal, _) => Ok(Some(ExitStatus::from_raw(signal as i32))),
        _ => Ok(None),
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "ended the shell with exit code 0".to_owned(),
        (Some(code), _) => format!("failed with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// What the first half writes down.
struct Account<'a> {
    assignment: &'a Assignment,
    launch: Launch,
    dir: LaunchDir,
    journal: JournalWriter,
}

impl Account<'_> {
    /// Writes down that the worker began: whoever looks for its job, or waits for its attempt, finds it by that.
    fn record_beginning(&mut self) -> Result<(), WorkerError> {
        self.journal.append(Event::Worker(Worker {
            key: self.assignment.key.clone(),
            node: self.assignment.node.name.clone(),
            process: self.assignment.first_half.clone(),
            job: self.assignment.setting.job(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }))?;
        Ok(self.journal.sync()?)
    }

    /// Writes down that nothing will be started, and why.
    fn record_stop(&mut self, reason: &str) -> Result<(), WorkerError> {
        let runs = self.assignment.runs.clone();
        self.journal.append_stopped(Stopped { runs, reason: reason.to_owned() })?;
        Ok(self.journal.sync()?)
    }

    /// Writes down that the env failed; a single run's log says so too.
    fn record_failure(&mut self, failure: Failure, outcome: &str) -> Result<(), WorkerError> {
        let assignment = self.assignment;
        let mut record = EnvFailed {
            runs: assignment.runs.clone(),
            attempt: assignment.attempt,
            line: failure.line,
            outcome: outcome.to_owned(),
            output: failure.output,
            node: assignment.node.name.clone(),
            job: assignment.setting.job(),
        };
        if let (1, Some(run)) = (assignment.runs.len(), assignment.runs.iter().next()) {
            // A log that somebody else has is not ours to write to.
            if let Claim::Ours(mut log) = self.dir.claim(self.launch.runs, run, assignment.attempt)? {
                let _disk_full = writeln!(log, "{}", record.sentence());
            }
        }
        loop {
            match self.journal.append(Event::EnvFailed(record.clone())) {
                Err(StoreError::RecordTooLong { .. }) if !record.output.is_empty() => {
                    record.output = end(&record.output, record.output.len() / 2).to_owned();
                }
                done => {
                    done?;
                    return Ok(self.journal.sync()?);
                }
            }
        }
    }
}
