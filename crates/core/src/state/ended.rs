//! What a program's own end comes to, with what the scheduler says of it. Pure.

use jiff::{SignedDuration, Timestamp};

use super::lateness::LAG;
use super::{Moment, RunState, Sighting, Status, Task, TaskState};
use crate::event::{Ended, Exit};
use crate::history::{Attempt, Dated};

/// How long after its end a run that was stopped may still turn out to have been put back into a queue.
const REQUEUE: SignedDuration = SignedDuration::from_hours(1);

/// The program's own end is known; the scheduler may know worse.
pub(super) fn of_ended(attempt: &Attempt, ended: &Dated<Ended>, sighting: &Sighting, at: Moment) -> Status {
    let Dated { time, what: Ended { exit, stopped, .. } } = ended;
    let (time, stopped) = (*time, *stopped);
    let own = match exit {
        _ if stopped => Status::new(RunState::Cancelled, Some(stopped_cause(attempt))),
        _ if ended.what.out_of_memory => Status::new(RunState::OutOfMemory, Some(out_of_memory_cause(exit))),
        Exit::Code(0) => Status::new(RunState::Succeeded, None),
        Exit::Code(code) => Status::new(RunState::Failed, Some(format!("exit code {code}"))),
        Exit::Signal(signal) => {
            Status::new(RunState::Failed, Some(format!("ended by {}", signal_name(*signal))))
        }
        Exit::Unstarted { reason, .. } => Status::new(RunState::Failed, Some(reason.clone())),
    };
    let task = match sighting {
        Sighting::Task(task) => task,
        // Whoever stopped it may start it again; a controller that was silent for long would have by now.
        Sighting::Unclear(words) if stopped && at.is_near(time, REQUEUE) => {
            return Status::new(
                RunState::Unknown,
                Some(format!("it was stopped when last heard of; {words}")),
            );
        }
        _ => return own,
    };
    match task.state {
        // It was put back into the queue after its end: the next attempt is on its way.
        TaskState::Pending => Status::new(RunState::Pending, Some(task.words.clone())),
        TaskState::TimedOut => worse(RunState::TimedOut, &own, task),
        TaskState::OutOfMemory => worse(RunState::OutOfMemory, &own, task),
        // Only Slurm knows whether it is done: it may say why it stopped the program, or start it again.
        TaskState::Running if own.state != RunState::Succeeded && is_going_on(task, time, at) => {
            Status::new(RunState::Running, Some(format!("Slurm says {}", task.words)))
        }
        // Slurm tells every process of a job to stop, and the program may be gone before its worker has heard.
        TaskState::Cancelled if own.state == RunState::Failed => worse(RunState::Cancelled, &own, task),
        TaskState::Preempted if own.state != RunState::Succeeded => worse(RunState::Preempted, &own, task),
        TaskState::NodeFailed if own.state != RunState::Succeeded => worse(RunState::NodeFailed, &own, task),
        // The worker was told to stop and Slurm cancelled nothing: the program ended by itself in that moment.
        TaskState::Completed if stopped && *exit == Exit::Code(0) => Status::new(RunState::Succeeded, None),
        // The records of a later attempt are on their way through a network file system: a task whose last attempt did
        // not succeed is not COMPLETED, and one that was stopped did not start after that.
        TaskState::Completed if own.state != RunState::Succeeded && at.may_hear_of(task) => {
            Status::new(RunState::Running, Some(format!("Slurm says {}", task.words)))
        }
        TaskState::Failed if stopped && task.started > Some(time) && at.may_hear_of(task) => {
            Status::new(RunState::Running, Some(format!("Slurm says {}", task.words)))
        }
        TaskState::Failed
        | TaskState::Unlaunched
        | TaskState::Cancelled
        | TaskState::Preempted
        | TaskState::NodeFailed
            if own.state == RunState::Succeeded =>
        {
            let cause = format!("its program succeeded, though Slurm says {}", task.words);
            Status::new(RunState::Succeeded, Some(cause))
        }
        TaskState::Running
        | TaskState::Completed
        | TaskState::Failed
        | TaskState::Unlaunched
        | TaskState::Cancelled
        | TaskState::Preempted
        | TaskState::NodeFailed => own,
    }
}

/// Tells whether a task goes on after the program of its attempt ended at `ended`: it is being ended, for a while, or
/// it was started anew.
fn is_going_on(task: &Task, ended: Timestamp, at: Moment) -> bool {
    at.is_near(ended, LAG) || task.started.is_some_and(|started| started > ended)
}

/// The scheduler knows worse than the program's own end says: both are kept.
fn worse(state: RunState, own: &Status, task: &Task) -> Status {
    let cause = match (own.state, &own.cause) {
        (RunState::Succeeded, _) => format!("succeeded, but Slurm says {}", task.words),
        (RunState::Failed | RunState::OutOfMemory, Some(cause)) => {
            format!("{cause}, and Slurm says {}", task.words)
        }
        // A stop is Slurm's own way to end a program.
        _ => format!("Slurm says {}", task.words),
    };
    Status::new(state, Some(cause))
}

fn out_of_memory_cause(exit: &Exit) -> String {
    format!("the kernel killed a process of it for its memory; exit code {}", exit.code())
}

fn stopped_cause(attempt: &Attempt) -> String {
    match &attempt.interrupted {
        Some(Dated { what, .. }) => format!("stopped by {}", what.signal),
        None => "stopped".to_owned(),
    }
}

fn signal_name(signal: i32) -> String {
    nix::sys::signal::Signal::try_from(signal)
        .map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string())
}
