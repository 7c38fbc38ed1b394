//! How long a run may take. Pure.

use std::time::{Duration, Instant};

/// The time limit of one run. Time in which the machine sleeps does not count (`CLOCK_MONOTONIC`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    limit: Duration,
    at: Option<Instant>,
}

/// Whether a program still runs, as seen just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Running,
    Over,
}

impl Deadline {
    /// Waits for the start.
    pub(super) fn of(limit: Duration) -> Self {
        Self { limit, at: None }
    }

    /// Counts from `now` on.
    pub(super) fn begin(&mut self, now: Instant) {
        self.at = now.checked_add(self.limit);
    }

    /// Gives the time to look; `None` where there is nothing to see any more.
    pub(super) fn next(&self) -> Option<Instant> {
        self.at
    }

    /// Tells, once, the limit that was exceeded. A program that has ended by itself before anybody looked was in time.
    pub(super) fn look(&mut self, now: Instant, life: impl FnOnce() -> Life) -> Option<Duration> {
        self.at.take_if(|at| *at <= now)?;
        (life() == Life::Running).then_some(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    fn begun(now: Instant) -> Deadline {
        let mut deadline = Deadline::of(LIMIT);
        deadline.begin(now);
        deadline
    }

    #[test]
    fn it_is_exceeded_once_and_not_before_its_time() {
        let now = Instant::now();
        let mut deadline = begun(now);
        assert_eq!(deadline.next(), Some(now + LIMIT));
        assert_eq!(deadline.look(now + Duration::from_secs(59), || Life::Running), None);
        assert_eq!(deadline.look(now + LIMIT, || Life::Running), Some(LIMIT));
        assert_eq!((deadline.next(), deadline.look(now + LIMIT * 2, || Life::Running)), (None, None));
    }

    #[test]
    fn a_program_that_ended_in_that_very_moment_was_in_time() {
        let now = Instant::now();
        let mut deadline = begun(now);
        assert_eq!(deadline.look(now + LIMIT, || Life::Over), None);
        assert_eq!((deadline.next(), deadline.look(now + LIMIT, || Life::Running)), (None, None));
    }

    #[test]
    fn what_has_not_started_or_may_take_for_ever_is_never_late() {
        let now = Instant::now();
        let mut waiting = Deadline::of(LIMIT);
        assert_eq!((waiting.next(), waiting.look(now + LIMIT, || Life::Running)), (None, None));
        let mut endless = Deadline::of(Duration::MAX);
        endless.begin(now);
        assert_eq!(endless.look(now + LIMIT, || Life::Running), None);
    }
}
