//! The fold: journal, submissions and what a support sees, made into one status. Pure.

use jiff::{SignedDuration, Timestamp};

use super::ended::of_ended;
use super::{RunState, Sighting, Status, Task, TaskState};
use crate::event::{EnvFailed, Stopped};
use crate::history::{Attempt, Dated, History};

/// How long after a task's end its worker's last record may still be on its way through a network file system.
pub const LAG: SignedDuration = SignedDuration::from_secs(30);

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

/// Tells what is known of `run`, at the time `now`.
///
/// The latest attempt decides, and that is the one that was `handed` over last, also before it has begun: what an
/// earlier one came to is then history.
pub fn fold(
    history: &History,
    run: u64,
    handed: Option<Handed>,
    sighting: &Sighting,
    now: Timestamp,
) -> Status {
    let status = match history.latest(run).filter(|attempt| !is_followed(attempt, handed)) {
        Some(attempt) => of_attempt(history, run, attempt, sighting, now),
        None => match (sighting, history.latest(run)) {
            (Sighting::Refused(words), Some(earlier)) => {
                refused_again(of_attempt(history, run, earlier, &Sighting::Unasked, now), words)
            }
            (_, earlier) => {
                let number = earlier.map_or(0, |attempt| attempt.number);
                let status = of_next(history, run, handed, sighting, now);
                Status { attempt: status.attempt.max(number), ..status }
            }
        },
    };
    with_task(status, sighting)
}

/// Tells whether an attempt is no longer the one that counts: a later one was handed over, or seen by its worker.
pub(crate) fn is_followed(attempt: &Attempt, handed: Option<Handed>) -> bool {
    attempt.superseded.is_some() || handed.is_some_and(|handed| handed.attempt > attempt.number)
}

/// Gives the word that what was handed over last will not be started; one from before a retry was about another.
pub(crate) fn stopped(history: &History, run: u64, handed: Option<Handed>) -> Option<&Dated<Stopped>> {
    let is_meant = |time: Timestamp| handed.is_none_or(|h| h.attempt <= 1 || time >= h.time);
    history.stopped(run).filter(|stopped| is_meant(stopped.time))
}

/// Tells of an attempt that began, unless its successor could not even activate its env.
fn of_attempt(history: &History, run: u64, attempt: &Attempt, sighting: &Sighting, now: Timestamp) -> Status {
    if let Some(failed) = history.env_failed(run).filter(|failed| attempt.number < failed.what.attempt) {
        return of_env(failed);
    }
    let mut status = match (&attempt.ended, &attempt.concluded) {
        (Some(ended), _) => of_ended(attempt, ended, sighting, now),
        (None, Some(concluded)) if concluded.what.state.is_final() => Status {
            ended: Some(concluded.time),
            ..Status::new(concluded.what.state, Some(concluded.what.cause.clone()))
        },
        (None, _) => of_started(sighting, now),
    };
    describe_attempt(&mut status, attempt);
    status
}

/// Tells of the attempt that was handed over last, where it has not begun.
fn of_next(
    history: &History,
    run: u64,
    handed: Option<Handed>,
    sighting: &Sighting,
    now: Timestamp,
) -> Status {
    let first = handed.map_or(0, |handed| handed.attempt);
    if let Some(failed) = history.env_failed(run).filter(|failed| failed.what.attempt >= first) {
        return of_env(failed);
    }
    of_unstarted(history, run, handed, sighting, now)
}

fn of_env(failed: &Dated<EnvFailed>) -> Status {
    Status {
        attempt: failed.what.attempt,
        node: Some(failed.what.node.clone()),
        ended: Some(failed.time),
        ..Status::new(RunState::EnvFailed, Some(failed.what.sentence()))
    }
}

/// A retry that the scheduler refused leaves the run as it was.
fn refused_again(earlier: Status, words: &str) -> Status {
    let before = earlier.cause.as_ref().map_or_else(String::new, |cause| format!("; before that: {cause}"));
    Status { cause: Some(format!("its next attempt was refused by Slurm: {words}{before}")), ..earlier }
}

/// Adds what the scheduler knows of the task and nobody else does.
fn with_task(mut status: Status, sighting: &Sighting) -> Status {
    let Sighting::Task(task) = sighting else { return status };
    status.scheduler = Some(task.words.clone());
    status.reason = task.reason.clone().filter(|_| status.state == RunState::Pending);
    status.node = status.node.or_else(|| task.node.clone());
    status.started = status.started.or(began(task).filter(|_| status.state != RunState::Pending));
    status.ended = status.ended.or(task.ended.filter(|_| status.state.is_final()));
    status
}

