//! What the journal says of each run, put together from its records. Pure.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::event::{
    Concluded, Ended, EnvFailed, Event, Fenced, Interrupted, Record, Started, Stopped, Superseded, Waits,
    Worker,
};
use crate::ranges::Ranges;
use crate::slurm::id::{JobId, TaskId};

/// Something, and when it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    /// When, by the clock of the node that wrote it.
    pub time: Timestamp,
    /// What.
    pub what: T,
}

/// What the journal of a launch says.
#[derive(Debug, Clone, Default)]
pub struct History {
    attempts: HashMap<u64, Attempt>,
    /// The attempts before those: nearly no run has any.
    earlier: HashMap<u64, BTreeMap<u32, Attempt>>,
    env_failed: LastWord<EnvFailed>,
    /// The last word of a worker that executed nothing.
    waits: Option<Waits>,
    stopped: LastWord<Stopped>,
    unwanted: LastWord<Stopped>,
    workers: Vec<Dated<Worker>>,
    /// Where among them the last worker of each task is.
    of_task: HashMap<String, usize>,
}

/// Records about many runs each, and the last one about each run: a launch may have as many records as runs.
#[derive(Debug, Clone)]
struct LastWord<T> {
    records: Vec<Dated<T>>,
    of_run: HashMap<u64, usize>,
}

impl<T> Default for LastWord<T> {
    fn default() -> Self {
        Self { records: Vec::new(), of_run: HashMap::new() }
    }
}

impl<T> LastWord<T> {
    fn add(&mut self, runs: &Ranges, record: Dated<T>) {
        let place = self.records.len();
        self.of_run.extend(runs.iter().map(|run| (run, place)));
        self.records.push(record);
    }

    fn on(&self, run: u64) -> Option<&Dated<T>> {
        self.of_run.get(&run).and_then(|place| self.records.get(*place))
    }
}

/// An attempt at a run, as the journal knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// That it waits, or waited, before its start.
    pub fenced: Option<Dated<Fenced>>,
    /// Its start.
    pub started: Option<Dated<Started>>,
    /// The word that it should stop.
    pub interrupted: Option<Dated<Interrupted>>,
    /// Its end.
    pub ended: Option<Dated<Ended>>,
    /// That its worker ended it for a later attempt.
    pub superseded: Option<Dated<Superseded>>,
    /// That somebody found it over, where its worker never said so.
    pub concluded: Option<Dated<Concluded>>,
}

impl Attempt {
    /// Tells whether its program succeeded, and nobody knew worse who tried the run again.
    pub fn has_succeeded(&self) -> bool {
        let is_outweighed =
            self.concluded.as_ref().is_some_and(|concluded| concluded.what.state.outweighs_success());
        let is_last = !is_outweighed && self.superseded.is_none();
        is_last && self.ended.as_ref().is_some_and(|ended| ended.what.has_succeeded())
    }
}

impl History {
    /// Adds records, in any order between nodes and in the order of writing within one.
    pub fn add(&mut self, records: impl IntoIterator<Item = Record>) {
        for Record { time, event } in records {
            match event {
                Event::Worker(what) => {
                    self.of_task.extend(what.job.clone().map(|task| (task, self.workers.len())));
                    self.workers.push(Dated { time, what });
                }
                Event::EnvFailed(what) => self.env_failed.add(&what.runs.clone(), Dated { time, what }),
                Event::Stopped(what) => {
                    if what.is_asked() {
                        self.unwanted.add(&what.runs.clone(), Dated { time, what: what.clone() });
                    }
                    self.stopped.add(&what.runs.clone(), Dated { time, what });
                }
                Event::Fenced(what) => {
                    let attempt = self.attempt(what.run, what.attempt);
                    attempt.fenced = Some(Dated { time, what });
                }
                Event::Started(what) => {
                    let attempt = self.attempt(what.run, what.attempt);
                    attempt.started = Some(Dated { time, what });
                }
                Event::Interrupted(what) => {
                    let attempt = self.attempt(what.run, what.attempt);
                    attempt.interrupted = Some(Dated { time, what });
                }
                Event::Ended(what) => {
                    let attempt = self.attempt(what.run, what.attempt);
                    attempt.ended = Some(Dated { time, what });
                }
                Event::Superseded(what) => {
                    let attempt = self.attempt(what.run, what.attempt);
                    attempt.superseded = Some(Dated { time, what });
                }
                Event::Concluded(what) => {
                    let attempt = self.attempt(what.run, what.attempt);
                    attempt.concluded = Some(Dated { time, what });
                }
                Event::Waits(what) => self.waits = Some(what),
                // It says who did not execute a run; whoever did writes the run's own records.
                Event::Refused(_) => {}
            }
        }
    }

