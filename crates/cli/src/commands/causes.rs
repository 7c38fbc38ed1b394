//! How a launch's runs are, and why some are not as they should be: alike ones are told once, with the last lines of what they printed.

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::state::RunState;

use crate::ui::last_lines;

/// How many last lines of a log are shown.
const LINES: usize = 3;

/// How many runs are looked at: nobody reads the causes of more, and each costs a look into its log.
const LOOKED_AT: usize = 500;

/// Runs in one state for one cause, which printed the same at the end.
#[derive(Debug)]
pub(super) struct Cause {
    state: RunState,
    text: String,
    lines: Vec<String>,
    runs: Vec<u64>,
}

/// Counts the runs in each state: `58 succeeded, 2 failed`.
pub(super) fn states(survey: &Survey) -> String {
    survey.counts().iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

/// Finds the causes among `runs`, in their order. Runs that `is_told` leaves out, and those without a cause, are not
/// mentioned.
pub(super) fn causes(
    survey: &Survey,
    runs: impl Iterator<Item = u64>,
    is_told: impl Fn(RunState) -> bool,
) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    let mentioned = runs.filter_map(|run| {
        let status = survey.status(run).filter(|status| is_told(status.state))?;
        Some((run, status.state, status.cause.as_ref()?))
    });
    for (run, state, text) in mentioned.take(LOOKED_AT) {
        // Only a program's own failure is explained by what it printed.
        let log = survey.log(run).filter(|_| matches!(state, RunState::Failed | RunState::OutOfMemory));
        let lines = log.and_then(|log| last_lines(&log, LINES).ok()).unwrap_or_default();
        match causes
            .iter_mut()
            .find(|cause| (cause.state, &cause.text, &cause.lines) == (state, text, &lines))
        {
            Some(cause) => cause.runs.push(run),
            None => causes.push(Cause { state, text: text.clone(), lines, runs: vec![run] }),
        }
    }
    causes
}

impl Cause {
    /// Writes it out: which runs, in what state, why, and what they printed last.
    pub(super) fn describe(&self, launch: u64) -> String {
        let runs: Ranges = self.runs.iter().copied().collect();
        let which = match runs.stretches() {
            [_] => format!("{launch}.{runs}"),
            _ => format!("{launch}.{} and {} more", self.runs[0], self.runs.len() - 1),
        };
        let lines: String = self.lines.iter().map(|line| format!("  | {line}\n")).collect();
        format!("{which} {}: {}\n{lines}", self.state, self.text)
    }
}
