use super::*;
use crate::event::{Ended, EnvFailed, Event, Fenced, Interrupted, Record, Started, Stopped};
use crate::history::History;
use crate::process::ProcessId;
use crate::ranges::Ranges;
use proptest::prelude::*;

const NOW: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A moment at which what the workers wrote may be on its way.
fn moment(second: i64) -> Moment {
    Moment { now: at(second), lateness: Lateness::Network }
}

fn started(attempt: u32) -> Event {
    let process = ProcessId { pid: 7, start: 1, boot: "b".to_owned() };
    Event::Started(Started { run: 3, attempt, node: "n1".to_owned(), process, job: Some("9_3".to_owned()) })
}

fn ended(attempt: u32, exit: Exit, stopped: bool) -> Event {
    Event::Ended(Ended { run: 3, attempt, exit, stopped, out_of_memory: false, usage: None })
}

fn interrupted(attempt: u32) -> Event {
    Event::Interrupted(Interrupted { run: 3, attempt, signal: "SIGTERM".to_owned() })
}

fn env_failed(attempt: u32) -> Event {
    Event::EnvFailed(EnvFailed {
        runs: Ranges::span(0, 9),
        attempt,
        line: "conda activate nope".to_owned(),
        outcome: "failed with exit code 1".to_owned(),
        output: "no such env".to_owned(),
        node: "n1".to_owned(),
        job: None,
    })
}

fn told_to_stop() -> Event {
    Event::Stopped(Stopped { runs: Ranges::span(2, 5), reason: "Ctrl-C".to_owned() })
}

fn history(events: &[Event]) -> History {
    let mut history = History::default();
    let dated = events
        .iter()
        .zip(0..)
        .map(|(event, second)| Record { time: at(NOW - 100 + second), event: event.clone() });
    history.add(dated);
    history
}

fn folded(events: &[Event], sighting: &Sighting) -> Status {
    fold(&history(events), 3, None, sighting, moment(NOW))
}

fn state(events: &[Event], sighting: &Sighting) -> RunState {
    folded(events, sighting).state
}

fn task(state: TaskState) -> Sighting {
    task_that_ended(state, None)
}

fn task_that_ended(state: TaskState, ended: Option<i64>) -> Sighting {
    Sighting::Task(Task {
        state,
        words: format!("{state:?}"),
        reason: None,
        node: Some("n9".to_owned()),
        started: None,
        ended: ended.map(at),
    })
}

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
    let ended =
        Ended { run: 3, attempt: 1, exit: Exit::Code(0), stopped: false, out_of_memory: true, usage: None };
    let hidden = folded(&[started(1), Event::Ended(ended)], &Sighting::Unasked);
    assert_eq!((hidden.state, hidden.exit), (RunState::OutOfMemory, Some(Exit::Code(0))));
}

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
fn the_end_of_a_later_attempt_is_waited_for_where_slurm_is_faster_than_the_file_system() {
    let first = [started(1), interrupted(1), ended(1, Exit::Signal(15), true)];
    let over = |task_state, started: i64, ended: i64| {
        let Sighting::Task(mut task) = task_that_ended(task_state, Some(ended)) else { unreachable!() };
        task.started = Some(at(started));
        state(&first, &Sighting::Task(task))
    };
    assert_eq!(over(TaskState::Completed, NOW - 20, NOW - 10), RunState::Running);
    assert_eq!(over(TaskState::Failed, NOW - 20, NOW - 10), RunState::Running);
    assert_eq!(over(TaskState::Failed, NOW - 200, NOW - 10), RunState::Cancelled, "it is the same start");
    for ended in [TaskState::Completed, TaskState::Failed] {
        assert_eq!(over(ended, NOW - 60, NOW - 40), RunState::Cancelled, "nothing more has come");
    }
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
fn what_could_not_be_started_has_an_end() {
    let exit = Exit::Unstarted { code: 127, reason: "`x` is not on PATH".to_owned() };
    let status = folded(&[ended(1, exit.clone(), false)], &Sighting::Unasked);
    assert_eq!((status.state, status.exit, status.attempt), (RunState::Failed, Some(exit), 1));
    assert!(status.ended.is_some() && status.started.is_none());
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
fn completed_without_our_word_is_never_a_success() {
    let long_ago = task_that_ended(TaskState::Completed, Some(NOW - 3600));
    let just_now = task_that_ended(TaskState::Completed, Some(NOW - 1));
    assert_eq!(state(&[], &long_ago), RunState::Lost);
    assert_eq!(state(&[started(1)], &long_ago), RunState::Lost);
    assert_eq!(state(&[started(1)], &just_now), RunState::Running, "the last record may still be on its way");
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
fn what_was_told_not_to_start_is_cancelled_and_what_started_before_counts() {
    assert_eq!(state(&[told_to_stop()], &Sighting::Gone), RunState::Cancelled);
    let ended_before = [started(1), ended(1, Exit::Code(0), false), told_to_stop()];
    assert_eq!(state(&ended_before, &Sighting::Unasked), RunState::Succeeded);
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
            Event::Concluded(crate::event::Concluded { run: 3, attempt, state, cause })
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
    let verdict = Event::Concluded(crate::event::Concluded {
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
