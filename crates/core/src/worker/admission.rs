//! The second lock: which attempt gets to execute a run, and how long it waits before it does.

use std::fs::File;
use std::time::{Duration, Instant};

use super::attempts::{Verdict, decide};
use super::execute::Executor;
use super::orphans::Orphans;
use super::program::NOT_EXECUTABLE;
use super::{Setting, WorkerError};
use crate::event::{Ended, Event, Exit, Fenced, Refused, Superseded};
use crate::id::{LaunchId, RunId};
use crate::store::{Answer, Claim, Submission};

/// How often an attempt that waits looks for news of the one that it waits for.
const TICK: Duration = Duration::from_millis(500);

/// The exit code of a run that was stopped before it was started: that of a shell's child that TERM ended.
const STOPPED: i32 = 143;

impl Executor<'_> {
    /// Claims a run and waits until it may be executed; `None` where it may not, which is then written down.
    ///
    /// Two attempts that claim at the same instant each look for the other after their own claim: one of them sees it.
    pub(super) fn admit(&mut self, run: u64) -> Result<Option<File>, WorkerError> {
        let attempt = self.assignment.attempt;
        // On this machine nothing starts a run again by itself: a first attempt has no others to look for.
        if attempt > 1 || matches!(self.assignment.setting, Setting::Job(_)) {
            if let Some(by) = self.replaced_by(run) {
                return self.refuse(run, format!("attempt {by} was asked for since"));
            }
            match self.judge(run)? {
                Verdict::Execute | Verdict::Fence { .. } => {}
                Verdict::Superseded(by) => {
                    return self.refuse(run, format!("attempt {by} has begun already"));
                }
                Verdict::Refuse(reason) => return self.refuse(run, reason),
            }
        }
        let Claim::Ours(log) = self.dir.claim(self.launch.runs, run, attempt)? else {
            return self
                .refuse(run, format!("attempt {attempt} belongs to another worker: its log is there"));
        };
        if !self.wait_for_the_others(run)? {
            return Ok(None);
        }
        if self.may_have_left_something(run)? {
            self.end_what_others_left(run);
            // That may have taken a while.
            if let Some(stop) = self.asked_to_stop(Duration::ZERO) {
                return self.end_unstarted(run, STOPPED, stop.reason().to_owned()).map(|()| None);
            }
        }
        Ok(Some(log))
    }

    /// Tells whether an earlier attempt may have left something on this host. On this machine one that never began has
    /// not, and a launch that is taken up again may have many of those.
    fn may_have_left_something(&mut self, run: u64) -> Result<bool, WorkerError> {
        let attempt = self.assignment.attempt;
        Ok(match self.assignment.setting {
            Setting::Job(_) => attempt > 1,
            Setting::Foreground(_) => {
                let claimed = self.dir.claimed_attempts(self.launch.runs, run)?;
                let claimed = claimed.iter().any(|earlier| *earlier < attempt);
                claimed || !self.past.named(self.assignment, run).is_empty()
            }
        })
    }

    /// Gives the attempt that this job's runs were handed over as once more, since it was taken for lost. A record that
    /// cannot be read keeps nobody from a run: the logs and journals still do.
    fn replaced_by(&self, run: u64) -> Option<u32> {
        let Setting::Job(_) = self.assignment.setting else { return None };
        let submissions = self.dir.submissions().ok()?;
        let is_later = |submission: &&Submission| {
            submission.chunk.attempt > self.assignment.first_attempt
                && submission.chunk.key != self.assignment.key
                && submission.chunk.runs.contains(run)
                && !matches!(submission.answer, Some(Answer::Refused(_)))
        };
        submissions.iter().filter(is_later).map(|submission| submission.chunk.attempt).max()
    }

    fn judge(&mut self, run: u64) -> Result<Verdict, WorkerError> {
        let attempt = self.assignment.attempt;
        let claimed = self.dir.claimed_attempts(self.launch.runs, run)?;
        // A first attempt has none before it, and need not read what all other runs have written.
        let earlier = if attempt > 1 {
            self.look_back()?;
            self.past.before(self.assignment, self.id_of(run), &self.launch.key, &claimed)
        } else {
            Vec::new()
        };
        Ok(decide(claimed.into_iter().filter(|claimed| *claimed > attempt), earlier))
    }

    /// Waits out the fence where there is one; tells whether the run may be executed then.
    fn wait_for_the_others(&mut self, run: u64) -> Result<bool, WorkerError> {
        let until = Instant::now() + self.assignment.fence;
        let mut is_told = false;
        loop {
            let verdict = if self.succession.is_none() { Verdict::Execute } else { self.judge(run)? };
            match verdict {
                Verdict::Execute => {}
                Verdict::Superseded(by) => return self.give_way(run, by).map(|()| false),
                Verdict::Refuse(reason) => {
                    return self.end_unstarted(run, NOT_EXECUTABLE, reason).map(|()| false);
                }
                Verdict::Fence { earlier, place } => {
                    if !is_told {
                        self.record_fence(run, earlier, place)?;
                        is_told = true;
                    }
                    let left = until.saturating_duration_since(Instant::now());
                    if !left.is_zero() {
                        if let Some(stop) = self.asked_to_stop(left.min(TICK)) {
                            return self
                                .end_unstarted(run, STOPPED, stop.reason().to_owned())
                                .map(|()| false);
                        }
                        if !self.is_unwanted(run)? {
                            continue;
                        }
                    }
                }
            }
            // A cancellation that was asked for before the claim, and seen by nobody, must not be lost.
            if self.is_unwanted(run)? {
                return self.end_unstarted(run, STOPPED, "neu cancel".to_owned()).map(|()| false);
            }
            return Ok(true);
        }
    }

    fn record_fence(&mut self, run: u64, earlier: u32, place: String) -> Result<(), WorkerError> {
        let attempt = self.assignment.attempt;
        let (seconds, node) = (self.assignment.fence.as_secs(), self.assignment.node.name.clone());
        self.record(Event::Fenced(Fenced { run, attempt, earlier, place, seconds, node }))
    }

    fn refuse(&mut self, run: u64, reason: String) -> Result<Option<File>, WorkerError> {
        let attempt = self.assignment.attempt;
        self.record(Event::Refused(Refused { run, attempt, reason }))?;
        Ok(None)
    }

    /// Writes down that a later attempt has the run.
    pub(super) fn give_way(&mut self, run: u64, by: u32) -> Result<(), WorkerError> {
        let attempt = self.assignment.attempt;
        self.record(Event::Superseded(Superseded { run, attempt, by }))
    }

    /// Writes down the end of an attempt that executed nothing, so that the next one need not wait for it.
    fn end_unstarted(&mut self, run: u64, code: i32, reason: String) -> Result<(), WorkerError> {
        let (attempt, stopped) = (self.assignment.attempt, code == STOPPED);
        let exit = Exit::Unstarted { code, reason };
        self.record(Event::Ended(Ended { stopped, ..Ended::of(run, attempt, exit) }))
    }

    /// Ends what earlier attempts at a run have left on this host.
    fn end_what_others_left(&mut self, run: u64) {
        let named = self.past.named(self.assignment, run);
        let orphans = Orphans::of(&self.launch.key, [self.id_of(run)], named);
        let (signals, unheeded) = (&mut self.signals, &mut self.unheeded);
        orphans.end(|pause| unheeded.extend(signals.wait(Some(pause))));
    }

    /// Looks for a later attempt at a run, in a folder that is listed anew.
    pub(super) fn successor(&self, run: u64) -> Result<Option<u32>, WorkerError> {
        let claimed = self.dir.claimed_attempts(self.launch.runs, run)?;
        Ok(claimed.into_iter().filter(|attempt| *attempt > self.assignment.attempt).max())
    }

    pub(super) fn id_of(&self, run: u64) -> RunId {
        RunId { launch: LaunchId(self.launch.id), run }
    }
}
