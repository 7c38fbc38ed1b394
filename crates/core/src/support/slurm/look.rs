//! One look at the tasks of any number of launches: one question for all that is not known already.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::answers::Answers;
use super::cache::Cache;
use super::memory::{Execution, Memory, Seen};
use super::view::{Asked, Finding, View};
use super::{DEADLINE, Slurm, index_of};
use crate::slurm::id::JobId;
use crate::state::{LAG, Sighting, Task, TaskState};
use crate::store::{Answer, Submission};
use crate::support::{Case, Sightings};

/// How long accounting may be behind the queue before what it says last counts as all that it will ever hear.
const ACCOUNTING_LAG: SignedDuration = SignedDuration::from_hours(1);

/// A run whose task is asked for.
struct Wanted<'a> {
    place: usize,
    run: u64,
    execution: Execution,
    asked: Asked<'a>,
}

/// What the journal says of the program of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Has {
    /// Its worker was not heard of.
    Nothing,
    /// It or its worker began.
    Begun,
    /// It ended.
    Ended,
}

impl Slurm<'_> {
    pub(super) fn look_at(&self, cases: &[Case<'_>]) -> Vec<Sightings> {
        let caches = caches(cases);
        let cache_of = |case: &Case<'_>| caches.get(case.dir.store().root());
        let mut memories: Vec<Option<Memory>> =
            cases.iter().map(|case| Some(self.memory(cache_of(case)?, case))).collect();
        let mut sightings = vec![Sightings::new(); cases.len()];
        let mut wanted = Vec::new();
        for (place, case) in cases.iter().enumerate() {
            for run in case.runs.iter() {
                match self.known(case, run, memories[place].as_ref()) {
                    Known::Already(sighting) => drop(sightings[place].insert(run, sighting)),
                    Known::ToAsk(execution, asked) => {
                        wanted.push(Wanted { place, run, execution, asked });
                    }
                }
            }
        }
        // One question for all, kept with the first of them: nearly always there is one store.
        if let Some(cache) = wanted.first().and_then(|wanted| cache_of(&cases[wanted.place])) {
            let ends = wanted.iter().filter_map(|wanted| end(&cases[wanted.place], wanted.run));
            let answers = Answers::new(self.runner, cache, self.freshness, ends.max());
            let asked: Vec<Asked<'_>> = wanted.iter().map(|wanted| wanted.asked).collect();
            let view = View::ask(&answers, self.runner, &asked, DEADLINE);
            let now = Timestamp::now();
            for wanted in wanted {
                let case = &cases[wanted.place];
                // What cannot be kept is as old as the last that was heard of the run.
                let since = match cache_of(case).is_some_and(Cache::can_keep) {
                    true => now,
                    false => last_sign(case, wanted.run),
                };
                let Some(memory) = memories[wanted.place].as_mut() else { continue };
                let seen = match view.of(&wanted.asked) {
                    Finding::Queued(task) if began_since(case, wanted.run, &task, answers.oldest()) => {
                        Sighting::Unasked
                    }
                    found => remember(memory, &wanted, &|| has(case, wanted.run), found, since, now),
                };
                sightings[wanted.place].insert(wanted.run, seen);
            }
        }
        for (case, memory) in cases.iter().zip(memories) {
            if let (Some(cache), Some(memory)) = (cache_of(case), memory) {
                memory.keep(cache);
            }
        }
        sightings
    }

    fn memory(&self, cache: &Cache, case: &Case<'_>) -> Memory {
        let mut asker = self.runner.cluster();
        asker.push(self.node.name.clone());
        Memory::read(cache, case.launch.id, &case.launch.key, asker)
    }

    /// Tells what needs no question: nothing was accepted, or it is long over.
    fn known<'c>(&self, case: &Case<'c>, run: u64, memory: Option<&Memory>) -> Known<'c> {
        if case.submissions.wish_of(run).is_some() {
            return Known::Already(Sighting::NotHanded);
        }
        let Some(submission) = case.submissions.of_run(run) else {
            return Known::Already(self.unsubmitted(case, case.submissions.iter().next_back()));
        };
        let job = match &submission.answer {
            None => return Known::Already(self.unsubmitted(case, Some(submission))),
            Some(Answer::Refused(words)) => return Known::Already(Sighting::Refused(words.clone())),
            Some(Answer::Uncertain(words)) => {
                let words = format!("whether Slurm has it is not known: {words}");
                return Known::Already(Sighting::Unclear(words));
            }
            Some(Answer::Accepted(job)) => JobId(*job),
        };
        let execution = execution(case, run, submission);
        match memory.and_then(|memory| memory.of(run, execution)) {
            Some(Seen::Over(task)) => Known::Already(Sighting::Task(task.clone())),
            Some(Seen::Gone(since)) => Known::Already(Sighting::Missing { since: *since }),
            Some(Seen::Left(since)) => Known::Already(Sighting::Left { since: *since }),
            Some(Seen::Missing(_) | Seen::Ended(_)) | None => {
                let index = index_of(submission, run);
                Known::ToAsk(execution, Asked::of(case.launch, submission, job, index))
            }
        }
    }
}

