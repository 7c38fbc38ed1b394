//! The loop of the worker's second half: starts runs while there is room, and attends to all that run, in one thread.

use std::iter::Peekable;
use std::time::{Duration, Instant};

use super::execute::Executor;
use super::lease::Answer;
use super::relay::Heard;
use super::running::{Running, is_due, until_first};
use super::{Outcome, WorkerError};
use crate::event::{Event, Stopped, Waits};
use crate::ranges::Ranges;

/// The runs that were not started yet, and those that are being executed.
struct Crew<I: Iterator<Item = u64>> {
    waiting: Peekable<I>,
    working: Vec<Running>,
    /// How many of them were not started.
    left: u64,
    /// When to ask again for what the next run needs.
    ask_at: Option<Instant>,
    idle: Option<Idle>,
    outcome: Outcome,
}

/// Nothing is executed, since others have what the next run needs.
#[derive(Debug, Clone, Copy)]
struct Idle {
    since: Instant,
    is_told: bool,
}

/// How long nothing is executed before that is told.
const SPOKEN_OF: Duration = Duration::from_millis(500);

impl Executor<'_> {
    /// Executes all runs of the assignment.
    pub(super) fn execute_all(&mut self) -> Result<Outcome, WorkerError> {
        let waiting = self.assignment.runs.iter().peekable();
        let mut crew = Crew {
            waiting,
            left: self.assignment.runs.len(),
            working: Vec::new(),
            ask_at: None,
            idle: None,
            outcome: Outcome::Succeeded,
        };
        loop {
            self.start_what_fits(&mut crew)?;
            self.flush()?;
            self.journal.sync_aside();
            if crew.working.is_empty() && crew.waiting.peek().is_none() {
                break;
            }
            self.listen(&crew);
            self.reap(&mut crew.working)?;
            for number in std::mem::take(&mut self.unheeded) {
                if let Some(heard) = Heard::from_number(number) {
                    self.heed(heard, &mut crew.working)?;
                }
            }
            for running in crew.working.iter_mut().filter(|running| running.is_executing()) {
                self.look_after(running);
            }
            for conclusion in self.clear(&mut crew.working) {
                crew.ask_at = None;
                if self.conclude(conclusion, &mut crew.working)? == Outcome::Failed {
                    crew.outcome = Outcome::Failed;
                }
            }
            if self.give_back_kept(&crew.working) {
                crew.ask_at = None;
            }
        }
        self.give_all_back();
        self.journal.sync()?;
        Ok(crew.outcome)
    }

    /// Waits for the next thing to happen or to do.
    fn listen(&mut self, crew: &Crew<impl Iterator<Item = u64>>) {
        let limit = match self.unheeded.is_empty() {
            true => until_first(crew.working.iter().map(Running::next).chain([crew.ask_at])),
            false => Some(Duration::ZERO),
        };
        let came = self.signals.wait(limit);
        self.unheeded.extend(came);
    }

    fn start_what_fits(&mut self, crew: &mut Crew<impl Iterator<Item = u64>>) -> Result<(), WorkerError> {
        let room = usize::try_from(self.assignment.jobs.get()).unwrap_or(usize::MAX);
        let has_room =
            |crew: &Crew<_>| crew.working.len() < room && crew.ask_at.is_none_or(|at| is_due(Some(at)));
        while let Some(run) = crew.waiting.peek().copied() {
            if !has_room(crew) && self.stop.is_none() && self.start_no_more.is_none() {
                return Ok(());
            }
            if let Some(why) = self.why_no_more() {
                let runs: Ranges = crew.waiting.by_ref().collect();
                self.leases.nothing_left();
                self.flush()?;
                self.journal.append_stopped(Stopped { runs, reason: why })?;
                crew.outcome = Outcome::Failed;
                return Ok(());
            }
            if self.is_unwanted(run)? {
                crew.outcome = Outcome::Failed;
                crew.next();
                continue;
            }
            let grant = match self.leases.ask(self.id_of(run), crew.left.saturating_sub(1)) {
                Answer::Granted(grant) => grant,
                Answer::Wait { again, reason } => {
                    if let Some(waits) = crew.wait(run, self.assignment.attempt, reason) {
                        self.record(Event::Waits(waits))?;
                    }
                    crew.ask_at = Some(crew.ask_at_latest(again));
                    return Ok(());
                }
            };
            (crew.ask_at, crew.idle) = (None, None);
            crew.next();
            let begun = match self.admit(run)? {
                Some(log) => self.start(run, &log, &grant)?,
                None => Err(None),
            };
            match begun {
                Ok(running) => crew.working.push(running),
                Err(unstarted) => {
                    self.leases.release(self.id_of(run));
                    crew.outcome = Outcome::Failed;
                    if let Some(conclusion) = unstarted {
                        self.conclude(conclusion, &mut crew.working)?;
                    }
                }
            }
        }
        self.leases.nothing_left();
        Ok(())
    }

    /// Tells why no more runs are to be started, where that is so.
    fn why_no_more(&mut self) -> Option<String> {
        match self.asked_to_stop(Duration::ZERO) {
            Some(stop) => Some(stop.reason().to_owned()),
            None => self.start_no_more.clone(),
        }
    }
}

impl<I: Iterator<Item = u64>> Crew<I> {
    fn next(&mut self) {
        self.waiting.next();
        self.left = self.left.saturating_sub(1);
    }

    /// Gives when to ask `again`: sooner where a wait is to be told by then.
    fn ask_at_latest(&self, again: Instant) -> Instant {
        let untold = self.idle.filter(|idle| !idle.is_told && idle.since.elapsed() < SPOKEN_OF);
        untold.map_or(again, |idle| again.min(idle.since + SPOKEN_OF))
    }

    /// Gives what is to be told of a wait: once, and only where nothing is executed for a while.
    fn wait(&mut self, run: u64, attempt: u32, reason: Option<String>) -> Option<Waits> {
        let reason = reason.filter(|_| self.working.is_empty())?;
        let idle = self.idle.get_or_insert(Idle { since: Instant::now(), is_told: false });
        if idle.is_told || idle.since.elapsed() < SPOKEN_OF {
            return None;
        }
        idle.is_told = true;
        Some(Waits { run, attempt, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_is_told_as_soon_as_any_other() {
        let mut crew = Crew {
            waiting: std::iter::once(3).peekable(),
            working: Vec::new(),
            left: 1,
            ask_at: None,
            idle: None,
            outcome: Outcome::Succeeded,
        };
        let long = Instant::now() + Duration::from_secs(5);
        assert_eq!(crew.ask_at_latest(long), long);
        let reason = || Some("a full disk".to_owned());
        assert_eq!(crew.wait(3, 1, reason()), None);
        let since = crew.idle.unwrap().since;
        assert_eq!(crew.ask_at_latest(long), since + SPOKEN_OF);
        let ago = Instant::now().checked_sub(SPOKEN_OF).unwrap();
        crew.idle = Some(Idle { since: ago, is_told: false });
        assert_eq!(crew.wait(3, 1, reason()).unwrap().reason, "a full disk");
        assert_eq!(crew.ask_at_latest(long), long);
    }
}
