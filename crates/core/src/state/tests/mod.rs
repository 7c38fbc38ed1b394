//! Words of a journal and sightings, to fold; the tests are by subject.

mod attempts;
mod lags;
mod laws;
mod limits;
mod stops;
mod stories;
mod verdicts;

use super::*;
use crate::event::{
    Concluded, Ended, EnvFailed, Event, Fenced, Interrupted, Record, Started, Stopped, Waits,
};
use crate::history::History;
use crate::process::ProcessId;
use crate::ranges::Ranges;

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
    Event::Started(Started {
        run: 3,
        attempt,
        node: "n1".to_owned(),
        process,
        job: Some("9_3".to_owned()),
        gpus: Vec::new(),
    })
}

fn ended(attempt: u32, exit: Exit, stopped: bool) -> Event {
    Event::Ended(Ended { stopped, ..Ended::of(3, attempt, exit) })
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