    /// Gives the attempt to write to.
    fn attempt(&mut self, run: u64, number: u32) -> &mut Attempt {
        let begun = || Attempt { number, ..Attempt::default() };
        let latest = self.attempts.entry(run).or_insert_with(begun);
        if number < latest.number {
            return self.earlier.entry(run).or_default().entry(number).or_insert_with(begun);
        }
        if number > latest.number {
            let before = std::mem::replace(latest, begun());
            self.earlier.entry(run).or_default().insert(before.number, before);
        }
        latest
    }

    /// Gives the latest attempt at a run.
    pub fn latest(&self, run: u64) -> Option<&Attempt> {
        self.attempts.get(&run)
    }

    /// Gives all attempts at a run, from the latest to the first.
    pub fn attempts(&self, run: u64) -> impl Iterator<Item = &Attempt> {
        let earlier = self.earlier.get(&run).into_iter().flat_map(|attempts| attempts.values().rev());
        self.latest(run).into_iter().chain(earlier)
    }

    /// Gives the last word that the env of a run's worker failed.
    pub fn env_failed(&self, run: u64) -> Option<&Dated<EnvFailed>> {
        self.env_failed.on(run)
    }

    /// Gives what an attempt at a run was last said to wait for, where it is the next to be started on this machine.
    pub fn waits(&self, run: u64, attempt: u32) -> Option<&str> {
        let waits = self.waits.as_ref().filter(|waits| (waits.run, waits.attempt) == (run, attempt))?;
        Some(&waits.reason)
    }

    /// Gives the last word that a run will not be started.
    pub fn stopped(&self, run: u64) -> Option<&Dated<Stopped>> {
        self.stopped.on(run)
    }

    /// Gives the last word that somebody does not want a run any more, whatever its worker said later.
    pub fn unwanted(&self, run: u64) -> Option<&Dated<Stopped>> {
        self.unwanted.on(run)
    }

    /// Gives the jobs of a submission of which a worker wrote that it began, one for each worker, in the order of their
    /// records.
    pub fn jobs<'a>(&'a self, key: &'a str) -> impl Iterator<Item = JobId> {
        let tasks = self.workers(key).filter_map(|worker| worker.what.job.as_deref()?.parse().ok());
        tasks.map(|task: TaskId| task.job)
    }

    /// Gives all workers of the launch, also of submissions that no record tells of any more.
    pub fn all_workers(&self) -> impl Iterator<Item = &Dated<Worker>> {
        self.workers.iter()
    }

    /// Gives the workers of a submission, in the order of their records.
    pub fn workers<'a>(&'a self, key: &'a str) -> impl DoubleEndedIterator<Item = &'a Dated<Worker>> {
        self.workers.iter().filter(move |worker| worker.what.key == key)
    }

    /// Gives the last worker of a submission's task.
    pub fn worker_of(&self, key: &str, task: &str) -> Option<&Dated<Worker>> {
        let worker = self.workers.get(*self.of_task.get(task)?)?;
        (worker.what.key == key).then_some(worker)
    }
}