fn caches(cases: &[Case<'_>]) -> BTreeMap<PathBuf, Cache> {
    let stores = cases.iter().map(|case| case.dir.store());
    stores.map(|store| (store.root().to_owned(), Cache::of(store))).collect()
}

enum Known<'a> {
    Already(Sighting),
    ToAsk(Execution, Asked<'a>),
}

fn execution(case: &Case<'_>, run: u64, submission: &Submission) -> Execution {
    let attempt = case.history.latest(run).map_or(0, |attempt| attempt.number);
    Execution { submission: submission.number, attempt }
}

/// Tells how far a run has come.
fn has(case: &Case<'_>, run: u64) -> Has {
    let Some(submission) = case.submissions.of_run(run) else { return Has::Nothing };
    let number = submission.chunk.attempt;
    let latest = case.history.latest(run).filter(|attempt| attempt.number >= number);
    if latest.is_some_and(|attempt| attempt.ended.is_some()) {
        return Has::Ended;
    }
    let task = submission.task(run);
    let has_worker =
        || task.is_some_and(|task| case.history.worker_of(&submission.chunk.key, &task).is_some());
    let is_claimed = || case.dir.log(case.launch.runs, run, number).exists();
    if latest.is_some() || has_worker() || is_claimed() { Has::Begun } else { Has::Nothing }
}

/// Gives when the program of a run ended, or was told to.
fn end(case: &Case<'_>, run: u64) -> Option<Timestamp> {
    let attempt = case.history.latest(run)?;
    let told = attempt.interrupted.as_ref().map(|told| told.time);
    attempt.ended.as_ref().map(|ended| ended.time).max(told)
}

/// Tells whether a run began after Slurm said that it still waits: the journal is newer.
fn began_since(case: &Case<'_>, run: u64, task: &Task, answered: Option<Timestamp>) -> bool {
    let started = case.history.latest(run).and_then(|attempt| attempt.started.as_ref());
    let is_later = started.zip(answered).is_some_and(|(started, answered)| started.time >= answered);
    task.state == TaskState::Pending && is_later
}

/// Gives when a run was last heard of.
fn last_sign(case: &Case<'_>, run: u64) -> Timestamp {
    let attempt = case.history.latest(run);
    let started = attempt.and_then(|attempt| Some(attempt.started.as_ref()?.time));
    let told = attempt.and_then(|attempt| Some(attempt.interrupted.as_ref()?.time));
    let submitted = case.submissions.of_run(run).map(|submission| submission.time);
    [started, told, submitted].into_iter().flatten().max().unwrap_or(case.launch.created)
}

/// Puts what was found together with what was seen before, and takes note of it. How far the run has come is looked
/// up on disk only where that decides.
fn remember(
    memory: &mut Memory,
    wanted: &Wanted<'_>,
    has: &dyn Fn() -> Has,
    found: Finding,
    since: Timestamp,
    now: Timestamp,
) -> Sighting {
    let Wanted { run, execution, .. } = *wanted;
    let before = memory.of(run, execution).cloned();
    let since = match before {
        // One from the future is from before the clock was set back.
        Some(Seen::Missing(first)) if first <= now => first,
        Some(Seen::Missing(_) | Seen::Ended(_) | Seen::Over(_) | Seen::Gone(_) | Seen::Left(_)) | None => {
            since
        }
    };
    let found = match (found, before) {
        // A question without an answer takes nothing back.
        (Finding::Unclear(_), Some(Seen::Ended(task))) => return Sighting::Task(task),
        (Finding::Unclear(_), Some(Seen::Missing(_))) if has() == Has::Ended => {
            return Sighting::Missing { since };
        }
        // Without accounting the queue's last word is all there is.
        (Finding::Nowhere | Finding::Left | Finding::Behind(_), Some(Seen::Ended(task))) => {
            Finding::Over(task)
        }
        (found, _) => found,
    };
    let is_older = |span: SignedDuration| now.duration_since(since) >= span;
    match found {
        Finding::Queued(task) if task.state.is_final() => {
            memory.note(run, execution, Seen::Ended(task.clone()));
            Sighting::Task(task)
        }
        Finding::Queued(task) => {
            memory.forget(run);
            Sighting::Task(task)
        }
        Finding::Over(task) => {
            memory.note(run, execution, Seen::Over(task.clone()));
            Sighting::Task(task)
        }
        Finding::Behind(words) if !is_older(ACCOUNTING_LAG) => {
            memory.note(run, execution, Seen::Missing(since));
            Sighting::Unclear(words)
        }
        Finding::Left if has() == Has::Nothing => {
            if is_older(LAG) {
                memory.note(run, execution, Seen::Left(since));
                return Sighting::Left { since };
            }
            memory.note(run, execution, Seen::Missing(since));
            Sighting::Unclear("its task has left the queue, and how may still be told".to_owned())
        }
        Finding::Nowhere | Finding::Left | Finding::Behind(_) => {
            memory.note(run, execution, if is_older(LAG) { Seen::Gone(since) } else { Seen::Missing(since) });
            Sighting::Missing { since }
        }
        Finding::Unclear(words) => Sighting::Unclear(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::id::JobId;
    use crate::state::{Task, TaskState};
    use crate::store::Store;

    const EXECUTION: Execution = Execution { submission: 0, attempt: 0 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn wanted() -> Wanted<'static> {
        let asked = Asked { job: JobId(4), index: Some(1), key: "k", submitted: at(0), cluster: None };
        Wanted { place: 0, run: 1, execution: EXECUTION, asked }
    }

    /// What is seen at last where these were found, a second from one to the next but for the last, which is late.
    fn seen(has: Has, found: impl IntoIterator<Item = Finding>, late: i64) -> Sighting {
        let kept = tempfile::tempdir().unwrap();
        let cache = Cache::of(Store::at(kept.path().to_owned()));
        let mut memory = Memory::read(&cache, 1, "k", Vec::new());
        let mut found: Vec<Finding> = found.into_iter().collect();
        let last = found.pop().unwrap();
        for (second, finding) in (100..).zip(found) {
            remember(&mut memory, &wanted(), &|| has, finding, at(second), at(second));
        }
        remember(&mut memory, &wanted(), &|| has, last, at(100 + late), at(100 + late))
    }

    fn cancelled() -> Task {
        let words = "CANCELLED".to_owned();
        Task { state: TaskState::Cancelled, words, reason: None, node: None, started: None, ended: None }
    }

    fn silent() -> Finding {
        Finding::Unclear("no answer".to_owned())
    }

    #[test]
    fn a_question_without_an_answer_takes_no_end_back() {
        let queued = Finding::Queued(cancelled());
        assert_eq!(seen(Has::Nothing, [queued.clone(), silent()], 5), Sighting::Task(cancelled()));
        assert_eq!(seen(Has::Begun, [queued, silent(), silent()], 500), Sighting::Task(cancelled()));
        assert_eq!(
            seen(Has::Ended, [Finding::Nowhere, silent()], 5),
            Sighting::Missing { since: at(100) },
            "its end is in the journal"
        );
        let unclear = Sighting::Unclear("no answer".to_owned());
        assert_eq!(seen(Has::Begun, [Finding::Nowhere, silent()], 500), unclear);
        let alive = Task { state: TaskState::Running, ..cancelled() };
        assert_eq!(seen(Has::Nothing, [Finding::Queued(alive), silent()], 5), unclear);
    }

    #[test]
    fn a_task_that_left_its_array_is_believed_gone_after_a_while_unless_it_began() {
        let left = || [Finding::Left, Finding::Left];
        let early = seen(Has::Nothing, left(), 5);
        assert!(matches!(early, Sighting::Unclear(_)), "what it came to would be taken back: {early:?}");
        assert_eq!(seen(Has::Nothing, left(), 60), Sighting::Left { since: at(100) });
        assert_eq!(seen(Has::Begun, left(), 60), Sighting::Missing { since: at(100) });
        assert_eq!(
            seen(Has::Nothing, [Finding::Nowhere, Finding::Nowhere], 60),
            Sighting::Missing { since: at(100) }
        );
    }
}
