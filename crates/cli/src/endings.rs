//! How a run ended, as far as its log tells.

use std::path::Path;

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::state::{FailureClass, RunState, Status, classify};

use crate::ui::last_lines;

/// How many last lines of a log are looked through for what went wrong.
const LOOKED_THROUGH: usize = 100;

/// How many of them are shown.
const SHOWN: usize = 3;

/// What kind of failure ended a run, and what it printed last.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// The kind; `None` for a run that did not fail.
    pub(crate) class: Option<FailureClass>,
    /// The last lines of its log, where that explains anything.
    pub(crate) last_lines: Vec<String>,
}

/// Looks into the log of a run that failed by itself.
pub(crate) fn ending(survey: &Survey, run: u64) -> Ending {
    let Some(status) = survey.status(run) else { return Ending::default() };
    ending_of(status, survey.log(run).as_deref())
}

/// Looks into `log`, that of the run which is in `status`, where it failed by itself.
pub(crate) fn ending_of(status: &Status, log: Option<&Path>) -> Ending {
    // Only a program's own failure is explained by what it printed.
    let log = log.filter(|_| matches!(status.state, RunState::Failed | RunState::OutOfMemory));
    let mut lines = log.and_then(|log| last_lines(log, LOOKED_THROUGH).ok()).unwrap_or_default();
    let class = classify(status, &lines);
    Ending { class, last_lines: lines.split_off(lines.len().saturating_sub(SHOWN)) }
}
