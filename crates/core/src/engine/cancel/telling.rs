//! Whom a cancellation has told, and what that leaves to do. Pure: times are counted from its beginning.

use std::time::Duration;

use crate::engine::withhold::Withheld;
use crate::ranges::Ranges;

/// How long a program may take to end before it is told again, more firmly.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long to watch for the end before saying what still lives: Slurm kills after `KillWait`, 30 s by default.
const LIMIT: Duration = Duration::from_mins(2);

/// How long a scheduler that gives no answer is asked again, and a client that hands runs over is waited for.
pub(super) const SILENCE: Duration = Duration::from_mins(5);

/// The runs that may still live, as the last look has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) runs: Ranges,
    /// Those of them whose job is known.
    pub(super) with_job: Ranges,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Tell the support to stop what is open.
    Tell,
    /// Give what was told the time to end.
    Wait,
    /// Nothing is left to wait for.
    Conclude,
}

/// What the support was told so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Telling {
    told: Ranges,
    with_job: Ranges,
    reached: Ranges,
    /// When a run was told first that had not been told before.
    first: Duration,
    last: Duration,
}

impl Telling {
    /// Tells whether a run was told to stop.
    pub(super) fn has_told(&self, run: u64) -> bool {
        self.told.contains(run)
    }

    /// Tells whether any was.
    pub(super) fn has_begun(&self) -> bool {
        !self.told.is_empty()
    }

    /// Decides what to do about what is open at `now`.
    pub(super) fn next(&self, open: &Open, withheld: &Withheld, now: Duration) -> Step {
        let is_over = match withheld {
            Withheld::Told(_) => now > SILENCE,
            Withheld::Surely | Withheld::Unknown(_) => self.is_in_vain(open, now),
        };
        let is_due = !open.runs.is_empty() && now > self.last + PATIENCE;
        if self.has_news(open) {
            Step::Tell
        } else if is_over {
            Step::Conclude
        } else if is_due {
            Step::Tell
        } else {
            Step::Wait
        }
    }

    /// Takes note that what is open was told at `now`, and of the runs that this reached.
    pub(super) fn note(&mut self, open: &Open, reached: &Ranges, now: Duration) {
        if self.has_news(open) {
            self.first = now;
        }
        self.last = now;
        for (known, new) in
            [(&mut self.told, &open.runs), (&mut self.with_job, &open.with_job), (&mut self.reached, reached)]
        {
            *known = [known.clone(), new.clone()].into_iter().collect();
        }
    }

    /// Tells whether a run is open that was not told, or not by its job: what a client got in its last moment, say.
    fn has_news(&self, open: &Open) -> bool {
        !open.runs.without(&self.told).is_empty() || !open.with_job.without(&self.with_job).is_empty()
    }

    /// Tells whether to wait no longer for what is open: it lasts too long, or none of it was reached.
    fn is_in_vain(&self, open: &Open, now: Duration) -> bool {
        now > self.first + LIMIT || !open.runs.iter().any(|run| self.reached.contains(run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::OwnedBy;

    fn runs(text: &str) -> Ranges {
        if text.is_empty() { Ranges::default() } else { text.parse().unwrap() }
    }

    fn open(all: &str, with_job: &str) -> Open {
        Open { runs: runs(all), with_job: runs(with_job) }
    }

    fn client() -> Withheld {
        Withheld::Told(OwnedBy { host: "h".to_owned(), pid: 1, age: Duration::ZERO })
    }

    const fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    fn told(all: &str, with_job: &str, reached: &str) -> Telling {
        let mut telling = Telling::default();
        telling.note(&open(all, with_job), &runs(reached), at(1));
        telling
    }

    #[test]
    fn what_lives_is_told_once_and_then_waited_for() {
        let all = open("0-4", "0-4");
        assert_eq!(Telling::default().next(&all, &Withheld::Surely, at(0)), Step::Tell);
        let telling = told("0-4", "0-4", "0-4");
        assert_eq!(telling.next(&all, &Withheld::Surely, at(2)), Step::Wait);
        assert_eq!(telling.next(&open("3", "3"), &Withheld::Surely, at(14)), Step::Tell, "more firmly");
        assert_eq!(telling.next(&open("3", "3"), &Withheld::Surely, at(200)), Step::Conclude);
        assert_eq!(telling.next(&open("", ""), &Withheld::Surely, at(2)), Step::Conclude);
    }

    #[test]
    fn nothing_open_is_nothing_to_do() {
        assert_eq!(Telling::default().next(&open("", ""), &Withheld::Surely, at(0)), Step::Conclude);
    }

    #[test]
    fn a_job_that_becomes_known_is_told_although_all_that_was_reached_is_gone() {
        let telling = told("0-11", "0-4", "0-4");
        assert_eq!(telling.next(&open("5-9", "5-9"), &Withheld::Surely, at(2)), Step::Tell);
        assert_eq!(telling.next(&open("5-9", "5-9"), &client(), at(400)), Step::Tell);
        let mut telling = telling;
        telling.note(&open("5-9", "5-9"), &runs("5-9"), at(100));
        assert_eq!(
            telling.next(&open("5-9", "5-9"), &Withheld::Surely, at(111)),
            Step::Wait,
            "it has its own time"
        );
    }

    #[test]
    fn what_cannot_be_reached_is_told_once_and_not_waited_for() {
        let telling = told("0-4", "0-4", "");
        assert_eq!(telling.next(&open("0-4", "0-4"), &Withheld::Surely, at(2)), Step::Conclude);
        let unknown = Withheld::Unknown(runs("0-4"));
        assert_eq!(told("0-4", "", "").next(&open("0-4", ""), &unknown, at(2)), Step::Conclude);
    }

    #[test]
    fn a_client_that_hands_runs_over_is_waited_for_as_long_as_a_silent_scheduler() {
        let telling = told("0-4", "", "");
        assert_eq!(telling.next(&open("0-4", ""), &client(), at(2)), Step::Wait);
        assert_eq!(telling.next(&open("", ""), &client(), at(2)), Step::Wait);
        assert_eq!(telling.next(&open("", ""), &client(), at(301)), Step::Conclude);
    }
}
