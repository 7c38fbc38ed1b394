//! Which runs of a launch on this machine did not finish, so that they are taken up again. Pure.

use crate::ranges::Ranges;
use crate::state::RunState;

use super::survey::Survey;

/// Gives the runs of a launch on this machine that are over and did not finish: their worker ended before them, whatever
/// ended it, or their env could not be activated. A run that somebody cancelled is not among them, and neither is one
/// that failed.
pub fn unfinished(survey: &Survey) -> Ranges {
    let is_left = |state: RunState, run: u64| is_unfinished(state, || is_unwanted(survey, run));
    survey.each().filter(|(run, status)| is_left(status.state, *run)).map(|(run, _)| run).collect()
}

/// Tells whether somebody asked for the end of what was handed over last for a run.
fn is_unwanted(survey: &Survey, run: u64) -> bool {
    let handed = survey.submissions.of_run(run);
    survey.history.unwanted(run).is_some_and(|unwanted| {
        handed.is_none_or(|submission| submission.chunk.attempt <= 1 || unwanted.time >= submission.time)
    })
}

fn is_unfinished(state: RunState, is_unwanted: impl FnOnce() -> bool) -> bool {
    match state {
        RunState::Lost | RunState::Cancelled | RunState::EnvFailed => !is_unwanted(),
        RunState::Waiting
        | RunState::Pending
        | RunState::Running
        | RunState::Succeeded
        | RunState::Failed
        | RunState::TimedOut
        | RunState::OutOfMemory
        | RunState::NodeFailed
        | RunState::Preempted
        | RunState::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_by_itself_or_by_a_person_or_goes_on_is_left_alone() {
        for state in RunState::ALL {
            let is_left = matches!(state, RunState::Lost | RunState::Cancelled | RunState::EnvFailed);
            assert_eq!(is_unfinished(state, || false), is_left, "{state}");
            assert!(!is_unfinished(state, || true), "{state}");
        }
    }
}
