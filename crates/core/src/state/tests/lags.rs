//! How long what is seen may be behind what is so.

use super::*;

/// A task that started and ended then.
fn task_between(state: TaskState, started: i64, ended: Option<i64>) -> Sighting {
    let Sighting::Task(mut task) = task_that_ended(state, ended) else { unreachable!() };
    task.started = Some(at(started));
    Sighting::Task(task)
}

#[test]
fn the_end_of_a_later_attempt_is_waited_for_where_slurm_is_faster_than_the_file_system() {
    let first = [started(1), interrupted(1), ended(1, Exit::Signal(15), true)];
    let over = |task_state, started: i64, ended: i64| {
        folded(&first, &task_between(task_state, started, Some(ended)))
    };
    for ended in [TaskState::Completed, TaskState::Failed] {
        let soon = over(ended, NOW - 20, NOW - 10);
        assert_eq!((soon.state, soon.attempt, &soon.exit), (RunState::Running, 1, &None));
        assert!(
            soon.cause
                .unwrap()
                .starts_with("it was started again, and how that ended may still be on its way")
        );
        assert_eq!(soon.started, Some(at(NOW - 20)), "of the attempt that goes on");
        let late = over(ended, NOW - 60, NOW - 40);
        assert_eq!((late.state, late.exit, late.ended), (RunState::Lost, None, Some(at(NOW - 40))));
    }
    assert_eq!(
        over(TaskState::Failed, NOW - 200, NOW - 10).state,
        RunState::Cancelled,
        "it is the same start"
    );
    let odd = over(TaskState::Completed, NOW - 200, NOW - 10);
    assert_eq!(odd.state, RunState::Running, "what was stopped is not COMPLETED, whatever the clocks say");
}

#[test]
fn a_stop_that_was_heeded_well_is_no_success_of_the_attempt_after_it() {
    let first = [started(1), interrupted(1), ended(1, Exit::Code(0), true)];
    let completed = |started, ended| state(&first, &task_between(TaskState::Completed, started, Some(ended)));
    assert_eq!(completed(NOW - 200, NOW - 98), RunState::Succeeded);
    assert_eq!(completed(NOW - 20, NOW - 10), RunState::Running);
    assert_eq!(completed(NOW - 60, NOW - 40), RunState::Lost);
}

#[test]
fn a_kill_for_memory_stands_until_slurm_starts_the_run_again() {
    let Event::Ended(killed) = ended(1, Exit::Signal(9), false) else { unreachable!() };
    let killed = [started(1), Event::Ended(Ended { out_of_memory: true, ..killed })];
    let seen = |sighting: &Sighting, now| fold(&history(&killed), 3, None, sighting, moment(now)).state;
    let unclear = Sighting::Unclear("Slurm was asked before that".to_owned());
    let completing = task_between(TaskState::Running, NOW - 101, None);
    for sighting in [Sighting::Unasked, unclear, completing, task(TaskState::Running)] {
        for now in [NOW - 99, NOW - 98, NOW] {
            assert_eq!(seen(&sighting, now), RunState::OutOfMemory, "{sighting:?}");
        }
    }
    assert_eq!(seen(&task_between(TaskState::Running, NOW - 50, None), NOW), RunState::Running);
    assert_eq!(seen(&task(TaskState::Pending), NOW), RunState::Pending);
}

#[test]
fn a_kill_that_may_be_slurm_s_is_not_yet_an_end_while_slurm_is_silent() {
    let silent = Sighting::Unclear("Slurm was asked before that".to_owned());
    for signal in [9, 15] {
        let killed = [started(1), ended(1, Exit::Signal(signal), false)];
        let seen = |now| fold(&history(&killed), 3, None, &silent, moment(now)).state;
        assert_eq!((seen(NOW - 98), seen(NOW)), (RunState::Unknown, RunState::Failed));
    }
    let failed = [started(1), ended(1, Exit::Code(3), false)];
    assert_eq!(fold(&history(&failed), 3, None, &silent, moment(NOW - 98)).state, RunState::Failed);
}

