//! How a launch's runs are, and why some are not as they should be: alike ones are told once, with the last lines of
//! what they printed.

use std::path::Path;

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::LaunchId;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::state::{FailureClass, RunState, Status};

use super::naming::in_short;
use crate::endings::{Ending, ending, ending_of};
use crate::ui::ago;

/// How many runs are looked at: nobody reads the causes of more, and each costs a look into its log.
const LOOKED_AT: usize = 500;

/// Runs in one state for one cause, which printed the same at the end.
#[derive(Debug)]
pub(super) struct Cause {
    state: RunState,
    class: Option<FailureClass>,
    text: String,
    lines: Vec<String>,
    runs: Vec<u64>,
}

/// Counts the runs in each state: `58 succeeded, 2 failed`.
pub(super) fn states(survey: &Survey) -> String {
    survey.counts().iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

/// Finds the causes among `runs`, in their order. Runs that `is_told` leaves out, those without a cause, and
/// those of which it says no more than their state does, are not mentioned.
pub(super) fn causes(
    survey: &Survey,
    runs: impl Iterator<Item = u64>,
    is_told: impl Fn(RunState) -> bool,
) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    let mentioned = runs.filter_map(|run| {
        let status = survey.status(run).filter(|status| is_told(status.state))?;
        let cause = status.cause.as_ref().filter(|cause| !cause.eq_ignore_ascii_case(status.state.word()))?;
        Some((run, status.state, cause))
    });
    for (run, state, text) in mentioned.take(LOOKED_AT) {
        let Ending { class, last_lines: lines } = ending(survey, run);
        let text = with_age(survey, state, text);
        Cause { state, class, text, lines, runs: vec![run] }.join(&mut causes);
    }
    causes
}

/// Tells whether a run in this state did not do what it was started for, though nobody stopped it.
pub(super) fn is_failure(state: RunState) -> bool {
    state.is_final() && !matches!(state, RunState::Succeeded | RunState::Cancelled)
}

impl Cause {
    /// Finds what ended runs of which the first has this status and this log.
    pub(super) fn of(runs: Vec<u64>, status: &Status, log: Option<&Path>) -> Self {
        let Ending { class, last_lines: lines } = ending_of(status, log);
        Self { state: status.state, class, text: status.cause.clone().unwrap_or_default(), lines, runs }
    }

    /// Names what ended runs, of which no log tells more.
    pub(super) fn plain(runs: Vec<u64>, state: RunState, text: String) -> Self {
        Self { state, class: None, text, lines: Vec::new(), runs }
    }

    /// Adds it to others, where its runs go to those that ended alike.
    pub(super) fn join(self, causes: &mut Vec<Self>) {
        match causes.iter_mut().find(|cause| cause.is_like(&self)) {
            Some(cause) => cause.runs.extend(self.runs),
            None => causes.push(self),
        }
    }

    /// Tells whether other runs ended in the same way, and printed the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let told = |cause: &Self| (cause.state, cause.class);
        told(self) == told(other) && self.text == other.text && self.lines == other.lines
    }

    /// Gives the first of its runs.
    pub(super) fn first(&self) -> Option<u64> {
        self.runs.first().copied()
    }

    /// Writes it out: which runs, in what state, why, and what they printed last.
    pub(super) fn describe(&self, launch: u64) -> String {
        let lines: String = self.lines.iter().map(|line| format!("  | {line}\n")).collect();
        format!("{}\n{lines}", self.headline(launch))
    }

    /// Writes out which runs, in what state, and why.
    pub(super) fn headline(&self, launch: u64) -> String {
        let runs: Ranges = self.runs.iter().copied().collect();
        let which = in_short(LaunchId(launch), &runs);
        format!("{which} {}{}: {}", self.state, self.kind(), self.text)
    }

    /// Says what kind of failure it is, where the state does not.
    fn kind(&self) -> String {
        match self.class {
            Some(class @ (FailureClass::CudaOutOfMemory | FailureClass::NeverStarted)) => {
                format!(" ({})", class.words())
            }
            Some(_) | None => String::new(),
        }
    }
}

/// Adds to what is not known how old the last thing is that is.
fn with_age(survey: &Survey, state: RunState, text: &str) -> String {
    match survey.answered.filter(|_| state == RunState::Unknown) {
        Some(time) => format!("{text}; Slurm last answered {}", ago(time)),
        None => text.to_owned(),
    }
}

/// Tells why runs of some launches are unknown, each reason once, with the launches that it holds for.
pub(super) fn unknowns(surveys: &[Survey]) -> String {
    let mut reasons: Vec<(String, Vec<u64>)> = Vec::new();
    for survey in surveys {
        for cause in causes(survey, 0..survey.launch.runs, |state| state == RunState::Unknown) {
            match reasons.iter_mut().find(|(text, _)| *text == cause.text) {
                Some((_, launches)) if launches.last() == Some(&survey.launch.id) => {}
                Some((_, launches)) => launches.push(survey.launch.id),
                None => reasons.push((cause.text, vec![survey.launch.id])),
            }
        }
    }
    let tell = |(text, launches): &(String, Vec<u64>)| {
        let launches: Ranges = launches.iter().copied().collect();
        format!("\nlaunch {launches} unknown: {text}\n")
    };
    reasons.iter().map(tell).collect()
}
