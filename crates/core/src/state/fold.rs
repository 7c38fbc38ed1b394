//! The fold: journal, submissions and what a support sees, made into one status. Pure.

use jiff::Timestamp;

use super::ended::{of_ended, of_later_start};
use super::started::of_started;
use super::unstarted::{Handed, of_unstarted};
use super::{Moment, RunState, Sighting, Status, Task, TaskState};
use crate::event::EnvFailed;
use crate::history::{Attempt, Dated, History};

/// Tells what is known of `run` at a moment.
///
/// The latest attempt decides, and that is the one that was `handed` over last, also before it has begun: what an
/// earlier one came to is then history.
///
/// But an earlier one that turns out to have succeeded was the last: the worker of a later one then executes nothing.
pub fn fold(history: &History, run: u64, handed: Option<Handed>, sighting: &Sighting, at: Moment) -> Status {
    if let Some(attempt) = succeeded_before(history, run, handed) {
        return of_late_success(attempt, handed);
    }
    let status = match history.latest(run).filter(|attempt| !is_followed(attempt, handed)) {
        Some(attempt) => of_attempt(history, run, attempt, sighting, at),
        None => match (sighting, history.latest(run)) {
            (Sighting::Refused(words), Some(earlier)) => {
                refused_again(of_attempt(history, run, earlier, &Sighting::Unasked, at), words)
            }
            (_, earlier) => {
                let number = earlier.map_or(0, |attempt| attempt.number);
                let status = of_next(history, run, handed, sighting, at);
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

/// Gives the attempt that turned out to have succeeded after the run was handed over once more, unless a later program
/// was started all the same, by a version that did not look.
pub(crate) fn succeeded_before(history: &History, run: u64, handed: Option<Handed>) -> Option<&Attempt> {
    let started = history.attempts(run).find(|attempt| attempt.started.is_some())?;
    let is_followed = handed.is_some_and(|handed| started.number < handed.attempt);
    (is_followed && started.has_succeeded()).then_some(started)
}

fn of_late_success(attempt: &Attempt, handed: Option<Handed>) -> Status {
    let later = handed.map_or(0, |handed| handed.attempt);
    let cause = format!("attempt {later} was asked for before that was known, and executes nothing");
    let mut status = Status::new(RunState::Succeeded, Some(cause));
    describe_attempt(&mut status, attempt);
    status
}

/// Tells of an attempt that began, unless its successor could not even activate its env.
fn of_attempt(history: &History, run: u64, attempt: &Attempt, sighting: &Sighting, at: Moment) -> Status {
    if let Some(failed) = history.env_failed(run).filter(|failed| attempt.number < failed.what.attempt) {
        return of_env(failed);
    }
    let later = attempt.ended.as_ref().and_then(|ended| of_later_start(ended, sighting, at));
    if let Some(later) = later {
        return Status { attempt: attempt.number, ..later };
    }
    let mut status = match (&attempt.ended, &attempt.concluded) {
        (Some(ended), _) => of_ended(attempt, ended, sighting, at),
        (None, Some(concluded)) if concluded.what.state.is_final() => Status {
            ended: Some(concluded.time),
            ..Status::new(concluded.what.state, Some(concluded.what.cause.clone()))
        },
        (None, _) => of_started(sighting, at),
    };
    describe_attempt(&mut status, attempt);
    status
}

/// Tells of the attempt that was handed over last, where it has not begun.
fn of_next(history: &History, run: u64, handed: Option<Handed>, sighting: &Sighting, at: Moment) -> Status {
    let first = handed.map_or(0, |handed| handed.attempt);
    if let Some(failed) = history.env_failed(run).filter(|failed| failed.what.attempt >= first) {
        return of_env(failed);
    }
    of_unstarted(history, run, handed, sighting, at)
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
