//! The state of a run: a pure function of what the journal says and what its support sees.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::{Ended, Exit};
use crate::history::{Attempt, Dated, History};

/// How long after a task's end its worker's last record may still be on its way through a network file system.
pub const LAG: SignedDuration = SignedDuration::from_secs(30);

/// How long after its end a run that was stopped may still turn out to have been put back into a queue.
const REQUEUE: SignedDuration = SignedDuration::from_hours(1);

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It is planned, and nothing has it yet or its worker has others to execute first.
    Waiting,
    /// The scheduler has it in its queue.
    Pending,
    /// It is executing, or its worker prepares to.
    Running,
    /// Its program ended with exit code 0.
    Succeeded,
    /// Its program ended otherwise, or could not be started, or the scheduler refused it.
    Failed,
    /// Somebody stopped it, or said that it should not start.
    Cancelled,
    /// The scheduler's time limit ended it.
    TimedOut,
    /// It used more memory than it had asked for.
    OutOfMemory,
    /// Its node was lost.
    NodeFailed,
    /// The scheduler gave its place to another job.
    Preempted,
    /// Its env could not be activated; the program was not started.
    EnvFailed,
    /// Nothing executes it, and nothing says how it ended.
    Lost,
    /// It cannot be told from here and now.
    Unknown,
}

impl RunState {
    /// Every state, in the order in which they are shown.
    pub const ALL: [Self; 13] = [
        Self::Waiting,
        Self::Pending,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::NodeFailed,
        Self::Preempted,
        Self::EnvFailed,
        Self::Lost,
        Self::Unknown,
    ];

    /// Gives the word that is shown, typed, and written in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::NodeFailed => "node-failed",
            Self::Preempted => "preempted",
            Self::EnvFailed => "env-failed",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }

    /// Tells whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Pending | Self::Running | Self::Unknown)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What a support sees of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// It was not looked for, since the journal says enough.
    Unasked,
    /// Nothing was handed to the support yet.
    NotHanded,
    /// The support refused it for good, in these words.
    Refused(String),
    /// It could not be found out; the words say why.
    Unclear(String),
    /// Its worker lives.
    WorkerLives,
    /// Neither its worker nor its task is anywhere.
    Gone,
    /// Its task on the scheduler.
    Task(Task),
}

/// A task, as the scheduler has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its state.
    pub state: TaskState,
    /// The scheduler's own words for it.
    pub words: String,
    /// The node, where it has or had one.
    pub node: Option<String>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// The state of a task, in terms that every scheduler has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// In the queue, for the first time or again.
    Pending,
    /// Executing, starting, or ending.
    Running,
    /// Ended by itself with exit code 0.
    Completed,
    /// Ended by itself otherwise, or never started for a reason of the scheduler's.
    Failed,
    /// Cancelled by a person.
    Cancelled,
    /// Ended at its time limit.
    TimedOut,
    /// Ended for its memory.
    OutOfMemory,
    /// Ended with its node.
    NodeFailed,
    /// Ended for another job.
    Preempted,
}

/// What is known of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where it is.
    pub state: RunState,
    /// The latest attempt; 0 where none has begun.
    pub attempt: u32,
    /// How the program ended.
    pub exit: Option<Exit>,
    /// Why it is in this state, in a sentence.
    pub cause: Option<String>,
    /// Where it is or was.
    pub node: Option<String>,
    /// When its program started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// Tells what is known of `run`, at the time `now`.
pub fn fold(history: &History, run: u64, sighting: &Sighting, now: Timestamp) -> Status {
    let attempt = history.latest(run);
    let env_failed =
        history.env_failed(run).filter(|failed| attempt.is_none_or(|a| a.number < failed.what.attempt));
    let mut status = match (attempt, env_failed) {
        (_, Some(failed)) => Status {
            attempt: failed.what.attempt,
            node: Some(failed.what.node.clone()),
            ended: Some(failed.time),
            ..Status::new(RunState::EnvFailed, Some(failed.what.sentence()))
        },
        (Some(attempt), None) => match &attempt.ended {
            Some(ended) => of_ended(attempt, ended, sighting, now),
            None => of_started(sighting, now),
        },
        (None, None) => of_unstarted(history, run, sighting, now),
    };
    if let (Some(attempt), None) = (attempt, env_failed) {
        describe_attempt(&mut status, attempt);
    }
    if let Sighting::Task(task) = sighting {
        status.node = status.node.or_else(|| task.node.clone());
        status.started = status.started.or(task.started.filter(|_| status.state != RunState::Pending));
        status.ended = status.ended.or(task.ended.filter(|_| status.state.is_final()));
    }
    status
}

impl Status {
    fn new(state: RunState, cause: Option<String>) -> Self {
        Self { state, attempt: 0, exit: None, cause, node: None, started: None, ended: None }
    }
}

fn describe_attempt(status: &mut Status, attempt: &Attempt) {
    status.attempt = attempt.number;
    let started = attempt.started.as_ref();
    status.node = started.map(|started| started.what.node.clone());
    if status.state != RunState::Pending {
        status.started = started.map(|started| started.time);
    }
    if let (None, RunState::Running, Some(fenced)) = (started, status.state, attempt.fenced.as_ref()) {
        status.cause = Some(fenced.what.sentence());
    }
    // A program that could not be started has an end all the same.
    if let Some(ended) = attempt.ended.as_ref().filter(|_| status.state.is_final()) {
        status.ended = Some(ended.time);
        status.exit = Some(ended.what.exit.clone());
    }
}

