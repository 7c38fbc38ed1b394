use super::*;
use crate::event::{Concluded, Ended, EnvFailed, Exit, Fenced, Refused, Stopped, Superseded};
use crate::id::LaunchId;
use crate::patience::Patience;
use crate::process::boot_id;
use crate::state::RunState;
use crate::worker::Node;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const RUN: RunId = RunId { launch: LaunchId(1), run: 3 };

/// A process of this boot that is long gone.
fn gone(start: u64) -> ProcessId {
    ProcessId { pid: i32::MAX, start, boot: boot_id() }
}

fn assignment(task: &str, first_attempt: u32, attempt: u32) -> Assignment {
    Assignment {
        launch: PathBuf::from("/nowhere"),
        key: "key".to_owned(),
        runs: Ranges::single(3),
        attempt,
        first_attempt,
        fence: Duration::ZERO,
        first_half: gone(1),
        node: Node { name: "n1".to_owned(), boot: boot_id() },
        setting: Setting::Job(task.to_owned()),
        jobs: NonZeroU32::MIN,
        patience: Patience::KeepGoing,
        means: crate::worker::Means::Looking,
    }
}

fn past(events: &[Event]) -> Past {
    let mut past = Past::new(JournalReader::new(PathBuf::from("/nowhere")), Ranges::single(3), None);
    for event in events {
        past.add(Record { time: Timestamp::UNIX_EPOCH, event: event.clone() });
    }
    past
}

fn before(events: &[Event], assignment: &Assignment, claimed: &[u32]) -> Vec<Earlier> {
    past(events).before(assignment, RUN, "no such launch", claimed)
}

fn started(attempt: u32, node: &str, job: &str, process: ProcessId) -> Event {
    let (node, job) = (node.to_owned(), Some(job.to_owned()));
    Event::Started(Started { run: 3, attempt, node, process, job, gpus: Vec::new() })
}

fn worker(key: &str, node: &str, job: &str, process: ProcessId) -> Event {
    let (key, node, job) = (key.to_owned(), node.to_owned(), Some(job.to_owned()));
    Event::Worker(Worker { key, node, process, job, version: String::new() })
}

#[track_caller]
fn one(earlier: &[Earlier]) -> (End, Began, Owner, Presence) {
    let [earlier] = earlier else { panic!("{earlier:?}") };
    (earlier.end, earlier.began, earlier.owner, earlier.presence)
}

#[test]
fn each_record_that_ends_an_attempt_ends_it_and_no_other_does() {
    let ours = assignment("9_3", 1, 2);
    let start = started(1, "n2", "9_3", gone(2));
    let exit = Exit::Code(1);
    let (line, outcome, output, node) = Default::default();
    let ends = [
        Event::Ended(Ended::of(3, 1, exit)),
        Event::Superseded(Superseded { run: 3, attempt: 1, by: 2 }),
        Event::EnvFailed(EnvFailed {
            runs: Ranges::span(0, 9),
            attempt: 1,
            line,
            outcome,
            output,
            node,
            job: None,
        }),
    ];
    for end in ends {
        assert_eq!(one(&before(&[start.clone(), end.clone()], &ours, &[1])).0, End::Recorded, "{end:?}");
    }
    let (place, node) = Default::default();
    let others = [
        Event::Refused(Refused { run: 3, attempt: 1, reason: String::new() }),
        Event::Fenced(Fenced { run: 3, attempt: 1, earlier: 0, place, seconds: 1, node }),
        Event::Stopped(Stopped { runs: Ranges::single(3), reason: String::new() }),
        Event::Superseded(Superseded { run: 4, attempt: 1, by: 2 }),
    ];
    for other in others {
        assert_eq!(one(&before(&[start.clone(), other.clone()], &ours, &[1])).0, End::Unknown, "{other:?}");
    }
}

#[test]
fn whoever_concluded_an_attempt_had_looked_at_those_before() {
    let cause = String::new();
    let concluded = Event::Concluded(Concluded { run: 3, attempt: 2, state: RunState::Lost, cause });
    let ends = before(&[concluded], &assignment("9_3", 4, 4), &[1, 2, 3]);
    let ends: Vec<(u32, End)> = ends.iter().map(|earlier| (earlier.number, earlier.end)).collect();
    assert_eq!(ends, [(1, End::Concluded), (2, End::Concluded), (3, End::Unknown)]);
}

