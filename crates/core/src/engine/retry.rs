//! Which runs are tried again, as which attempt, and what is written down before.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::event::{Concluded, Event};
use crate::history::Attempt;
use crate::ranges::Ranges;
use crate::run_state::Outcome;
use crate::state::{RunState, Status};
use crate::store::{JournalWriter, LaunchDir, OwnedBy, Ownership, StoreError};
use crate::worker::Node;

use super::survey::Survey;

/// How long another client that hands runs of the same launch over is waited for: it may pursue a lost answer.
const PATIENCE: Duration = Duration::from_mins(6);

/// How often to look whether it is done.
const TICK: Duration = Duration::from_millis(100);

/// How much of a cause is recorded: a record of the journal stays short.
const LONGEST_CAUSE: usize = 600;

/// What becomes of each run that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Tried again: they failed, are lost, were cancelled, or never began and never will.
    pub again: Ranges,
    /// Left alone: they succeeded.
    pub succeeded: Ranges,
    /// Left alone: they wait, or run.
    pub alive: Ranges,
    /// Left alone: nobody can tell whether they live.
    pub unknown: Ranges,
}

/// Chooses among the runs that were asked for, each with its state.
pub fn choose(runs: impl IntoIterator<Item = (u64, RunState)>) -> Choice {
    let runs: Vec<(u64, Outcome)> = runs.into_iter().map(|(run, state)| (run, state.outcome())).collect();
    let of = |which| runs.iter().filter(move |(_, outcome)| *outcome == which).map(|(run, _)| *run);
    Choice {
        again: of(Outcome::Unsuccessful).collect(),
        succeeded: of(Outcome::Succeeded).collect(),
        alive: of(Outcome::Alive).collect(),
        unknown: of(Outcome::Unknown).collect(),
    }
}

/// Takes the right to hand runs of a launch over, and waits for a client that has it now.
pub fn own(dir: &LaunchDir, notice: &mut dyn FnMut(&OwnedBy)) -> Result<Ownership, StoreError> {
    let began = Instant::now();
    loop {
        match dir.own()? {
            Ownership::Theirs(theirs) if began.elapsed() < PATIENCE => {
                notice(&theirs);
                thread::sleep(TICK);
            }
            known => return Ok(known),
        }
    }
}

/// The highest attempt at each of some runs that has a log.
type Claims = BTreeMap<u64, u32>;

/// Runs that are tried again, as which attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The runs.
    pub runs: Ranges,
    /// One past the highest attempt that any trace tells of, and never the first, which may have been cancelled before it
    /// began. Holes do no harm, and one number for all makes one array.
    pub attempt: u32,
}

/// Prepares the next attempt at `runs`, which are over: writes down how their latest ended where their worker never
/// said so, since the next one starts only when the one before it is known to be over.
pub fn prepare(survey: &Survey, runs: &Ranges, node: &Node) -> Result<Next, StoreError> {
    let claims = survey.dir.latest_claims(survey.launch.runs, runs)?;
    conclude(survey, runs, &claims, node)?;
    Ok(Next { runs: runs.clone(), attempt: next_attempt(survey, runs, &claims) })
}

/// Tells as which attempt `runs` would be tried again, and changes nothing.
pub fn foresee(survey: &Survey, runs: &Ranges) -> Result<Next, StoreError> {
    let claims = survey.dir.latest_claims(survey.launch.runs, runs)?;
    Ok(Next { runs: runs.clone(), attempt: next_attempt(survey, runs, &claims) })
}

fn next_attempt(survey: &Survey, runs: &Ranges, claims: &Claims) -> u32 {
    let begun = |run| survey.history.latest(run).map_or(0, |attempt| attempt.number);
    let env_failed = |run| survey.history.env_failed(run).map_or(0, |failed| failed.what.attempt);
    let recorded = runs.iter().map(|run| begun(run).max(env_failed(run)));
    let submissions = survey.submissions.iter().map(|submission| &submission.chunk);
    let handed = submissions
        .filter(|chunk| runs.iter().any(|run| chunk.runs.contains(run)))
        .map(|chunk| chunk.attempt);
    recorded.chain(handed).chain(claims.values().copied()).max().unwrap_or(0).max(1) + 1
}

