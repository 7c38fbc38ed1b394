//! `scancel`: ending jobs, whole or by task.

use std::time::Duration;

use super::id::JobId;
use super::query::{is_cut_off, words_of};
use crate::ranges::Ranges;
use crate::tool::{Invocation, Reply, ToolError};

/// What is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The job, an array with all its tasks.
    Whole(JobId),
    /// These tasks of the array.
    Tasks(JobId, Ranges),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelAnswer {
    /// Slurm took it: what was alive is ending, what had ended already is left alone.
    Taken,
    /// Slurm says no, for good: it is another's job, say.
    Refused {
        /// Slurm's words.
        words: String,
    },
    /// There is no telling whether the controller got it. Asking again does no harm.
    Uncertain {
        /// Slurm's words, or why there are none.
        words: String,
    },
}

/// Words for "there was nothing left to end". Versions differ in whether they say so at all.
const NOTHING_LEFT: [&str; 4] = [
    "Invalid job id specified",
    "Job/step already completing or completed",
    "already finished",
    "Job has already finished",
];

/// Words for a final no.
const REFUSED: [&str; 2] = ["Access/permission denied", "Invalid job id "];

/// How long the list of one call may be: an argument of Linux has at most 128 KiB (execve(2)).
const LONGEST_CALL: usize = 60_000;

/// Parts targets into as few calls as their lists allow: nearly always one.
pub fn batches(targets: Vec<Target>) -> Vec<Vec<Target>> {
    let mut batches: Vec<Vec<Target>> = Vec::new();
    let mut room = 0;
    for target in targets.into_iter().flat_map(parted) {
        let length = written(&target).len() + 1;
        match batches.last_mut() {
            Some(batch) if length <= room => batch.push(target),
            _ => {
                room = LONGEST_CALL;
                batches.push(vec![target]);
            }
        }
        room = room.saturating_sub(length);
    }
    batches
}

/// Parts a target until each is short enough for a call.
fn parted(target: Target) -> Vec<Target> {
    match target {
        Target::Tasks(job, indices)
            if written(&Target::Tasks(job, indices.clone())).len() >= LONGEST_CALL
                && indices.stretches().len() > 1 =>
        {
            let (first, second) = indices.halves();
            [first, second].into_iter().flat_map(|half| parted(Target::Tasks(job, half))).collect()
        }
        short => vec![short],
    }
}

fn written(target: &Target) -> String {
    match target {
        Target::Whole(job) => job.to_string(),
        Target::Tasks(job, indices) => format!("{job}_[{indices}]"),
    }
}

/// Describes the call. Tasks are named as `4711_[3-7,9]`: the own id of an array's last task would end them all.
pub fn invocation(targets: &[Target], deadline: Duration) -> Invocation {
    Invocation::query("scancel", deadline).args(targets.iter().map(written))
}

/// Describes the call for those tasks alone that still wait: what begins at this moment goes on.
pub fn waiting(targets: &[Target], deadline: Duration) -> Invocation {
    Invocation::query("scancel", deadline).arg("--state=PENDING").args(targets.iter().map(written))
}

/// Reads what came of the call.
pub fn answer(outcome: &Result<Reply, ToolError>) -> CancelAnswer {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(error @ (ToolError::Missing { .. } | ToolError::Spawn { .. })) => {
            return CancelAnswer::Refused { words: error.to_string() };
        }
        Err(error) => return CancelAnswer::Uncertain { words: error.to_string() },
    };
    let words = words_of(reply);
    if is_cut_off(&reply.stderr) {
        return CancelAnswer::Uncertain { words };
    }
    let mut complaints = words.lines().filter(|line| !holds_any(line, &NOTHING_LEFT)).peekable();
    let has_complaint = complaints.peek().is_some() && !reply.stderr.trim().is_empty();
    if !has_complaint && (reply.succeeded() || !reply.stderr.trim().is_empty()) {
        return CancelAnswer::Taken;
    }
    if complaints.all(|line| holds_any(line, &REFUSED)) {
        return CancelAnswer::Refused { words };
    }
    if reply.succeeded() { CancelAnswer::Taken } else { CancelAnswer::Uncertain { words } }
}

fn holds_any(line: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| line.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{command_line, reply};

    fn after(code: i32, stderr: &str) -> CancelAnswer {
        answer(&Ok(reply(code, "", stderr)))
    }

    #[test]
    fn tasks_are_named_by_the_array() {
        let targets = [
            Target::Whole(JobId(12)),
            Target::Tasks(JobId(4711), [3, 4, 5, 6, 7, 9].into_iter().collect()),
            Target::Tasks(JobId(5), [2].into_iter().collect()),
        ];
        let call = invocation(&targets, Duration::from_secs(1));
        assert_eq!(command_line(&call), "scancel 12 4711_[3-7,9] 5_[2]");
        let call = waiting(&targets[..1], Duration::from_secs(1));
        assert_eq!(command_line(&call), "scancel --state=PENDING 12");
    }

    #[test]
    fn a_long_list_is_parted_and_a_short_one_is_not() {
        let every_second = |last: u64| Target::Tasks(JobId(7), (0..last).step_by(2).collect());
        assert_eq!(batches(vec![Target::Whole(JobId(1)), every_second(100)]).len(), 1);
        let parted = batches(vec![every_second(100_000), Target::Whole(JobId(1))]);
        let mut indices = Vec::new();
        for batch in &parted {
            assert!(command_line(&invocation(batch, Duration::from_secs(1))).len() < LONGEST_CALL + 100);
            for target in batch {
                if let Target::Tasks(_, tasks) = target {
                    indices.extend(tasks.iter());
                }
            }
        }
        assert!(parted.len() > 1);
        assert_eq!(indices, (0..100_000).step_by(2).collect::<Vec<u64>>());
        assert_eq!(batches(Vec::new()).len(), 0);
    }

    #[test]
    fn what_is_over_is_as_good_as_cancelled() {
        assert_eq!(after(0, ""), CancelAnswer::Taken);
        let gone = "scancel: error: Kill job error on job id 999: Invalid job id specified\n";
        assert_eq!(after(1, gone), CancelAnswer::Taken);
        let ending = "scancel: error: Kill job error on job id 3: Job/step already completing or completed\n";
        assert_eq!(after(0, ending), CancelAnswer::Taken);
    }

    #[test]
    fn anothers_job_is_refused() {
        let denied = "scancel: error: Kill job error on job id 9: Access/permission denied\n";
        assert!(matches!(after(210, denied), CancelAnswer::Refused { .. }));
        assert!(matches!(after(1, "scancel: error: Invalid job id foo\n"), CancelAnswer::Refused { .. }));
    }

    #[test]
    fn a_frozen_controller_leaves_it_open() {
        let frozen = "scancel: error: Kill job error on job id 1: Socket timed out on send/recv operation\n";
        assert!(matches!(after(140, frozen), CancelAnswer::Uncertain { .. }));
        assert!(matches!(after(1, ""), CancelAnswer::Uncertain { .. }));
    }

    #[test]
    fn words_that_are_cut_off_are_neither_a_yes_nor_a_no() {
        // All of it says that there was nothing left to end.
        let half = "scancel: error: Kill job error on job id 999: Invalid job id ";
        assert!(matches!(after(1, half), CancelAnswer::Uncertain { .. }));
        assert!(matches!(after(0, half), CancelAnswer::Uncertain { .. }));
    }
}