/// Gives when a task began. Slurm gives one that was cancelled in the queue a start, that of its end, and no node.
fn began(task: &Task) -> Option<Timestamp> {
    task.started.filter(|_| task.state != TaskState::Cancelled || task.node.is_some())
}

impl Status {
    pub(super) fn new(state: RunState, cause: Option<String>) -> Self {
        Self {
            state,
            attempt: 0,
            exit: None,
            cause,
            scheduler: None,
            reason: None,
            node: None,
            started: None,
            ended: None,
            usage: None,
        }
    }
}

/// Tells whether `then` is less than `span` away. A clock that was set back makes a record of the future, which
/// must not count as recent until that future has come.
pub(super) fn is_recent(then: Timestamp, now: Timestamp, span: SignedDuration) -> bool {
    now.duration_since(then).abs() < span
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
        status.usage = ended.what.usage;
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
        Sighting::Missing { since } if is_recent(*since, now, LAG) => still_missing("it was running"),
        Sighting::Gone | Sighting::Missing { .. } | Sighting::Left { .. } => {
            Status::new(RunState::Lost, Some("its worker ended without a word".to_owned()))
        }
        Sighting::Task(task) => match task.state {
            TaskState::Pending => Status::new(RunState::Pending, Some(task.words.clone())),
            TaskState::Running => Status::new(RunState::Running, None),
            TaskState::Completed | TaskState::Failed if still_on_its_way(task, now) => {
                Status::new(RunState::Running, Some(format!("Slurm says {}", task.words)))
            }
            TaskState::Completed | TaskState::Failed | TaskState::Unlaunched => Status::new(
                RunState::Lost,
                Some(format!("its worker ended without a word; Slurm says {}", task.words)),
            ),
            TaskState::Cancelled
            | TaskState::TimedOut
            | TaskState::OutOfMemory
            | TaskState::NodeFailed
            | TaskState::Preempted => of_task_end(task),
        },
    }
}

/// No program was started, as far as the journal goes.
fn of_unstarted(
    history: &History,
    run: u64,
    handed: Option<Handed>,
    sighting: &Sighting,
    now: Timestamp,
) -> Status {
    if let Some(stopped) = stopped(history, run, handed).filter(|_| !knows_better(sighting)) {
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
        Sighting::Missing { since } if is_recent(*since, now, LAG) => still_missing("it had not begun"),
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
            TaskState::Completed | TaskState::Failed if still_on_its_way(task, now) => {
                Status::new(RunState::Running, Some(format!("Slurm says {}", task.words)))
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
            TaskState::Cancelled
            | TaskState::TimedOut
            | TaskState::OutOfMemory
            | TaskState::NodeFailed
            | TaskState::Preempted => of_task_end(task),
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

fn of_task_end(task: &Task) -> Status {
    let state = match task.state {
        TaskState::TimedOut => RunState::TimedOut,
        TaskState::OutOfMemory => RunState::OutOfMemory,
        TaskState::NodeFailed => RunState::NodeFailed,
        TaskState::Preempted => RunState::Preempted,
        TaskState::Cancelled => RunState::Cancelled,
        TaskState::Failed | TaskState::Unlaunched => RunState::Failed,
        TaskState::Pending | TaskState::Running | TaskState::Completed => RunState::Lost,
    };
    Status::new(state, Some(format!("Slurm says {}", task.words)))
}

pub(super) fn still_on_its_way(task: &Task, now: Timestamp) -> bool {
    task.ended.is_some_and(|ended| is_recent(ended, now, LAG))
}

/// `0:53` and its like: the folder of the log is nearly always what is missing (slurmd says `could not open stdout
/// file`).
fn unlaunched(task: &Task) -> String {
    let node = task.node.as_ref().map_or_else(|| "its node".to_owned(), |node| format!("node {node}"));
    format!(
        "it never began: {node} could not start its job, since a folder was not there, most likely that of the \
         launch in .neu, or the folder that it was started in; Slurm says {}",
        task.words
    )
}

fn still_missing(before: &str) -> Status {
    let cause = format!(
        "{before} when last heard of; Slurm has forgotten its job, and how it ended may still be on its way"
    );
    Status::new(RunState::Unknown, Some(cause))
}
