//! What a program's own end comes to, with what the scheduler says of it. Pure.

use jiff::SignedDuration;
use nix::sys::signal::Signal;

use super::lateness::LAG;
use super::{Moment, RunState, Sighting, Status, Task, TaskState};
use crate::event::{Ended, Exceeded, Exit};
use crate::history::{Attempt, Dated};
use crate::resources::MemorySize;
use crate::slurm::time::TimeLimit;

/// How long after its end a run that was stopped may still turn out to have been put back into a queue.
const REQUEUE: SignedDuration = SignedDuration::from_hours(1);

/// The program's own end is known; the scheduler may know worse.
pub(super) fn of_ended(attempt: &Attempt, ended: &Dated<Ended>, sighting: &Sighting, at: Moment) -> Status {
    let own = own_word(attempt, &ended.what);
    match sighting {
        Sighting::Task(task) => with_scheduler(own, ended, task, at),
        // Whoever stopped it may start it again; a controller that was silent for long would have by now.
        Sighting::Unclear(words) if ended.what.stopped && at.is_near(ended.time, REQUEUE) => {
            Status::new(RunState::Unknown, Some(format!("it was stopped when last heard of; {words}")))
        }
        Sighting::Unclear(words) if is_open(ended, at) => {
            let how = own.cause.as_deref().unwrap_or("ended");
            Status::new(RunState::Unknown, Some(format!("{how}, and why is Slurm's to tell; {words}")))
        }
        Sighting::Unclear(_)
        | Sighting::Unasked
        | Sighting::NotHanded
        | Sighting::Refused(_)
        | Sighting::WorkerLives
        | Sighting::Gone
        | Sighting::Missing { .. }
        | Sighting::Left { .. } => own,
    }
}

/// Tells what becomes of a run that Slurm started again after the program of its attempt ended, and of which the
/// journal does not tell yet; `None` where Slurm says nothing of the kind.
pub(super) fn of_later_start(ended: &Dated<Ended>, sighting: &Sighting, at: Moment) -> Option<Status> {
    let Sighting::Task(task) = sighting else { return None };
    let is_later = task.started.is_some_and(|started| started > ended.time);
    let is_of_a_later_start = match task.state {
        TaskState::Running => is_later,
        // A task whose last program did not succeed is not COMPLETED.
        TaskState::Completed => is_later || ended.what.exit != Exit::Code(0),
        TaskState::Failed => is_later && ended.what.stopped,
        TaskState::Pending
        | TaskState::Unlaunched
        | TaskState::Cancelled
        | TaskState::TimedOut
        | TaskState::OutOfMemory
        | TaskState::NodeFailed
        | TaskState::Preempted => false,
    };
    (is_of_a_later_start && is_for_slurm_to_tell(&ended.what)).then(|| started_again(task, at))
}

fn started_again(task: &Task, at: Moment) -> Status {
    let (state, what) = match task.state.is_final() {
        false => (RunState::Running, "its worker has not said anything yet"),
        true if at.may_hear_of(task) => (RunState::Running, "how that ended may still be on its way"),
        true => (RunState::Lost, "that attempt ended without a word of its worker"),
    };
    Status::new(state, Some(format!("it was started again, and {what}; Slurm says {}", task.words)))
}

/// Tells whether the end of a program may be Slurm's doing: a stop, also one that its worker did not hear of, or the
/// KILL for too much memory.
pub(crate) fn is_for_slurm_to_tell(ended: &Ended) -> bool {
    let of = |signal: Signal| ended.exit.code() == 128 + signal as i32;
    ended.stopped || of(Signal::SIGTERM) || of(Signal::SIGKILL)
}

/// Tells whether Slurm is still about to say why a program ended. The kernel has said so of one that took too much
/// memory.
fn is_open(ended: &Dated<Ended>, at: Moment) -> bool {
    let Dated { time, what } = ended;
    let is_explained = what.out_of_memory && !what.stopped;
    is_for_slurm_to_tell(what) && !is_explained && at.is_near(*time, LAG)
}

