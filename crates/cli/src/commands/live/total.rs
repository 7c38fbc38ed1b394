//! The line for all runs: `12/60 done, 1 failed, 2 running · 0:42 · ~3 min left`. Pure.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use neuromanager_core::state::{RunState, Status};

use super::forecast::{Forecast, Lesson, Moment, roughly};

/// How all runs are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Total<'a> {
    pub(super) all: u64,
    /// How many came to which end.
    pub(super) over: &'a BTreeMap<RunState, u64>,
    /// For how many seconds each one that goes on has done so.
    pub(super) running: &'a [f64],
    /// Since how many seconds the first one runs, where one began.
    pub(super) passed: Option<f64>,
    pub(super) forecast: &'a Forecast,
}

impl fmt::Display for Total<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over: u64 = self.over.values().sum();
        write!(f, "{over}/{} done", self.all)?;
        for (state, count) in self.over.iter().filter(|(state, _)| **state != RunState::Succeeded) {
            write!(f, ", {count} {state}")?;
        }
        let running = self.running.len() as u64;
        if running > 0 {
            write!(f, ", {running} running")?;
        }
        let Some(passed) = self.passed else { return Ok(()) };
        write!(f, " · {}", clock(passed))?;
        if over == 0 || over >= self.all {
            return Ok(());
        }
        let waiting = self.all.saturating_sub(over + running);
        match self.forecast.left(&Moment { running: self.running, waiting, passed }) {
            Some(left) => write!(f, " · {} left", roughly(left)),
            None => f.write_str(" · ? left"),
        }
    }
}

/// Writes the line for runs that are in these states.
pub(in crate::commands) fn of_statuses<'a>(
    statuses: impl Iterator<Item = &'a Status>,
    now: Timestamp,
) -> String {
    let (mut all, mut over, mut running) = (0, BTreeMap::new(), Vec::new());
    let (mut forecast, mut began) = (Forecast::default(), None::<Timestamp>);
    for status in statuses {
        all += 1;
        began = began.into_iter().chain(status.started).min();
        match (status.state.is_final(), status.started) {
            (true, started) => {
                *over.entry(status.state).or_default() += 1;
                if let (Some(started), Some(ended)) = (started, status.ended) {
                    forecast.learn(seconds(started, ended), Lesson::of(status.state));
                }
            }
            (false, started) if status.state == RunState::Running => {
                running.push(started.map_or(0.0, |started| seconds(started, now)));
            }
            (false, _) => {}
        }
    }
    let passed = began.map(|began| seconds(began, now));
    Total { all, over: &over, running: &running, passed, forecast: &forecast }.to_string()
}

/// Gives how many seconds passed; none where a clock was set back.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

/// Writes a time as a clock does: `0:42`, `1:02:03`.
pub(super) fn clock(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds that passed")]
    let seconds = seconds as u64;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn status(state: RunState, started: Option<i64>, ended: Option<i64>) -> Status {
        Status {
            state,
            attempt: 1,
            exit: None,
            cause: None,
            scheduler: None,
            reason: None,
            node: None,
            started: started.map(at),
            ended: ended.map(at),
            usage: None,
        }
    }

    fn line(statuses: &[Status], now: i64) -> String {
        of_statuses(statuses.iter(), at(now))
    }

    #[test]
    fn a_queue_that_has_not_begun_foretells_nothing() {
        let pending = status(RunState::Pending, None, None);
        assert_eq!(line(&[pending.clone(), pending], 50), "0/2 done");
    }

    #[test]
    fn the_states_of_runs_foretell_the_rest() {
        let statuses = [
            status(RunState::Succeeded, Some(0), Some(100)),
            status(RunState::Failed, Some(0), Some(5)),
            status(RunState::Cancelled, None, None),
            status(RunState::Running, Some(100), None),
            status(RunState::Pending, None, None),
        ];
        assert_eq!(line(&statuses, 150), "3/5 done, 1 failed, 1 cancelled, 1 running · 2:30 · ~3 min left");
    }

    #[test]
    fn what_is_over_has_nothing_left() {
        assert_eq!(line(&[status(RunState::Succeeded, Some(0), Some(9))], 9), "1/1 done · 0:09");
        assert_eq!(line(&[], 9), "0/0 done");
    }

    #[test]
    fn seconds_are_told_as_a_clock_tells_them() {
        let told: Vec<String> = [0.0, 9.9, 61.0, 3599.0, 3600.0, 90_061.0].map(clock).to_vec();
        assert_eq!(told, ["0:00", "0:09", "1:01", "59:59", "1:00:00", "25:01:01"]);
    }
}
