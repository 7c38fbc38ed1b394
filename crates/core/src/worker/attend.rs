//! A program that runs: waits for its end, tells it what it is to be told, and sees to it that nothing outlives it.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::execute::Executor;
use super::leftovers::Told;
use super::relay::{Canary, Heard};
use super::terminal::Terminal;
use super::{Doing, Setting, WorkerError};
use crate::event::{Event, Exit, Interrupted};

/// How long a program may take to end after it was told to, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How often a worker in a job looks whether a later attempt has replaced its own.
const LOOK: Duration = Duration::from_secs(10);

/// What is planned for a program.
#[derive(Debug, Default)]
struct Agenda {
    canary: Canary,
    kill_at: Option<Instant>,
    look_at: Option<Instant>,
}

impl Agenda {
    /// Gives the time until the next thing to do, `None` where there is only the end to wait for.
    fn limit(&self) -> Option<Duration> {
        let next = [self.kill_at, self.look_at, self.canary.next()].into_iter().flatten().min();
        next.map(|at| at.saturating_duration_since(Instant::now()))
    }
}

fn is_due(time: Option<Instant>) -> bool {
    time.is_some_and(|at| at <= Instant::now())
}

impl Executor<'_> {
    /// Waits for the program's end, passes signals on, and ends what it leaves behind.
    pub(super) fn attend(
        &mut self,
        run: u64,
        program: Pid,
        terminal: Option<&Terminal>,
    ) -> Result<Exit, WorkerError> {
        let mut agenda = Agenda { look_at: self.next_look(), ..Agenda::default() };
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
            if is_due(agenda.kill_at) {
                let _gone = killpg(program, Signal::SIGKILL);
                agenda.kill_at = None;
                continue;
            }
            if is_due(agenda.look_at) {
                self.look_for_successor(run, program, &mut agenda)?;
            }
            for signal in agenda.canary.due(Instant::now()) {
                self.tell(program, signal);
            }
            for heard in self.signals.wait(agenda.limit()).into_iter().filter_map(Heard::from_number) {
                self.heed(run, program, heard, terminal, &mut agenda)?;
            }
        };
        if let Some(terminal) = terminal {
            terminal.take_back();
            if self.stop.is_none() && matches!(exit, Exit::Signal(2) | Exit::Code(130)) {
                self.stop = Some(Signal::SIGINT);
            }
        }
        let told = self.leftovers_are_told();
        self.unheeded = self.leftovers.end(program, &mut self.signals, told);
        Ok(exit)
    }

    /// Does what one signal asks for.
    fn heed(
        &mut self,
        run: u64,
        program: Pid,
        heard: Heard,
        terminal: Option<&Terminal>,
        agenda: &mut Agenda,
    ) -> Result<(), WorkerError> {
        let signal = heard.signal;
        let asks_for_the_end = matches!(signal, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP);
        let is_told_before = asks_for_the_end && self.note_stop(run, signal)?;
        match &self.assignment.setting {
            _ if signal == Signal::SIGCHLD => {}
            Setting::Job(_) => {
                agenda.canary.hear(heard, Instant::now());
                if signal == Signal::SIGCONT {
                    // Whatever stopped this process may have kept it from looking for long.
                    self.look_for_successor(run, program, agenda)?;
                }
            }
            Setting::Foreground(_) if asks_for_the_end => {
                let passed_on = match signal {
                    _ if is_told_before => Signal::SIGKILL,
                    Signal::SIGINT => Signal::SIGINT,
                    _ => Signal::SIGTERM,
                };
                let _gone = killpg(program, passed_on);
                agenda.kill_at = Some(Instant::now() + GRACE);
            }
            Setting::Foreground(_) if signal == Signal::SIGCONT => {
                if terminal.is_some() {
                    Terminal::lend(program);
                }
                let _gone = killpg(program, signal);
            }
            Setting::Foreground(_) => {
                let _gone = kill(program, signal);
            }
        }
        Ok(())
    }

    /// Writes down that the end was asked for, before anything else, since KILL may follow; tells whether it was asked
    /// for before.
    fn note_stop(&mut self, run: u64, signal: Signal) -> Result<bool, WorkerError> {
        if self.stop.replace(signal).is_some() {
            return Ok(true);
        }
        let attempt = self.assignment.attempt;
        self.journal.append(Event::Interrupted(Interrupted { run, attempt, signal: signal.to_string() }))?;
        self.sync_for_others()?;
        Ok(false)
    }

    /// Tells a program what Slurm has told only the worker. Where Slurm tells all to end, it tells a program's
    /// children, too.
    fn tell(&self, program: Pid, signal: Signal) {
        match signal {
            Signal::SIGTERM => self.leftovers.signal_all(signal),
            other => {
                let _gone = kill(program, other);
            }
        }
    }

    /// Ends the program where a later attempt has replaced its own: both would write to the same files. That is never
    /// a cancellation: [`Replaced`] says what it was.
    fn look_for_successor(&mut self, run: u64, program: Pid, agenda: &mut Agenda) -> Result<(), WorkerError> {
        if let (None, Some(by)) = (self.replaced, self.successor(run)?) {
            let until = Instant::now() + GRACE.min(self.assignment.fence / 3);
            self.replaced = Some(Replaced { by, until });
            agenda.kill_at = Some(until);
            let _gone = killpg(program, Signal::SIGCONT);
            self.leftovers.signal_all(Signal::SIGTERM);
        }
        agenda.look_at = self.next_look();
        Ok(())
    }

    /// Gives the time to look for a later attempt: often enough that the program is over, its grace included, before
    /// the fence of that attempt is. Only a scheduler starts a run a second time by itself.
    fn next_look(&self) -> Option<Instant> {
        let is_in_job = matches!(self.assignment.setting, Setting::Job(_));
        let looks = is_in_job && self.replaced.is_none();
        looks.then(|| Instant::now() + LOOK.min(self.assignment.fence / 3).max(Duration::from_millis(100)))
    }

    /// Tells whether what a program left behind was told to end together with it.
    fn leftovers_are_told(&self) -> Told {
        let is_in_job = matches!(self.assignment.setting, Setting::Job(_));
        match self.replaced {
            Some(Replaced { until, .. }) => Told::Until(until),
            None if is_in_job && self.stop == Some(Signal::SIGTERM) => Told::Until(Instant::now() + GRACE),
            None => Told::NotYet,
        }
    }
}

/// That a later attempt has replaced this one, whose program has been told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Replaced {
    /// The later attempt.
    pub(super) by: u32,
    /// When what is left of the program is killed: before the fence of that attempt is over.
    until: Instant,
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