/// What the worker wrote of the end, for itself.
fn own_word(attempt: &Attempt, ended: &Ended) -> Status {
    let Ended { exit, stopped, out_of_memory, exceeded, .. } = ended;
    if let Some(exceeded) = exceeded {
        // Whoever stopped it after that came too late.
        return of_exceeded(*exceeded, exit);
    }
    if *stopped {
        return Status::new(RunState::Cancelled, Some(stopped_cause(attempt)));
    }
    if *out_of_memory {
        return Status::new(RunState::OutOfMemory, Some(out_of_memory_cause(exit)));
    }
    match exit {
        Exit::Code(0) => Status::new(RunState::Succeeded, None),
        Exit::Code(code) => Status::new(RunState::Failed, Some(format!("exit code {code}"))),
        Exit::Signal(signal) => {
            Status::new(RunState::Failed, Some(format!("ended by {}", signal_name(*signal))))
        }
        Exit::Unstarted { reason, .. } => Status::new(RunState::Failed, Some(reason.clone())),
    }
}

/// Puts the worker's word together with what the scheduler says of the task.
fn with_scheduler(own: Status, ended: &Dated<Ended>, task: &Task, at: Moment) -> Status {
    let Ended { exit, stopped, .. } = &ended.what;
    let is_success = own.state == RunState::Succeeded;
    match task.state {
        // It was put back into the queue after its end: the next attempt is on its way.
        TaskState::Pending => Status::new(RunState::Pending, Some(task.words.clone())),
        TaskState::TimedOut => worse(RunState::TimedOut, &own, task),
        TaskState::OutOfMemory => worse(RunState::OutOfMemory, &own, task),
        // Only Slurm knows whether it is done: it may say why it stopped the program, or start it again.
        TaskState::Running if is_open(ended, at) => Status::by_words_of(task, RunState::Running),
        // Slurm tells every process of a job to stop, and the program may be gone before its worker has heard.
        TaskState::Cancelled if own.state == RunState::Failed => worse(RunState::Cancelled, &own, task),
        TaskState::Preempted if !is_success => worse(RunState::Preempted, &own, task),
        TaskState::NodeFailed if !is_success => worse(RunState::NodeFailed, &own, task),
        // The worker was told to stop and Slurm cancelled nothing: the program ended by itself in that moment.
        TaskState::Completed if *stopped && *exit == Exit::Code(0) => Status::new(RunState::Succeeded, None),
        TaskState::Failed
        | TaskState::Unlaunched
        | TaskState::Cancelled
        | TaskState::Preempted
        | TaskState::NodeFailed
            if is_success =>
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

/// The scheduler knows worse than the program's own end says: both are kept.
fn worse(state: RunState, own: &Status, task: &Task) -> Status {
    let says = format!("Slurm says {}", task.words);
    let cause = match &own.cause {
        _ if own.state == RunState::Succeeded => format!("succeeded, but {says}"),
        // A stop is Slurm's own way to end a program.
        Some(_) if own.state == RunState::Cancelled => says,
        Some(cause) => format!("{cause}, and {says}"),
        None => says,
    };
    Status::new(state, Some(cause))
}

fn out_of_memory_cause(exit: &Exit) -> String {
    format!("the kernel killed a process of it for its memory; exit code {}", exit.code())
}

/// Tells of a run that its worker has ended; only on this machine does a worker keep limits.
fn of_exceeded(exceeded: Exceeded, exit: &Exit) -> Status {
    let (state, cause) = match exceeded {
        Exceeded::Time { seconds } => {
            let limit = TimeLimit::Seconds(seconds).brief();
            (RunState::TimedOut, format!("ran longer than its `time` of {limit}"))
        }
        Exceeded::Memory { bytes } => {
            let limit = MemorySize::from_bytes(bytes);
            (RunState::OutOfMemory, format!("needed more memory than its `mem` of {limit}"))
        }
    };
    let end = match exit {
        Exit::Signal(signal) if *signal == Signal::SIGTERM as i32 => String::new(),
        Exit::Signal(signal) => format!("; ended by {}", signal_name(*signal)),
        Exit::Code(code) => format!("; exit code {code}"),
        Exit::Unstarted { reason, .. } => format!("; {reason}"),
    };
    Status::new(state, Some(cause + &end))
}

fn stopped_cause(attempt: &Attempt) -> String {
    match &attempt.interrupted {
        Some(Dated { what, .. }) => format!("stopped by {}", what.signal),
        None => "stopped".to_owned(),
    }
}

fn signal_name(signal: i32) -> String {
    Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string())
}