/// The program's own end is known; the scheduler may know worse.
fn of_ended(attempt: &Attempt, ended: &Dated<Ended>, sighting: &Sighting, now: Timestamp) -> Status {
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
        Sighting::Unclear(words) if stopped && now.duration_since(time) < REQUEUE => {
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
        TaskState::Running if own.state != RunState::Succeeded && is_going_on(task, time, now) => {
            Status::new(RunState::Running, Some(format!("Slurm says {}", task.words)))
        }
        // Slurm tells every process of a job to stop, and the program may be gone before its worker has heard.
        TaskState::Cancelled if own.state == RunState::Failed => worse(RunState::Cancelled, &own, task),
        TaskState::Preempted if own.state != RunState::Succeeded => worse(RunState::Preempted, &own, task),
        TaskState::NodeFailed if own.state != RunState::Succeeded => worse(RunState::NodeFailed, &own, task),
        // The worker was told to stop and Slurm cancelled nothing: the program ended by itself in that moment.
        TaskState::Completed if stopped && *exit == Exit::Code(0) => Status::new(RunState::Succeeded, None),
        _ => own,
    }
}

/// Tells whether a task goes on after the program of its attempt ended at `ended`: it is being ended, for a while, or
/// it was started anew.
fn is_going_on(task: &Task, ended: Timestamp, now: Timestamp) -> bool {
    now.duration_since(ended) < LAG || task.started.is_some_and(|started| started > ended)
}

/// The scheduler knows worse than the program's own end says: both are kept.
fn worse(state: RunState, own: &Status, task: &Task) -> Status {
    let cause = match own.state {
        RunState::Succeeded => format!("exit code 0, but Slurm says {}", task.words),
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

/// A program was started, and nothing says that it ended.
fn of_started(sighting: &Sighting, now: Timestamp) -> Status {
    match sighting {
        Sighting::Unasked | Sighting::WorkerLives | Sighting::NotHanded => {
            Status::new(RunState::Running, None)
        }
        Sighting::Unclear(words) => {
            Status::new(RunState::Unknown, Some(format!("it was running when last heard of; {words}")))
        }
        Sighting::Refused(words) => Status::new(RunState::Lost, Some(words.clone())),
        Sighting::Gone => Status::new(RunState::Lost, Some("its worker ended without a word".to_owned())),
        Sighting::Task(task) => match task.state {
            TaskState::Pending => Status::new(RunState::Pending, Some(task.words.clone())),
            TaskState::Running => Status::new(RunState::Running, None),
            TaskState::Completed if still_on_its_way(task, now) => Status::new(RunState::Running, None),
            TaskState::Completed | TaskState::Failed => Status::new(
                RunState::Lost,
                Some(format!("its worker ended without a word; Slurm says {}", task.words)),
            ),
            ended => of_task_end(ended, task),
        },
    }
}

/// No program was started, as far as the journal goes.
fn of_unstarted(history: &History, run: u64, sighting: &Sighting, now: Timestamp) -> Status {
    if let Some(stopped) = history.stopped(run).filter(|_| !knows_better(sighting)) {
        return Status {
            ended: Some(stopped.time),
            ..Status::new(RunState::Cancelled, Some(format!("not started: {}", stopped.what.reason)))
        };
    }
    match sighting {
        Sighting::Unasked | Sighting::NotHanded | Sighting::WorkerLives => {
            Status::new(RunState::Waiting, None)
        }
        Sighting::Refused(words) => Status::new(RunState::Failed, Some(format!("refused by Slurm: {words}"))),
        Sighting::Unclear(words) => Status::new(RunState::Unknown, Some(words.clone())),
        Sighting::Gone => Status::new(RunState::Lost, Some("nothing is left that would start it".to_owned())),
        Sighting::Task(task) => match task.state {
            TaskState::Pending => Status::new(RunState::Pending, Some(task.words.clone())),
            TaskState::Running => {
                Status::new(RunState::Running, Some("the worker prepares the env".to_owned()))
            }
            TaskState::Completed if still_on_its_way(task, now) => Status::new(RunState::Running, None),
            TaskState::Completed => {
                Status::new(RunState::Lost, Some("Slurm says COMPLETED, but no worker ever began".to_owned()))
            }
            TaskState::Failed => {
                Status::new(RunState::Failed, Some(format!("it never began; Slurm says {}", task.words)))
            }
            ended => of_task_end(ended, task),
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
        TaskState::Completed | TaskState::Failed | TaskState::Cancelled => false,
    }
}

fn of_task_end(ended: TaskState, task: &Task) -> Status {
    let state = match ended {
        TaskState::TimedOut => RunState::TimedOut,
        TaskState::OutOfMemory => RunState::OutOfMemory,
        TaskState::NodeFailed => RunState::NodeFailed,
        TaskState::Preempted => RunState::Preempted,
        TaskState::Cancelled => RunState::Cancelled,
        TaskState::Failed => RunState::Failed,
        TaskState::Pending | TaskState::Running | TaskState::Completed => RunState::Lost,
    };
    Status::new(state, Some(format!("Slurm says {}", task.words)))
}

fn still_on_its_way(task: &Task, now: Timestamp) -> bool {
    task.ended.is_none_or(|ended| now.duration_since(ended) < LAG)
}

fn signal_name(signal: i32) -> String {
    nix::sys::signal::Signal::try_from(signal)
        .map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string())
}

#[cfg(test)]
mod tests;
