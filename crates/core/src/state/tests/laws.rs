//! What holds of every story, however unlikely.

use proptest::prelude::*;

use super::*;

fn any_event() -> impl Strategy<Value = Event> {
    let exit = prop_oneof![
        (0..4i32).prop_map(Exit::Code),
        Just(Exit::Signal(9)),
        Just(Exit::Unstarted { code: 127, reason: "not there".to_owned() }),
    ];
    prop_oneof![
        (1..4u32).prop_map(started),
        (1..4u32).prop_map(interrupted),
        (1..4u32, exit, any::<bool>()).prop_map(|(attempt, exit, stopped)| ended(attempt, exit, stopped)),
        (1..4u32).prop_map(env_failed),
        Just(told_to_stop()),
        (1..3u32).prop_map(|attempt| {
            Event::Superseded(crate::event::Superseded { run: 3, attempt, by: attempt + 1 })
        }),
        (1..4u32, prop::sample::select(ENDS.to_vec())).prop_map(|(attempt, state)| {
            let cause = "it was found so".to_owned();
            Event::Concluded(Concluded { run: 3, attempt, state, cause })
        }),
    ]
}

/// What somebody who starts the next attempt may find that one came to.
const ENDS: [RunState; 3] = [RunState::Lost, RunState::TimedOut, RunState::NodeFailed];

fn any_handed() -> impl Strategy<Value = Option<Handed>> {
    prop::option::of((1..4u32, NOW - 200..NOW).prop_map(|(attempt, time)| Handed { attempt, time: at(time) }))
}

fn any_sighting() -> impl Strategy<Value = Sighting> {
    let states = [
        TaskState::Pending,
        TaskState::Running,
        TaskState::Completed,
        TaskState::Failed,
        TaskState::Unlaunched,
        TaskState::Cancelled,
        TaskState::TimedOut,
        TaskState::OutOfMemory,
        TaskState::NodeFailed,
        TaskState::Preempted,
    ];
    prop_oneof![
        Just(Sighting::Unasked),
        Just(Sighting::NotHanded),
        Just(Sighting::WorkerLives),
        Just(Sighting::Gone),
        (NOW - 100..NOW + 100).prop_map(|since| Sighting::Left { since: at(since) }),
        (NOW - 100..NOW + 100).prop_map(|since| Sighting::Missing { since: at(since) }),
        Just(Sighting::Refused("words".to_owned())),
        Just(Sighting::Unclear("words".to_owned())),
        (prop::sample::select(states.to_vec()), prop::option::of(NOW - 5000..NOW))
            .prop_map(|(state, ended)| task_that_ended(state, ended)),
    ]
}

proptest! {
    /// Success needs the program's own word: an end with exit code 0 of the latest attempt.
    #[test]
    fn success_needs_our_own_record(
        events in prop::collection::vec(any_event(), 0..8),
        handed in any_handed(),
        sighting in any_sighting(),
    ) {
        let history = history(&events);
        let status = fold(&history, 3, handed, &sighting, moment(NOW));
        if status.state == RunState::Succeeded {
            let attempt = history.latest(3).expect("an attempt");
            let ended = attempt.ended.as_ref().expect("its end");
            prop_assert_eq!(&ended.what.exit, &Exit::Code(0));
            let is_refused = matches!(sighting, Sighting::Refused(_));
            prop_assert!(is_refused || handed.is_none_or(|handed| handed.attempt <= attempt.number));
        }
    }

    /// A question that failed never makes a run failed, lost or cancelled.
    #[test]
    fn silence_decides_nothing(
        events in prop::collection::vec(any_event(), 0..8),
        handed in any_handed(),
    ) {
        let history = history(&events);
        let state = |sighting: &Sighting| fold(&history, 3, handed, sighting, moment(NOW)).state;
        let known = state(&Sighting::Unasked);
        let unclear = state(&Sighting::Unclear("no answer".to_owned()));
        prop_assert!(unclear == known || unclear == RunState::Unknown);
    }

    /// Only a worse word of the scheduler's takes a success back, or the queue that has it again.
    #[test]
    fn a_success_stays_one(sighting in any_sighting()) {
        let done = [started(1), ended(1, Exit::Code(0), false)];
        let shown = state(&done, &sighting);
        let worse = [TaskState::TimedOut, TaskState::OutOfMemory, TaskState::Pending];
        match &sighting {
            Sighting::Task(task) if worse.contains(&task.state) => prop_assert_ne!(shown, RunState::Succeeded),
            _ => prop_assert_eq!(shown, RunState::Succeeded),
        }
    }

    /// What waits, runs, or cannot be told has no end, and what has one is over for good.
    #[test]
    fn only_what_is_over_has_an_end(
        events in prop::collection::vec(any_event(), 0..8),
        handed in any_handed(),
        sighting in any_sighting(),
    ) {
        let status = fold(&history(&events), 3, handed, &sighting, moment(NOW));
        prop_assert!(status.state.is_final() || (status.ended.is_none() && status.exit.is_none()));
        prop_assert!(status.state != RunState::Unknown || status.cause.is_some());
    }

    /// Nothing holds a run in the air for ever: some time after the last word the silence of a scheduler that
    /// answers is an answer.
    #[test]
    fn what_nobody_knows_is_over_in_the_end(
        events in prop::collection::vec(any_event(), 0..8),
        handed in any_handed(),
        since in NOW - 100..NOW + 100,
    ) {
        let sighting = Sighting::Missing { since: at(since) };
        let much_later = fold(&history(&events), 3, handed, &sighting, moment(NOW + 86_400));
        prop_assert!(much_later.state.is_final(), "{:?}", much_later);
    }

    /// A run of which every program ended is never shown as executing.
    #[test]
    fn an_end_is_an_end(code in 0..3i32, sighting in any_sighting()) {
        let shown = state(&[started(1), ended(1, Exit::Code(code), false)], &sighting);
        prop_assert!(shown != RunState::Running && shown != RunState::Waiting && shown != RunState::Lost);
    }

    /// What is over without a word of Slurm's is not alive for one that only has not ended its task yet.
    #[test]
    fn what_was_over_does_not_come_back_to_life(
        exit in prop_oneof![(0..4i32).prop_map(Exit::Code), Just(Exit::Signal(9)), Just(Exit::Signal(15))],
        stopped in any::<bool>(),
        out_of_memory in any::<bool>(),
        now in prop_oneof![NOW - 99..NOW - 60, NOW..NOW + 7200],
    ) {
        let Event::Ended(own) = ended(1, exit, stopped) else { unreachable!() };
        let history = history(&[started(1), Event::Ended(Ended { out_of_memory, ..own })]);
        let state = |sighting: &Sighting| fold(&history, 3, None, sighting, moment(now)).state;
        let Sighting::Task(task) = task(TaskState::Running) else { unreachable!() };
        let same_start = Sighting::Task(Task { started: Some(at(NOW - 100)), ..task });
        if state(&Sighting::Unclear("no answer".to_owned())).is_final() {
            prop_assert!(state(&same_start).is_final());
        }
    }
}