fn conclude(survey: &Survey, runs: &Ranges, claims: &Claims, node: &Node) -> Result<(), StoreError> {
    let mut records = Vec::new();
    for run in runs.iter() {
        let Some(status) = survey.status(run) else { continue };
        let claimed = claims.get(&run).copied().unwrap_or(0);
        if let Some(attempt) = unsaid(survey.history.latest(run), claimed) {
            records.push(Concluded { run, attempt, state: status.state, cause: cause(status) });
        }
    }
    if records.is_empty() {
        return Ok(());
    }
    let mut journal = JournalWriter::open(&survey.dir.events(), &node.name, &node.boot)?;
    for record in records {
        journal.append(Event::Concluded(record))?;
    }
    journal.sync()
}

/// Gives the attempt whose end nobody wrote down, or only as a success that Slurm knows better of: the latest, where
/// there is one.
fn unsaid(latest: Option<&Attempt>, claimed: u32) -> Option<u32> {
    let number = latest.map_or(0, |attempt| attempt.number);
    if claimed > number {
        return Some(claimed);
    }
    let is_said = |attempt: &Attempt| {
        attempt.ended.as_ref().is_some_and(|ended| !ended.what.has_succeeded())
            || attempt.superseded.is_some()
            || attempt.concluded.is_some()
    };
    latest.filter(|attempt| !is_said(attempt)).map(|attempt| attempt.number)
}

fn cause(status: &Status) -> String {
    let cause = status.cause.as_deref().unwrap_or_default();
    cause.chars().take(LONGEST_CAUSE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ended, Exit};
    use crate::history::Dated;
    use proptest::prelude::*;

    proptest! {
        /// Every run that was asked for goes one way, what succeeded or lives never again.
        #[test]
        fn every_run_goes_one_way(
            states in prop::collection::vec(prop::sample::select(RunState::ALL.to_vec()), 1..40),
            asked in prop::collection::btree_set(0u64..40, 0..40),
        ) {
            let asked_for = (0..).zip(states.iter().copied()).filter(|(run, _)| asked.contains(run));
            let choice = choose(asked_for);
            let Choice { again, succeeded, alive, unknown } = &choice;
            let all: Ranges = [again, succeeded, alive, unknown].into_iter().cloned().collect();
            let meant: Ranges = asked.into_iter().filter(|run| *run < states.len() as u64).collect();
            prop_assert_eq!(all, meant.clone());
            prop_assert_eq!(again.len() + succeeded.len() + alive.len() + unknown.len(), meant.len());
            for run in again.iter() {
                let state = states[usize::try_from(run).unwrap()];
                prop_assert!(state.is_final() && state != RunState::Succeeded);
            }
        }
    }

    #[test]
    fn an_attempt_without_a_last_word_is_concluded() {
        let attempt = |number| Attempt { number, ..Attempt::default() };
        assert_eq!(unsaid(None, 0), None);
        assert_eq!(unsaid(None, 1), Some(1), "its worker was killed before it could say that it began");
        assert_eq!(unsaid(Some(&attempt(2)), 2), Some(2));
        assert_eq!(unsaid(Some(&attempt(2)), 3), Some(3));
    }

    #[test]
    fn a_success_that_slurm_knows_better_of_is_concluded_and_another_end_is_not() {
        let ended = |exit| {
            let what = Ended::of(0, 1, exit);
            let ended = Some(Dated { time: jiff::Timestamp::UNIX_EPOCH, what });
            unsaid(Some(&Attempt { number: 1, ended, ..Attempt::default() }), 1)
        };
        assert_eq!((ended(Exit::Code(0)), ended(Exit::Code(1))), (Some(1), None));
    }
}