#[test]
fn a_program_is_gone_here_or_before_the_boot_and_out_of_sight_elsewhere() {
    let ours = assignment("9_3", 1, 2);
    let other_boot = ProcessId { boot: "another".to_owned(), ..gone(2) };
    let unknown_boot = ProcessId { boot: String::new(), ..gone(2) };
    let sights = [
        (started(1, "n1", "9_3", gone(2)), Presence::Gone),
        (started(1, "n1", "9_3", other_boot.clone()), Presence::Gone),
        (started(1, "n1", "9_3", unknown_boot), Presence::Elsewhere),
        (started(1, "n1", "9_3", ProcessId::current()), Presence::Here),
        (started(1, "n2", "9_3", gone(2)), Presence::Elsewhere),
        (started(1, "n2", "9_3", other_boot), Presence::Elsewhere),
    ];
    for (start, presence) in sights {
        let seen = one(&before(std::slice::from_ref(&start), &ours, &[1]));
        assert_eq!(seen, (End::Unknown, Began::Program, Owner::ThisTask, presence), "{start:?}");
    }
}

#[test]
fn a_start_belongs_to_the_task_that_it_names() {
    let ours = assignment("9_3", 1, 2);
    for (job, owner) in [("9_3", Owner::ThisTask), ("9_4", Owner::Another), ("10_3", Owner::Another)] {
        assert_eq!(one(&before(&[started(1, "n2", job, gone(2))], &ours, &[1])).2, owner, "{job}");
    }
}

#[test]
fn a_claim_without_a_word_belongs_to_this_task_only_where_nobody_else_could_have_made_it() {
    let (own, earlier) = (worker("key", "n1", "9_3", gone(1)), worker("key", "n2", "9_3", gone(2)));
    let duplicate = worker("key", "n3", "10_3", gone(3));
    let (neighbour, stranger) = (worker("key", "n3", "9_4", gone(4)), worker("old", "n3", "8_3", gone(5)));
    let known = |events: &[Event], first: u32| one(&before(events, &assignment("9_3", first, 3), &[2, 3]));
    let claim = |owner, presence| (End::Unknown, Began::Claim, owner, presence);
    let unknown = claim(Owner::Another, Presence::Elsewhere);
    assert_eq!(known(std::slice::from_ref(&own), 1), unknown);
    assert_eq!(known(&[own.clone(), earlier.clone()], 1), claim(Owner::ThisTask, Presence::Elsewhere));
    assert_eq!(known(&[own.clone(), earlier.clone()], 3), unknown, "it is from before this submission");
    assert_eq!(known(&[own.clone(), earlier.clone(), duplicate], 1), unknown);
    let others = [own.clone(), earlier, neighbour, stranger];
    assert_eq!(known(&others, 1), claim(Owner::ThisTask, Presence::Elsewhere));
    let here = [own.clone(), worker("key", "n1", "9_3", gone(2))];
    assert_eq!(known(&here, 1), claim(Owner::ThisTask, Presence::Gone));
    let lives = [own, worker("key", "n1", "9_3", ProcessId::current())];
    assert_eq!(known(&lives, 1), claim(Owner::ThisTask, Presence::Here));
}

#[test]
fn a_stop_from_before_a_retry_does_not_stop_the_retry() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let stopped = |second| Record {
        time: at(second),
        event: Event::Stopped(Stopped { runs: Ranges::single(3), reason: String::new() }),
    };
    for (asked_for, stop, is_unwanted) in [(None, 5, true), (Some(at(9)), 5, false), (Some(at(9)), 9, true)] {
        let reader = JournalReader::new(PathBuf::from("/nowhere"));
        let mut past = Past::new(reader, Ranges::single(3), asked_for);
        past.add(stopped(stop));
        assert_eq!(past.is_unwanted(3), is_unwanted, "{asked_for:?} {stop}");
    }
}

#[test]
fn a_success_ends_an_attempt_for_good_unless_slurm_knew_worse() {
    let ours = assignment("12_3", 2, 2);
    let concluded = |state| Event::Concluded(Concluded { run: 3, attempt: 1, state, cause: String::new() });
    let ended = |exit| Event::Ended(Ended::of(3, 1, exit));
    let end = |events: &[Event]| {
        let all = [&[started(1, "n2", "9_3", gone(2))], events].concat();
        one(&before(&all, &ours, &[1])).0
    };
    assert_eq!(end(&[ended(Exit::Code(0))]), End::Succeeded);
    assert_eq!(end(&[concluded(RunState::Lost), ended(Exit::Code(0))]), End::Succeeded);
    assert_eq!(end(&[ended(Exit::Code(0)), concluded(RunState::TimedOut)]), End::Recorded);
    assert_eq!(end(&[ended(Exit::Code(1))]), End::Recorded);
}
