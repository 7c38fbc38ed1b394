//! The end of a run: of its program first, then of all that this left behind, then its record.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::execute::Executor;
use super::failures::Consequence;
use super::leftovers::{Cleared, Clearing, Deceased, Told};
use super::reaping::{News, news};
use super::relay::{Canary, Heard};
use super::running::{Phase, Replaced, Running};
use super::stopping::Stop;
use super::{Doing, Outcome, Setting, WorkerError};
use crate::event::{Ended, Event, Exceeded, Exit, Usage};
use crate::id::{LaunchId, RunId};

/// How much later than its program a worker may be told to stop, when Slurm tells all processes of a job, or a machine
/// that goes down all processes of a user.
const LATE: Duration = Duration::from_secs(1);

/// How a run has ended.
#[derive(Debug)]
pub(super) struct Conclusion {
    run: u64,
    exit: Exit,
    usage: Option<Usage>,
    replaced: Option<Replaced>,
    exceeded: Option<Exceeded>,
    is_stopped: bool,
}

impl Conclusion {
    /// Concludes that no program was started.
    pub(super) fn unstarted(run: u64, exit: Exit) -> Self {
        Self { run, exit, usage: None, replaced: None, exceeded: None, is_stopped: false }
    }
}

impl Executor<'_> {
    /// Reaps every child that ended, adopted ones too, and learns what became of the programs.
    pub(super) fn reap(&mut self, working: &mut [Running]) -> Result<(), WorkerError> {
        loop {
            let (pid, exit, usage) = match news().doing("wait for the program")? {
                News::Exited(pid, code, usage) => (pid, Exit::Code(code), usage),
                News::Killed(pid, signal, usage) => (pid, Exit::Signal(signal as i32), usage),
                News::Stopped(pid) => {
                    if let Some(terminal) = &self.terminal
                        && working.iter().any(|running| running.program == pid)
                    {
                        terminal.suspend_owner();
                    }
                    continue;
                }
                News::Quiet | News::Childless => return Ok(()),
            };
            if let Some(at) = working.iter().position(|running| running.program == pid) {
                self.begin_clearing(at, exit, usage, working)?;
            }
        }
    }

    fn begin_clearing(
        &mut self,
        at: usize,
        exit: Exit,
        usage: Usage,
        working: &mut [Running],
    ) -> Result<(), WorkerError> {
        if let Some(terminal) = &self.terminal {
            terminal.take_back();
            if self.stop.is_none() && matches!(exit, Exit::Signal(2) | Exit::Code(130)) {
                self.stop = Some(Stop::Told(Signal::SIGINT));
            }
        }
        let Some(running) = working.get_mut(at) else { return Ok(()) };
        let mut canary: Canary = std::mem::take(&mut running.canary);
        let (told, left) = match running.exceeded {
            Some(_) => {
                let kill_at = running.kill_at.unwrap_or_else(Instant::now);
                (Told::Until(kill_at), std::mem::take(&mut running.told))
            }
            None => match self.leftovers_are_told(running.replaced, &mut canary) {
                told @ Told::Until(_) => (told, self.leftovers.descendants()),
                told @ Told::NotYet => (told, Vec::new()),
            },
        };
        // What asks for the end from now on finds this program over.
        running.is_stopped |= self.stop.is_some();
        let is_explained = running.is_stopped || running.exceeded.is_some() || running.replaced.is_some();
        if !is_explained && is_of_a_stop(&exit) && !self.is_unwanted(running.run)? {
            running.heard_by = Some(Instant::now() + LATE);
        }
        running.phase = Phase::Clearing(exit, usage, Clearing::begin(told, left));
        Ok(())
    }

    /// Goes on with the end of what programs left behind; gives the runs of which nothing is left.
    pub(super) fn clear(&mut self, working: &mut Vec<Running>) -> Vec<Conclusion> {
        let mut concluded = Vec::new();
        let mut at = 0;
        while at < working.len() {
            match self.is_cleared(at, working) {
                Cleared::Yes => {
                    let running = working.swap_remove(at);
                    concluded.extend(self.conclusion_of(running, working));
                }
                Cleared::NotYet => at += 1,
            }
        }
        concluded
    }

    fn is_cleared(&mut self, at: usize, working: &mut [Running]) -> Cleared {
        if working.get(at).is_none_or(Running::is_executing) {
            return Cleared::NotYet;
        }
        let others: Vec<_> = working
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != at)
            .map(|(_, other)| other.program)
            .collect();
        let Some(running) = working.get_mut(at) else { return Cleared::NotYet };
        let Phase::Clearing(_, _, clearing) = &mut running.phase else { return Cleared::NotYet };
        let run = RunId { launch: LaunchId(self.launch.id), run: running.run };
        let deceased = Deceased { run, key: &self.launch.key, group: running.program, others: &others };
        let left = self.leftovers.of(deceased);
        let is_in_doubt = self.stop.is_none() && running.heard_by.is_some_and(|by| Instant::now() < by);
        match clearing.go_on(running.program, &left, Instant::now()) {
            Cleared::Yes if is_in_doubt => Cleared::NotYet,
            cleared => cleared,
        }
    }

    fn conclusion_of(&mut self, mut running: Running, working: &[Running]) -> Option<Conclusion> {
        let last = running.guard.as_mut().and_then(|guard| guard.ended());
        self.give_back(&running, working);
        self.points.give_back(running.point);
        let Phase::Clearing(exit, usage, _) = running.phase else { return None };
        Some(Conclusion {
            run: running.run,
            exit,
            usage: Some(usage),
            replaced: running.replaced,
            exceeded: running.exceeded.or(last),
            is_stopped: running.is_stopped,
        })
    }

    /// Writes down how a run ended, and does what follows from it for the others.
    pub(super) fn conclude(
        &mut self,
        conclusion: Conclusion,
        working: &mut [Running],
    ) -> Result<Outcome, WorkerError> {
        let Conclusion { run, exit, usage, replaced, exceeded, is_stopped } = conclusion;
        let attempt = self.assignment.attempt;
        if let Some(Replaced { by, .. }) = replaced {
            self.give_way(run, by)?;
            return Ok(Outcome::Failed);
        }
        let succeeded = exit == Exit::Code(0);
        let is_job = matches!(self.assignment.setting, Setting::Job(_));
        // In a job the scheduler has the last word on a stop, also of a program that ended well at it.
        let is_told = is_stopped || ((is_job || !succeeded) && self.asked_to_stop(Duration::ZERO).is_some());
        let stopped = is_told || (!succeeded && self.is_unwanted(run)?);
        // Outside a job, the cgroup holds the user's other programs, too.
        let out_of_memory = is_job && self.out_of_memory.happened();
        self.past.forget(run);
        self.record(Event::Ended(Ended { run, attempt, exit, stopped, out_of_memory, usage, exceeded }))?;
        if succeeded && exceeded.is_none() {
            return Ok(Outcome::Succeeded);
        }
        if !stopped {
            self.bear_failure(run, working)?;
        }
        Ok(Outcome::Failed)
    }

    /// Does what the failure of a run means for the others.
    pub(super) fn bear_failure(&mut self, run: u64, working: &mut [Running]) -> Result<(), WorkerError> {
        match self.failures.add(run, self.assignment.patience) {
            Consequence::Nothing => {}
            Consequence::StartNoMore(why) => {
                self.start_no_more.get_or_insert(why);
            }
            Consequence::StopAll(why) => {
                if self.start_no_more.is_none() {
                    self.stop_all(working, &why)?;
                    self.start_no_more = Some(why);
                }
            }
        }
        Ok(())
    }

    /// Looks whether a signal asks for the end; waits for any signal within `limit`. What came is heeded later.
    pub(super) fn asked_to_stop(&mut self, limit: Duration) -> Option<Stop> {
        if self.stop.is_some() {
            return self.stop;
        }
        let setting = &self.assignment.setting;
        let is_asked = |numbers: &[i32]| {
            let mut heard = numbers.iter().filter_map(|number| Heard::from_number(*number));
            heard.find_map(|heard| Stop::asked_by(heard, setting))
        };
        if let Some(stop) = is_asked(&self.unheeded) {
            return Some(stop);
        }
        let came = self.signals.wait(Some(limit));
        self.unheeded.extend(came);
        is_asked(&self.unheeded)
    }
}

/// Tells whether a program may have ended because everybody was told to stop: who tells them does so one after the other,
/// and it may be gone before its worker is told. A shell says the same with an exit code.
fn is_of_a_stop(exit: &Exit) -> bool {
    [Signal::SIGTERM, Signal::SIGHUP].iter().any(|signal| exit.code() == 128 + *signal as i32)
}
