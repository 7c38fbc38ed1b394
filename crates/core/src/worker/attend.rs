//! Programs that run: tells them what they are to be told, and looks after each when its time has come.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};

use super::execute::Executor;
use super::leftovers::{Told, any_child_lives, with_all_below};
use super::relay::{Canary, Heard};
use super::running::{Replaced, Running, is_due};
use super::stopping::Stop;
use super::terminal::Terminal;
use super::{Setting, WorkerError};
use crate::event::{Event, Exceeded, Interrupted};

/// How long a program may take to end after it was told to, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// The same for a program that has too much memory.
const SHORT_GRACE: Duration = Duration::from_secs(2);

/// How often a worker in a job looks whether a later attempt has replaced its own.
const LOOK: Duration = Duration::from_secs(10);

impl Executor<'_> {
    /// Does what one signal asks for, with all programs that run.
    pub(super) fn heed(&mut self, heard: Heard, working: &mut [Running]) -> Result<(), WorkerError> {
        let signal = heard.signal;
        if signal == Signal::SIGCHLD {
            return Ok(());
        }
        let mut executing: Vec<&mut Running> =
            working.iter_mut().filter(|running| running.is_executing()).collect();
        let stop = Stop::asked_by(heard, &self.assignment.setting);
        let asks_for_the_end = stop.is_some();
        let is_told_before = stop.is_some_and(|stop| self.stop.replace(stop).is_some());
        if let Some(stop) = stop.filter(|_| !is_told_before) {
            // Before anything else, since KILL may follow.
            for running in &executing {
                self.record_interruption(running.run, stop.of_a_run())?;
            }
            self.flush()?;
        }
        for running in &mut executing {
            match &self.assignment.setting {
                Setting::Job(_) => self.heed_in_job(running, heard),
                // It was told by its worker, and does not see a second signal to end.
                Setting::Foreground(_)
                    if asks_for_the_end && !is_told_before && running.exceeded.is_some() => {}
                Setting::Foreground(_) if asks_for_the_end => {
                    let passed_on = match signal {
                        _ if is_told_before => Signal::SIGKILL,
                        // A terminal that hangs up is a Ctrl-C.
                        Signal::SIGINT | Signal::SIGHUP => Signal::SIGINT,
                        _ => Signal::SIGTERM,
                    };
                    tell_to_end(running, passed_on);
                }
                Setting::Foreground(_) if signal == Signal::SIGCONT => {
                    if self.terminal.is_some() {
                        Terminal::lend(running.program);
                    }
                    let _gone = killpg(running.program, signal);
                }
                Setting::Foreground(_) => {
                    let _gone = kill(running.program, signal);
                }
            }
        }
        Ok(())
    }

    fn heed_in_job(&self, running: &mut Running, heard: Heard) {
        let signal = heard.signal;
        // A program that was ended for its successor is not told to end once more.
        let is_told = running.replaced.is_some() && signal == Signal::SIGTERM;
        if !is_told || running.canary.holds(signal) {
            running.canary.hear(heard, Instant::now());
        }
        if signal == Signal::SIGCONT {
            // Whatever stopped this process may have kept it from looking for long.
            self.look_for_successor(running);
        }
    }

    fn record_interruption(&mut self, run: u64, signal: String) -> Result<(), WorkerError> {
        let attempt = self.assignment.attempt;
        self.record(Event::Interrupted(Interrupted { run, attempt, signal }))
    }

    /// Does what is due for a program that runs.
    pub(super) fn look_after(&mut self, running: &mut Running) {
        if is_due(running.kill_at) {
            let _gone = killpg(running.program, Signal::SIGKILL);
            running.kill_at = None;
        }
        if is_due(running.look_at) {
            self.look_for_successor(running);
        }
        for signal in running.canary.due(Instant::now()) {
            self.tell(running, signal);
        }
        if let Some(guard) = running.guard.as_mut().filter(|guard| is_due(guard.next()))
            && let Some(exceeded) = guard.look(Instant::now())
        {
            self.end_for(exceeded, running);
        }
    }

    /// Ends a program and all below it for a limit, unless it was told to end before: then it has its grace.
    fn end_for(&mut self, exceeded: Exceeded, running: &mut Running) {
        if running.is_stopped || running.kill_at.is_some() || self.stop.is_some() {
            return;
        }
        running.exceeded = Some(exceeded);
        running.kill_at = Some(Instant::now() + grace_after(exceeded));
        running.told = with_all_below(running.program);
        for process in &running.told {
            let _gone = kill(*process, Signal::SIGTERM);
            // One that was suspended hears it only then.
            let _gone = kill(*process, Signal::SIGCONT);
        }
    }

    /// Stops all programs that run for what came of another run.
    pub(super) fn stop_all(&mut self, working: &mut [Running], why: &str) -> Result<(), WorkerError> {
        for running in working.iter_mut().filter(|running| running.is_executing()) {
            self.record_interruption(running.run, format!("{}, {why}", Signal::SIGTERM))?;
            running.is_stopped = true;
            if running.exceeded.is_some() {
                continue;
            }
            tell_to_end(running, Signal::SIGTERM);
        }
        Ok(())
    }

    /// Tells a program what Slurm has told only the worker. Where Slurm tells all to end, it tells a program's
    /// children, too.
    fn tell(&self, running: &Running, signal: Signal) {
        match signal {
            Signal::SIGTERM => self.leftovers.signal_all(signal),
            other => {
                let _gone = kill(running.program, other);
            }
        }
    }

    /// Ends the program where a later attempt has replaced its own: both would write to the same files. That is never
    /// a cancellation: [`Replaced`] says what it was.
    fn look_for_successor(&self, running: &mut Running) {
        // A file system that fails now is asked again.
        let successor = self.successor(running.run).unwrap_or_default();
        if let (None, Some(by)) = (running.replaced, successor) {
            let until = Instant::now() + GRACE.min(self.assignment.fence / 3);
            running.replaced = Some(Replaced { by, until });
            running.kill_at = Some(until);
            let _gone = killpg(running.program, Signal::SIGCONT);
            // A program that was told to stop is not told again.
            if self.stop.is_none() {
                self.leftovers.signal_all(Signal::SIGTERM);
            }
        }
        running.look_at = self.next_look(running.replaced);
    }

    /// Gives the time to look for a later attempt: often enough that the program is over, its grace included, before
    /// the fence of that attempt is. Only a scheduler starts a run a second time by itself.
    pub(super) fn next_look(&self, replaced: Option<Replaced>) -> Option<Instant> {
        let is_in_job = matches!(self.assignment.setting, Setting::Job(_));
        let looks = is_in_job && replaced.is_none();
        looks.then(|| Instant::now() + LOOK.min(self.assignment.fence / 3).max(Duration::from_millis(100)))
    }

    /// Finds out whether what a program left behind was told to end together with it: a child that saves its work on TERM
    /// must not see two.
    ///
    /// A program may be gone of a TERM that goes to all before this process has got it, and it may not be known yet who
    /// has: both are waited for, where anything is left at all.
    pub(super) fn leftovers_are_told(&mut self, replaced: Option<Replaced>, canary: &mut Canary) -> Told {
        if let Some(Replaced { until, .. }) = replaced {
            return Told::Until(until);
        }
        if !matches!(self.assignment.setting, Setting::Job(_)) {
            return Told::NotYet;
        }
        let mut is_stopped = self.stop.is_some_and(|stop| stop.signal() == Signal::SIGTERM);
        let patience = Instant::now() + canary.moment(Instant::now());
        while any_child_lives() {
            if is_stopped && !canary.holds(Signal::SIGTERM) {
                break;
            }
            let now = Instant::now();
            if canary.due(now).contains(&Signal::SIGTERM) || (!is_stopped && now >= patience) {
                return Told::NotYet;
            }
            let until = canary.next().map_or(patience, |at| if is_stopped { at } else { at.min(patience) });
            for number in self.signals.wait(Some(until.saturating_duration_since(now))) {
                if let Some(heard) =
                    Heard::from_number(number).filter(|heard| heard.signal == Signal::SIGTERM)
                {
                    canary.hear(heard, Instant::now());
                    is_stopped = true;
                }
                // What it means for the run, whose program is over, is for others to say.
                self.unheeded.push(number);
            }
        }
        Told::Until(Instant::now() + GRACE)
    }
}

/// How long a program may take to end once it has exceeded a limit. More memory would soon be missing for others.
fn grace_after(exceeded: Exceeded) -> Duration {
    match exceeded {
        Exceeded::Time { .. } => GRACE,
        Exceeded::Memory { .. } => SHORT_GRACE,
    }
}

/// Tells a program and its group to end; whatever does not is killed after a grace.
fn tell_to_end(running: &mut Running, signal: Signal) {
    let _gone = killpg(running.program, signal);
    running.kill_at = Some(Instant::now() + GRACE);
}
