//! What the words of the program, of its worker and of the scheduler come to.

use super::*;

#[test]
fn the_program_s_own_end_decides() {
    let done = [started(1), ended(1, Exit::Code(0), false)];
    assert_eq!(state(&done, &Sighting::Unasked), RunState::Succeeded);
    assert_eq!(state(&done, &Sighting::Gone), RunState::Succeeded);
    assert_eq!(state(&done, &task(TaskState::Cancelled)), RunState::Succeeded);
    let failed = folded(&[started(1), ended(1, Exit::Code(3), false)], &Sighting::Unasked);
    assert_eq!((failed.state, failed.cause.as_deref()), (RunState::Failed, Some("exit code 3")));
    let killed = folded(&[started(1), ended(1, Exit::Signal(9), false)], &Sighting::Unasked);
    assert_eq!(killed.cause.as_deref(), Some("ended by SIGKILL"));
    assert_eq!(killed.node.as_deref(), Some("n1"), "the worker's node, not the scheduler's");
}

#[test]
fn the_scheduler_may_know_worse() {
    let done = [started(1), ended(1, Exit::Code(0), false)];
    let oom = folded(&done, &task(TaskState::OutOfMemory));
    assert_eq!((oom.state, oom.exit), (RunState::OutOfMemory, Some(Exit::Code(0))));
    assert_eq!(oom.cause.as_deref(), Some("succeeded, but Slurm says OutOfMemory"));
    assert_eq!(state(&done, &task(TaskState::TimedOut)), RunState::TimedOut);
    assert_eq!(
        state(&done, &task(TaskState::NodeFailed)),
        RunState::Succeeded,
        "it ended before its node did"
    );
}

#[test]
fn a_kill_for_memory_is_no_success_whatever_the_exit_code() {
    let ended = Ended { out_of_memory: true, ..Ended::of(3, 1, Exit::Code(0)) };
    let hidden = folded(&[started(1), Event::Ended(ended)], &Sighting::Unasked);
    assert_eq!((hidden.state, hidden.exit), (RunState::OutOfMemory, Some(Exit::Code(0))));
}

#[test]
fn a_start_without_an_end_is_what_the_support_sees() {
    let begun = [started(1)];
    assert_eq!(state(&begun, &Sighting::WorkerLives), RunState::Running);
    assert_eq!(state(&begun, &task(TaskState::Running)), RunState::Running);
    assert_eq!(state(&begun, &Sighting::Gone), RunState::Lost);
    assert_eq!(state(&begun, &task(TaskState::TimedOut)), RunState::TimedOut);
    assert_eq!(state(&begun, &task(TaskState::NodeFailed)), RunState::NodeFailed);
    assert_eq!(state(&begun, &task(TaskState::Failed)), RunState::Lost);
    let unclear = folded(&begun, &Sighting::Unclear("squeue timed out".to_owned()));
    assert_eq!(unclear.state, RunState::Unknown);
    assert!(unclear.cause.unwrap().contains("running when last heard of"));
}

#[test]
fn before_any_start_the_support_decides() {
    assert_eq!(state(&[], &Sighting::NotHanded), RunState::Waiting);
    assert_eq!(state(&[], &Sighting::WorkerLives), RunState::Waiting);
    assert_eq!(state(&[], &task(TaskState::Pending)), RunState::Pending);
    assert_eq!(state(&[], &task(TaskState::Running)), RunState::Running);
    assert_eq!(state(&[], &task(TaskState::Cancelled)), RunState::Cancelled);
    assert_eq!(state(&[], &task(TaskState::Failed)), RunState::Failed);
    assert_eq!(state(&[], &Sighting::Gone), RunState::Lost);
    assert_eq!(state(&[], &Sighting::Left { since: at(NOW) }), RunState::Cancelled);
    let refused = folded(&[], &Sighting::Refused("invalid account".to_owned()));
    assert_eq!(
        (refused.state, refused.cause.as_deref()),
        (RunState::Failed, Some("refused by Slurm: invalid account"))
    );
}

#[test]
fn slurm_s_words_are_kept_beside_our_own() {
    let done = [started(1), ended(1, Exit::Code(0), false)];
    let node = folded(&done, &task(TaskState::NodeFailed));
    assert_eq!((node.state, node.scheduler.as_deref()), (RunState::Succeeded, Some("NodeFailed")));
    assert_eq!(node.cause.as_deref(), Some("its program succeeded, though Slurm says NodeFailed"));
    let full = folded(&done, &task(TaskState::OutOfMemory));
    assert_eq!(full.cause.as_deref(), Some("succeeded, but Slurm says OutOfMemory"));
    let failed = [started(1), ended(1, Exit::Code(3), false)];
    let full = folded(&failed, &task(TaskState::OutOfMemory));
    assert_eq!(full.cause.as_deref(), Some("exit code 3, and Slurm says OutOfMemory"));
}
