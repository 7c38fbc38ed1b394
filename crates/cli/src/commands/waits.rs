//! Why runs wait in the queue, in words, and which of them will never start.

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::LaunchId;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::slurm::reason::{Explained, Prospect, explain};

use super::App;
use super::naming::in_short;

/// Runs of one launch that wait for the same.
#[derive(Debug)]
pub(super) struct Wait {
    launch: LaunchId,
    reason: String,
    explained: Explained,
    runs: Vec<u64>,
}

/// Finds what `runs` wait for, in their order.
pub(super) fn waits(survey: &Survey, runs: impl Iterator<Item = u64>) -> Vec<Wait> {
    let mut waits: Vec<Wait> = Vec::new();
    for run in runs {
        let Some(reason) = survey.status(run).and_then(|status| status.reason.as_ref()) else { continue };
        match waits.iter_mut().find(|wait| wait.reason == *reason) {
            Some(wait) => wait.runs.push(run),
            None => waits.push(Wait {
                launch: LaunchId(survey.launch.id),
                reason: reason.clone(),
                explained: explain(reason),
                runs: vec![run],
            }),
        }
    }
    waits
}

impl Wait {
    fn never_starts(&self) -> bool {
        self.explained.prospect == Prospect::NeverStarts
    }

    fn describe(&self) -> String {
        let runs: Ranges = self.runs.iter().copied().collect();
        let which = in_short(self.launch, &runs);
        let verb = if self.never_starts() { "will not start" } else { "pending" };
        let Explained { words, advice, .. } = &self.explained;
        let advice = advice.map_or_else(String::new, |advice| format!("; {advice}"));
        format!("{which} {verb} ({}): {words}{advice}", self.reason)
    }
}

/// Writes out those that start when their turn comes.
pub(super) fn describe_waits(waits: &[Wait]) -> String {
    let ordinary = waits.iter().filter(|wait| !wait.never_starts());
    ordinary.map(|wait| format!("\n{}\n", wait.describe())).collect()
}

/// Warns of those that never start as they are.
pub(super) fn warn_of_waits(waits: &[Wait], app: &App) {
    for wait in waits.iter().filter(|wait| wait.never_starts()) {
        app.ui.warn(&wait.describe());
    }
}
