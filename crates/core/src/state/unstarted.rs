//! What becomes of an attempt that was handed over, where no program was started as far as the journal goes. Pure.

use jiff::Timestamp;

use super::started::{of_task_end, still_missing};
use super::{Moment, RunState, Sighting, Status, Task, TaskState};
use crate::event::Stopped;
use crate::history::{Dated, History};

/// What the queue of Slurm 22.05 says of a job that a signal ended, and of one that its node could not start.
const LAUNCH_FAILURE: &str = "JobLaunchFailure";

/// What was handed to the support last for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handed {
    /// The attempt that it makes first; each requeue adds one.
    pub attempt: u32,
    /// When.
    pub time: Timestamp,
}

/// Gives the word that what was handed over last will not be started; one from before a retry was about another.
pub(crate) fn stopped(history: &History, run: u64, handed: Option<Handed>) -> Option<&Dated<Stopped>> {
    let is_meant = |time: Timestamp| handed.is_none_or(|h| h.attempt <= 1 || time >= h.time);
    history.stopped(run).filter(|stopped| is_meant(stopped.time))
}

/// No program was started, as far as the journal goes.
pub(super) fn of_unstarted(
    history: &History,
    run: u64,
    handed: Option<Handed>,
    sighting: &Sighting,
    at: Moment,
) -> Status {
    if let Some(stopped) = stopped(history, run, handed).filter(|_| !knows_better(sighting)) {
        return Status {
            ended: Some(stopped.time),
            ..Status::new(RunState::Cancelled, Some(format!("not started: {}", stopped.what.reason)))
        };
    }
    match sighting {
        Sighting::WorkerLives => {
            let attempt = handed.map_or(1, |handed| handed.attempt);
            let cause = history.waits(run, attempt).map(|reason| format!("it waits for {reason}"));
            Status::new(RunState::Waiting, cause)
        }
        Sighting::Unasked | Sighting::NotHanded => Status::new(RunState::Waiting, None),
        Sighting::Refused(words) => Status::new(RunState::Failed, Some(format!("refused by Slurm: {words}"))),
        Sighting::Unclear(words) => Status::new(RunState::Unknown, Some(words.clone())),
        Sighting::Missing { since } if at.may_find(*since) => still_missing("it had not begun"),
        Sighting::Left { since } => Status {
            ended: Some(*since),
            ..Status::new(
                RunState::Cancelled,
                Some("it left the queue without having started: cancelled by hand, it seems".to_owned()),
            )
        },
        Sighting::Gone | Sighting::Missing { .. } => {
            Status::new(RunState::Lost, Some("nothing is left that would start it".to_owned()))
        }
        Sighting::Task(task) => match task.state {
            TaskState::Pending => Status::new(RunState::Pending, Some(task.words.clone())),
            TaskState::Running => {
                Status::new(RunState::Running, Some("the worker prepares the env".to_owned()))
            }
            TaskState::Completed | TaskState::Failed if at.may_hear_of(task) => {
                Status::by_words_of(task, RunState::Running)
            }
            TaskState::Completed => {
                Status::new(RunState::Lost, Some("Slurm says COMPLETED, but no worker ever began".to_owned()))
            }
            TaskState::Failed if task.reason.as_deref() != Some(LAUNCH_FAILURE) => {
                Status::new(RunState::Failed, Some(format!("it never began; Slurm says {}", task.words)))
            }
            TaskState::Failed | TaskState::Unlaunched => {
                Status::new(RunState::Failed, Some(unlaunched(task)))
            }
            TaskState::Cancelled => {
                let cause = format!("it was cancelled before it began; Slurm says {}", task.words);
                Status::new(RunState::Cancelled, Some(cause))
            }
            TaskState::TimedOut | TaskState::OutOfMemory | TaskState::NodeFailed | TaskState::Preempted => {
                of_task_end(task)
            }
        },
    }
}

/// Tells whether the scheduler has more to say of a run than that it was told not to start: why, or that it starts
/// again.
fn knows_better(sighting: &Sighting) -> bool {
    let Sighting::Task(task) = sighting else { return false };
    match task.state {
        TaskState::Pending
        | TaskState::Running
        | TaskState::TimedOut
        | TaskState::OutOfMemory
        | TaskState::NodeFailed
        | TaskState::Preempted => true,
        TaskState::Completed | TaskState::Failed | TaskState::Unlaunched | TaskState::Cancelled => false,
    }
}

/// `0:53` and its like: the folder of the log is nearly always what is missing (slurmd says `could not open stdout
/// file`).
fn unlaunched(task: &Task) -> String {
    let node = task.node.as_ref().map_or_else(|| "its node".to_owned(), |node| format!("node {node}"));
    format!(
        "it never began: {node} could not start its job, since a folder was not there, most likely that of the \
         launch in .neu; Slurm says {}",
        task.words
    )
}
