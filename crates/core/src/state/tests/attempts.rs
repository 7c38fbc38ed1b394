//! Which of several attempts counts.

use super::*;

#[test]
fn a_run_that_waits_out_a_fence_says_so_until_it_starts() {
    let (place, node) = ("on n1, job 9_3".to_owned(), "n2".to_owned());
    let fenced = Event::Fenced(Fenced { run: 3, attempt: 2, earlier: 1, place, seconds: 30, node });
    let waits = folded(&[started(1), fenced.clone()], &task(TaskState::Running));
    assert_eq!((waits.state, waits.attempt), (RunState::Running, 2));
    assert_eq!(waits.cause.unwrap(), "waits 30 s: attempt 1 may still run on n1, job 9_3");
    let begun = folded(&[started(1), fenced, started(2)], &task(TaskState::Running));
    assert_eq!((begun.state, begun.cause), (RunState::Running, None));
}

#[test]
fn a_requeue_makes_it_pending_again_and_the_next_attempt_counts() {
    let first = [started(1), interrupted(1), ended(1, Exit::Signal(15), true)];
    let pending = folded(&first, &task(TaskState::Pending));
    assert_eq!((pending.state, pending.exit, pending.started), (RunState::Pending, None, None));
    let second = [first.to_vec(), vec![started(2), ended(2, Exit::Code(0), false)]].concat();
    let done = folded(&second, &Sighting::Unasked);
    assert_eq!((done.state, done.attempt), (RunState::Succeeded, 2));
    let late = [second, vec![ended(1, Exit::Code(1), false)]].concat();
    assert_eq!(state(&late, &Sighting::Unasked), RunState::Succeeded, "a late word of an earlier attempt");
}

#[test]
fn what_could_not_be_started_has_an_end() {
    let exit = Exit::Unstarted { code: 127, reason: "`x` is not on PATH".to_owned() };
    let status = folded(&[ended(1, exit.clone(), false)], &Sighting::Unasked);
    assert_eq!((status.state, status.exit, status.attempt), (RunState::Failed, Some(exit), 1));
    assert!(status.ended.is_some() && status.started.is_none());
}

#[test]
fn a_broken_env_is_told_with_its_line_until_a_later_attempt_begins() {
    let broken = folded(&[env_failed(1)], &Sighting::Gone);
    assert_eq!((broken.state, broken.attempt), (RunState::EnvFailed, 1));
    assert_eq!(
        broken.cause.as_deref(),
        Some("the env line `conda activate nope` failed with exit code 1; it printed:\nno such env")
    );
    let mended = [env_failed(1), started(2), ended(2, Exit::Code(0), false)];
    assert_eq!(state(&mended, &Sighting::Unasked), RunState::Succeeded);
}

#[test]
fn the_attempt_that_was_handed_over_last_is_the_one_that_counts() {
    let again = |attempt| Some(Handed { attempt, time: at(NOW - 50) });
    let failed = [started(1), ended(1, Exit::Code(3), false)];
    let told = |events: &[Event], handed, sighting: &Sighting| {
        fold(&history(events), 3, handed, sighting, moment(NOW))
    };
    let pending = told(&failed, again(2), &task(TaskState::Pending));
    assert_eq!((pending.state, pending.attempt, pending.exit), (RunState::Pending, 1, None));
    assert_eq!(told(&failed, again(2), &Sighting::NotHanded).state, RunState::Waiting);
    assert_eq!(told(&failed, again(2), &Sighting::Unasked).state, RunState::Waiting);
    assert_eq!(told(&failed, again(2), &Sighting::Unclear("no".to_owned())).state, RunState::Unknown);
    assert_eq!(told(&failed, again(2), &Sighting::Gone).state, RunState::Lost);
    let refused = told(&failed, again(2), &Sighting::Refused("no such QOS".to_owned()));
    assert_eq!((refused.state, refused.exit), (RunState::Failed, Some(Exit::Code(3))));
    assert_eq!(
        refused.cause.as_deref(),
        Some("its next attempt was refused by Slurm: no such QOS; before that: exit code 3")
    );
    let both = [failed.to_vec(), vec![started(2), ended(2, Exit::Code(0), false)]].concat();
    assert_eq!(told(&both, again(2), &Sighting::Unasked).state, RunState::Succeeded);
    assert_eq!(told(&[env_failed(1)], again(2), &task(TaskState::Pending)).state, RunState::Pending);
    assert_eq!(told(&[env_failed(2)], again(2), &task(TaskState::Pending)).state, RunState::EnvFailed);
    // A stop from before the retry was about the attempt before.
    assert_eq!(told(&[told_to_stop()], again(2), &Sighting::Unasked).state, RunState::Waiting);
    assert_eq!(told(&[told_to_stop()], again(1), &Sighting::Unasked).state, RunState::Cancelled);
}

