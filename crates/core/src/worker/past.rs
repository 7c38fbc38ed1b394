//! What is known of earlier attempts at this worker's runs: from the journals of all nodes, their logs, and this host.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::attempts::{Began, Earlier, End, Owner, Presence};
use super::orphans::Orphans;
use super::{Assignment, Setting};
use crate::event::{Event, Record, Started, Worker};
use crate::id::RunId;
use crate::process::{Liveness, ProcessId};
use crate::ranges::Ranges;
use crate::run_state::RunState;
use crate::store::{JournalReader, JournalWriter, StoreError};

/// What the journals say of the runs of an assignment, read on from time to time.
#[derive(Debug)]
pub(super) struct Past {
    reader: JournalReader,
    runs: Ranges,
    /// When this attempt was asked for; what was stopped before is asked for again. `None` for a first attempt.
    asked_for: Option<Timestamp>,
    of_runs: HashMap<u64, BTreeMap<u32, Facts>>,
    workers: Vec<Worker>,
    unwanted: Vec<Ranges>,
}

/// What the journals say of one attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Facts {
    started: Option<Started>,
    is_over: bool,
    has_succeeded: bool,
    concluded: Option<RunState>,
}

impl Past {
    /// Knows nothing yet of `runs`, which are attempted again since `asked_for`.
    pub(super) fn new(reader: JournalReader, runs: Ranges, asked_for: Option<Timestamp>) -> Self {
        Self { reader, runs, asked_for, of_runs: HashMap::new(), workers: Vec::new(), unwanted: Vec::new() }
    }

    /// Reads what is new in the journals of all nodes, whose folder is listed again.
    pub(super) fn refresh(&mut self) -> Result<(), StoreError> {
        for record in self.reader.read_new()? {
            self.add(record);
        }
        Ok(())
    }

    /// Reads what others have added to the journal that this worker writes to: on this machine, they use no other.
    pub(super) fn refresh_beside(&mut self, journal: &mut JournalWriter) -> Result<(), StoreError> {
        for record in self.reader.read_beside(journal)? {
            self.add(record);
        }
        Ok(())
    }

    /// Forgets what is known of a run that is over.
    pub(super) fn forget(&mut self, run: u64) {
        self.of_runs.remove(&run);
    }

    fn add(&mut self, Record { time, event }: Record) {
        match event {
            Event::Worker(worker) => self.workers.push(worker),
            Event::Stopped(stopped) => {
                if self.asked_for.is_none_or(|asked| asked <= time) {
                    self.unwanted.push(stopped.runs);
                }
            }
            Event::EnvFailed(failed) => {
                let ours: Vec<u64> = failed.runs.iter().filter(|run| self.runs.contains(*run)).collect();
                for run in ours {
                    self.facts(run, failed.attempt, |facts| facts.is_over = true);
                }
            }
            Event::Started(started) => {
                self.facts(started.run, started.attempt, |facts| facts.started = Some(started.clone()));
            }
            Event::Ended(ended) => self.facts(ended.run, ended.attempt, |facts| {
                facts.is_over = true;
                facts.has_succeeded = ended.has_succeeded();
            }),
            Event::Superseded(by) => self.facts(by.run, by.attempt, |facts| facts.is_over = true),
            Event::Concluded(found) => {
                self.facts(found.run, found.attempt, |facts| facts.concluded = Some(found.state));
            }
            // They say nothing about the end: a program may go on after TERM, another worker has a refused
            // attempt, and one that waits has executed nothing yet.
            Event::Interrupted(_) | Event::Refused(_) | Event::Fenced(_) | Event::Waits(_) => {}
        }
    }

    fn facts(&mut self, run: u64, attempt: u32, change: impl FnOnce(&mut Facts)) {
        if self.runs.contains(run) {
            change(self.of_runs.entry(run).or_default().entry(attempt).or_default());
        }
    }

    /// Tells whether somebody has asked for a run not to be started.
    pub(super) fn is_unwanted(&self, run: u64) -> bool {
        self.unwanted.iter().any(|runs| runs.contains(run))
    }

    /// Describes the attempts at a run before the assignment's own: those that a record tells of, and those that have
    /// `claimed` their logs.
    pub(super) fn before(
        &self,
        assignment: &Assignment,
        run: RunId,
        key: &str,
        claimed: &[u32],
    ) -> Vec<Earlier> {
        let none = BTreeMap::new();
        let known = self.of_runs.get(&run.run).unwrap_or(&none);
        let mut all: BTreeMap<u32, Facts> = known.clone();
        for attempt in claimed {
            all.entry(*attempt).or_default();
        }
        // Whoever concluded an attempt had looked at all before it.
        let concluded =
            all.iter().filter(|(_, facts)| facts.concluded.is_some()).map(|(number, _)| *number).max();
        let earlier = all.into_iter().filter(|(number, _)| *number < assignment.attempt);
        let described = earlier.map(|(number, facts)| {
            let is_outweighed = facts.concluded.is_some_and(RunState::outweighs_success);
            let end = match facts.is_over {
                true if facts.has_succeeded && !is_outweighed => End::Succeeded,
                true => End::Recorded,
                false if concluded.is_some_and(|last| number <= last) => End::Concluded,
                false => End::Unknown,
            };
            match &facts.started {
                Some(started) => of_started(assignment, run, key, number, end, started),
                None => self.of_claim(assignment, run, key, number, end),
            }
        });
        described.collect()
    }