#[test]
fn a_failure_is_over_once_slurm_is_done_with_it() {
    let failed = [started(1), ended(1, Exit::Signal(15), false)];
    for (seen, expected) in [
        (TaskState::Cancelled, RunState::Cancelled),
        (TaskState::Preempted, RunState::Preempted),
        (TaskState::OutOfMemory, RunState::OutOfMemory),
        (TaskState::Failed, RunState::Failed),
    ] {
        assert_eq!(state(&failed, &task(seen)), expected);
    }
    let running = |started: Option<i64>, now: i64| {
        let Sighting::Task(mut task) = task(TaskState::Running) else { unreachable!() };
        task.started = started.map(at);
        fold(&history(&failed), 3, None, &Sighting::Task(task), moment(now)).state
    };
    assert_eq!(running(Some(NOW - 200), NOW - 98), RunState::Running, "Slurm is about to say why");
    assert_eq!(running(Some(NOW - 200), NOW), RunState::Failed, "Slurm has forgotten to");
    assert_eq!(running(Some(NOW - 50), NOW), RunState::Running, "it was requeued, and prepares its env");
    let done = [started(1), ended(1, Exit::Code(0), false)];
    assert_eq!(state(&done, &task(TaskState::Running)), RunState::Succeeded);
}

#[test]
fn completed_without_our_word_is_never_a_success() {
    let long_ago = task_that_ended(TaskState::Completed, Some(NOW - 3600));
    let just_now = task_that_ended(TaskState::Completed, Some(NOW - 1));
    assert_eq!(state(&[], &long_ago), RunState::Lost);
    assert_eq!(state(&[started(1)], &long_ago), RunState::Lost);
    assert_eq!(state(&[started(1)], &just_now), RunState::Running, "the last record may still be on its way");
}

#[test]
fn what_slurm_forgot_is_lost_only_when_its_last_word_had_time_to_come() {
    let missing = |seconds| Sighting::Missing { since: at(NOW - seconds) };
    for events in [vec![], vec![started(1)]] {
        assert_eq!(state(&events, &missing(1)), RunState::Unknown);
        assert_eq!(state(&events, &missing(60)), RunState::Lost);
        assert_eq!(state(&events, &missing(-3600)), RunState::Lost, "the clock was set back");
    }
    let done = [started(1), ended(1, Exit::Signal(15), true)];
    assert_eq!(state(&done, &missing(1)), RunState::Cancelled, "our own record is there");
}

#[test]
fn a_failure_that_only_slurm_has_told_may_have_its_record_on_the_way() {
    let just_now = task_that_ended(TaskState::Failed, Some(NOW - 1));
    let long_ago = task_that_ended(TaskState::Failed, Some(NOW - 60));
    let in_the_future = task_that_ended(TaskState::Failed, Some(NOW + 3600));
    assert_eq!(state(&[started(1)], &just_now), RunState::Running);
    assert_eq!(state(&[], &just_now), RunState::Running);
    assert_eq!(state(&[started(1)], &long_ago), RunState::Lost);
    assert_eq!(state(&[], &long_ago), RunState::Failed);
    assert_eq!(state(&[started(1)], &in_the_future), RunState::Lost, "a clock set back holds nothing up");
    let unlaunched = folded(&[], &task_that_ended(TaskState::Unlaunched, Some(NOW - 1)));
    assert_eq!(unlaunched.state, RunState::Failed);
    assert!(unlaunched.cause.unwrap().contains("a folder was not there"));
    let began = [started(1)];
    assert_eq!(state(&began, &task(TaskState::Unlaunched)), RunState::Lost, "it had begun before");
}

#[test]
fn where_no_word_can_be_on_its_way_an_end_is_an_end_at_once() {
    let told = |events: &[Event], sighting: &Sighting, lateness| {
        fold(&history(events), 3, None, sighting, Moment { now: at(NOW), lateness }).state
    };
    for lateness in [Lateness::LocalDisk, Lateness::Dead] {
        for over in [TaskState::Failed, TaskState::Completed] {
            let just_now = task_that_ended(over, Some(NOW - 1));
            assert_eq!(told(&[started(1)], &just_now, lateness), RunState::Lost);
        }
        let done = [started(1), ended(1, Exit::Code(0), false)];
        assert_eq!(
            told(&done, &task_that_ended(TaskState::Completed, Some(NOW)), lateness),
            RunState::Succeeded
        );
    }
    let missing = |seconds| Sighting::Missing { since: at(NOW - seconds) };
    let seen = |lateness| [0, 6, 60].map(|seconds| told(&[started(1)], &missing(seconds), lateness));
    assert_eq!(seen(Lateness::Network), [RunState::Unknown, RunState::Unknown, RunState::Lost]);
    assert_eq!(seen(Lateness::LocalDisk), [RunState::Unknown, RunState::Lost, RunState::Lost]);
    assert_eq!(seen(Lateness::Dead), [RunState::Lost, RunState::Lost, RunState::Lost]);
}
