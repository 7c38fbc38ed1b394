//! What comes of a word to stop.

use super::*;

#[test]
fn a_stop_is_never_a_success_unless_slurm_says_that_it_completed() {
    let stopped = [started(1), interrupted(1), ended(1, Exit::Code(0), true)];
    assert_eq!(state(&stopped, &Sighting::Unasked), RunState::Cancelled);
    assert_eq!(state(&stopped, &task(TaskState::TimedOut)), RunState::TimedOut);
    assert_eq!(state(&stopped, &task(TaskState::Preempted)), RunState::Preempted);
    assert_eq!(state(&stopped, &task(TaskState::Cancelled)), RunState::Cancelled);
    assert_eq!(state(&stopped, &task(TaskState::Completed)), RunState::Succeeded);
    let told = folded(&stopped, &Sighting::Unasked);
    assert_eq!(told.cause.as_deref(), Some("stopped by SIGTERM"));
}

#[test]
fn a_stop_is_not_yet_an_end_while_slurm_is_silent() {
    let stopped = [started(1), interrupted(1), ended(1, Exit::Signal(15), true)];
    let silent = Sighting::Unclear("squeue timed out".to_owned());
    assert_eq!(state(&stopped, &silent), RunState::Unknown);
    let next_day = fold(&history(&stopped), 3, None, &silent, moment(NOW + 86_400));
    assert_eq!(next_day.state, RunState::Cancelled);
}

#[test]
fn what_was_told_not_to_start_is_cancelled_and_what_started_before_counts() {
    assert_eq!(state(&[told_to_stop()], &Sighting::Gone), RunState::Cancelled);
    let ended_before = [started(1), ended(1, Exit::Code(0), false), told_to_stop()];
    assert_eq!(state(&ended_before, &Sighting::Unasked), RunState::Succeeded);
}

#[test]
fn a_stop_before_the_start_is_explained_or_taken_back_by_slurm() {
    let stopped = [told_to_stop()];
    for sighting in [Sighting::Unasked, Sighting::Gone, task(TaskState::Cancelled), task(TaskState::Failed)] {
        assert_eq!(state(&stopped, &sighting), RunState::Cancelled);
    }
    assert_eq!(state(&stopped, &task(TaskState::Pending)), RunState::Pending);
    assert_eq!(state(&stopped, &task(TaskState::TimedOut)), RunState::TimedOut);
    assert_eq!(state(&stopped, &task(TaskState::Preempted)), RunState::Preempted);
}

#[test]
fn what_was_cancelled_in_the_queue_has_never_begun() {
    let cancelled = |node: Option<&str>| {
        Sighting::Task(Task {
            state: TaskState::Cancelled,
            words: "CANCELLED".to_owned(),
            reason: None,
            node: node.map(str::to_owned),
            started: Some(at(NOW - 5)),
            ended: Some(at(NOW - 5)),
        })
    };
    let never = folded(&[], &cancelled(None));
    assert_eq!((never.state, never.started, never.ended), (RunState::Cancelled, None, Some(at(NOW - 5))));
    assert_eq!(folded(&[told_to_stop()], &cancelled(None)).started, None);
    assert_eq!(folded(&[], &cancelled(Some("n1"))).started, Some(at(NOW - 5)));
}