    /// Describes an attempt of which only the log is known: its worker was killed before it could say more, or has not
    /// come further yet.
    fn of_claim(&self, assignment: &Assignment, run: RunId, key: &str, number: u32, end: End) -> Earlier {
        if matches!(assignment.setting, Setting::Foreground(_)) {
            // All attempts of such a launch are on this host.
            let place = format!("on {}", assignment.node.name);
            let presence = presence_here(run, key);
            return Earlier { number, end, began: Began::Claim, owner: Owner::Another, presence, place };
        }
        let restarts: Vec<&Worker> = self.restarts_of(assignment, number);
        let owner = match restarts.is_empty() {
            true => Owner::Another,
            false => Owner::ThisTask,
        };
        let sights = restarts.iter().map(|worker| sight(assignment, &worker.node, &worker.process));
        let presence = match sights.collect::<Option<Vec<_>>>() {
            Some(seen) if seen.is_empty() => Presence::Elsewhere,
            Some(seen) if seen.contains(&Liveness::Alive) => Presence::Here,
            Some(_) => Presence::Gone,
            None => Presence::Elsewhere,
        };
        let place = restarts
            .last()
            .map_or("its worker is not known".to_owned(), |worker| format!("on {}", worker.node));
        Earlier { number, end, began: Began::Claim, owner, presence, place }
    }

    /// Gives the workers of the same task before this one, where the attempt can only be one of theirs: no attempt from
    /// before this submission, and no other job that was submitted with its key.
    fn restarts_of(&self, assignment: &Assignment, number: u32) -> Vec<&Worker> {
        let Setting::Job(task) = &assignment.setting else { return Vec::new() };
        if number < assignment.first_attempt {
            return Vec::new();
        }
        let same_index: Vec<&Worker> = self
            .workers
            .iter()
            .filter(|worker| worker.key == assignment.key)
            .filter(|worker| worker.job.as_deref().is_some_and(|job| index(job) == index(task)))
            .filter(|worker| worker.process != assignment.first_half)
            .collect();
        match same_index.iter().all(|worker| worker.job.as_ref() == Some(task)) {
            true => same_index,
            false => Vec::new(),
        }
    }

    /// Gives what the records name of earlier attempts at a run on this host: programs, and workers of the same task.
    pub(super) fn named(&self, assignment: &Assignment, run: u64) -> Vec<ProcessId> {
        let facts = self.of_runs.get(&run).into_iter().flatten();
        let programs = facts.filter(|(number, _)| **number < assignment.attempt);
        let programs = programs.filter_map(|(_, facts)| facts.started.as_ref());
        let programs = programs.filter(|started| started.node == assignment.node.name);
        let programs = programs.map(|started| started.process.clone());
        let workers = self.restarts_of(assignment, assignment.attempt).into_iter();
        let workers = workers.filter(|worker| worker.node == assignment.node.name);
        programs.chain(workers.map(|worker| worker.process.clone())).collect()
    }
}

fn of_started(
    assignment: &Assignment,
    run: RunId,
    key: &str,
    number: u32,
    end: End,
    started: &Started,
) -> Earlier {
    let owner = match (&assignment.setting, &started.job) {
        (Setting::Job(task), Some(job)) if task == job => Owner::ThisTask,
        (Setting::Job(_) | Setting::Foreground(_), _) => Owner::Another,
    };
    // What is over is not looked for.
    let presence = match (end, sight(assignment, &started.node, &started.process)) {
        (End::Succeeded | End::Recorded, _) | (_, Some(Liveness::Elsewhere)) => Presence::Gone,
        (_, None) => Presence::Elsewhere,
        (_, Some(Liveness::Alive)) => Presence::Here,
        (_, Some(Liveness::Gone)) => presence_here(run, key),
    };
    let place = match &started.job {
        Some(job) => format!("on {}, job {job}", started.node),
        None => format!("on {}", started.node),
    };
    Earlier { number, end, began: Began::Program, owner, presence, place }
}

/// Looks for what lives of a run on this host.
fn presence_here(run: RunId, key: &str) -> Presence {
    match Orphans::of(key, [run], Vec::new()).any_lives() {
        true => Presence::Here,
        false => Presence::Gone,
    }
}

/// Looks after a process of a node: `None` where that is another one. [`Liveness::Elsewhere`] is another boot of this.
fn sight(assignment: &Assignment, node: &str, process: &ProcessId) -> Option<Liveness> {
    let is_known = node == assignment.node.name && !process.boot.is_empty();
    is_known.then(|| process.liveness())
}

/// Gives the index in the name of an array's task, `4711_3`.
fn index(task: &str) -> Option<&str> {
    task.split_once('_').map(|(_, index)| index)
}

#[cfg(test)]
mod tests;