#[test]
fn a_verdict_on_an_attempt_stands_where_its_worker_said_nothing() {
    let verdict = Event::Concluded(Concluded {
        run: 3,
        attempt: 1,
        state: RunState::TimedOut,
        cause: "Slurm says TIMEOUT".to_owned(),
    });
    let concluded = [started(1), verdict];
    assert_eq!(state(&concluded, &Sighting::Unasked), RunState::TimedOut);
    assert_eq!(state(&concluded, &Sighting::Gone), RunState::TimedOut);
    let own = [concluded.to_vec(), vec![ended(1, Exit::Code(0), false)]].concat();
    assert_eq!(state(&own, &Sighting::Unasked), RunState::Succeeded, "its own word came late");
    let next = Some(Handed { attempt: 2, time: at(NOW) });
    let status = fold(&history(&concluded), 3, next, &task(TaskState::Pending), moment(NOW));
    assert_eq!(status.state, RunState::Pending);
}

#[test]
fn a_superseded_attempt_counts_no_more() {
    let superseded = Event::Superseded(crate::event::Superseded { run: 3, attempt: 1, by: 2 });
    let events = [started(1), superseded, ended(1, Exit::Signal(15), true)];
    assert_eq!(state(&events, &task(TaskState::Running)), RunState::Running);
    let later = [events.to_vec(), vec![started(2), ended(2, Exit::Code(0), false)]].concat();
    assert_eq!(state(&later, &Sighting::Unasked), RunState::Succeeded);
}

#[test]
fn an_attempt_that_succeeded_after_the_next_was_asked_for_was_the_last() {
    let again = |attempt| Some(Handed { attempt, time: at(NOW - 50) });
    let concluded = |state| {
        Event::Concluded(Concluded { run: 3, attempt: 1, state, cause: "nothing is left".to_owned() })
    };
    let refused =
        ended(2, Exit::Unstarted { code: 126, reason: "attempt 1 has succeeded".to_owned() }, false);
    let succeeded = [started(1), concluded(RunState::Lost), ended(1, Exit::Code(0), false)];
    let told = |events: &[Event], sighting: &Sighting| {
        let status = fold(&history(events), 3, again(2), sighting, moment(NOW));
        (status.state, status.attempt)
    };
    for later in [vec![], vec![refused], vec![env_failed(2)]] {
        for seen in [task(TaskState::Pending), task(TaskState::Failed), Sighting::Refused("no".to_owned())] {
            // Records of several nodes come in any order.
            let (one, other) = ([&succeeded[..], &later].concat(), [&later[..], &succeeded].concat());
            assert_eq!(told(&one, &seen), (RunState::Succeeded, 1), "{later:?} {seen:?}");
            assert_eq!(told(&other, &seen), (RunState::Succeeded, 1), "{later:?} {seen:?}");
        }
    }
    let known = [started(1), ended(1, Exit::Code(0), false), concluded(RunState::OutOfMemory)];
    assert_eq!(told(&known, &task(TaskState::Pending)).0, RunState::Pending, "Slurm knew worse");
    let again = [&succeeded[..], &[started(2)]].concat();
    assert_eq!(
        told(&again, &task(TaskState::Running)),
        (RunState::Running, 2),
        "by a version that did not look"
    );
}
