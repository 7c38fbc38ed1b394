//! What becomes of a program that was started, where nothing says that it ended. Pure.

use super::{Moment, RunState, Sighting, Status, Task, TaskState};

/// A program was started, and nothing says that it ended.
pub(super) fn of_started(sighting: &Sighting, at: Moment) -> Status {
    match sighting {
        Sighting::Unasked | Sighting::WorkerLives | Sighting::NotHanded => {
            Status::new(RunState::Running, None)
        }
        Sighting::Unclear(words) => {
            Status::new(RunState::Unknown, Some(format!("it was running when last heard of; {words}")))
        }
        Sighting::Refused(words) => Status::new(RunState::Lost, Some(words.clone())),
        Sighting::Missing { since } if at.may_find(*since) => still_missing("it was running"),
        Sighting::Gone | Sighting::Missing { .. } | Sighting::Left { .. } => {
            Status::new(RunState::Lost, Some("its worker ended without a word".to_owned()))
        }
        Sighting::Task(task) => match task.state {
            TaskState::Pending => Status::new(RunState::Pending, Some(task.words.clone())),
            TaskState::Running => Status::new(RunState::Running, None),
            TaskState::Completed | TaskState::Failed if at.may_hear_of(task) => {
                Status::by_words_of(task, RunState::Running)
            }
            TaskState::Completed | TaskState::Failed | TaskState::Unlaunched => Status::new(
                RunState::Lost,
                Some(format!("its worker ended without a word; Slurm says {}", task.words)),
            ),
            TaskState::Cancelled => {
                let cause = format!(
                    "it was cancelled before its worker could say how it ended; Slurm says {}",
                    task.words
                );
                Status::new(RunState::Cancelled, Some(cause))
            }
            TaskState::TimedOut | TaskState::OutOfMemory | TaskState::NodeFailed | TaskState::Preempted => {
                of_task_end(task)
            }
        },
    }
}

/// Tells what the end of a task comes to where its worker said nothing.
pub(super) fn of_task_end(task: &Task) -> Status {
    let state = match task.state {
        TaskState::TimedOut => RunState::TimedOut,
        TaskState::OutOfMemory => RunState::OutOfMemory,
        TaskState::NodeFailed => RunState::NodeFailed,
        TaskState::Preempted => RunState::Preempted,
        TaskState::Cancelled => RunState::Cancelled,
        TaskState::Failed | TaskState::Unlaunched => RunState::Failed,
        TaskState::Pending | TaskState::Running | TaskState::Completed => RunState::Lost,
    };
    Status::by_words_of(task, state)
}

/// Says that the scheduler has forgotten a task, and that words about it may still come.
pub(super) fn still_missing(before: &str) -> Status {
    let cause = format!(
        "{before} when last heard of; Slurm has forgotten its job, and how it ended may still be on its way"
    );
    Status::new(RunState::Unknown, Some(cause))
}
