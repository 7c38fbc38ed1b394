//! From the ids and filters that a user typed to launches and runs.

use std::collections::{BTreeMap, BTreeSet};

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::expression::{Expression, Values};
use neuromanager_core::id::{LaunchId, RunId, Selection};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::selection::{NamePattern, States};
use neuromanager_core::store::{Launch, PlannedRun, Store, StoreError};

use super::App;
use crate::args::Selecting;
use crate::exit::Exit;
use crate::report::{Failure, in_a_line};

/// The runs of one launch that were picked.
#[derive(Debug)]
pub(super) struct Picked {
    pub(super) id: LaunchId,
    pub(super) runs: Ranges,
    /// Whether every run of the launch was meant.
    pub(super) whole: bool,
}

impl Picked {
    /// Writes the ids of those of its runs that `which` wants.
    pub(super) fn names(&self, which: impl Fn(u64) -> bool) -> Vec<String> {
        let runs = self.runs.iter().filter(|run| which(*run));
        runs.map(|run| RunId { launch: self.id, run }.to_string()).collect()
    }
}

/// What a verb does with the runs, which decides what it means that there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It looks at them: none is an answer.
    View,
    /// It changes them: none is a mistake.
    Act,
}

/// The runs that were picked, and what was already asked about them.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) picked: Vec<Picked>,
    purpose: Purpose,
    surveys: Option<Vec<Survey>>,
}

impl Selected {
    /// Gives the launches.
    pub(super) fn ids(&self) -> Vec<LaunchId> {
        ids_of(&self.picked)
    }

    /// Gives the picked runs and what is known of their launches; a scheduler that was asked to pick is not asked twice.
    pub(super) fn surveyed(self, store: &Store, app: &App) -> Result<(Vec<Picked>, Vec<Survey>), Failure> {
        let ids = self.ids();
        let surveys = self.surveys.map_or_else(|| app.look(store, &ids, self.purpose), Ok)?;
        Ok((self.picked, surveys))
    }
}

/// Finds the runs that ids and filters mean, by launch. Those of which filters leave nothing are left out.
pub(super) fn select(
    store: &Store,
    what: &Selecting,
    purpose: Purpose,
    app: &App,
) -> Result<Selected, Failure> {
    if what.is_empty() {
        return Err(Failure::new(Exit::Usage, "it is not said which launches or runs are meant").hint(
            "write an id as `12` or `12.3`, `--last` for the newest launch, or another filter; see --help",
        ));
    }
    let conditions: Vec<Expression> =
        what.conditions.iter().map(|text| Expression::parse(text)).collect::<Result<_, _>>()?;
    let mut picked = if what.ids.is_empty() { all(store, app)? } else { pick(store, &what.ids)? };
    if let Some(pattern) = what.name.as_deref().map(NamePattern::new) {
        picked = with_name(store, picked, &pattern)?;
    }
    if let Some(last) = what.last {
        let older = picked.len().saturating_sub(usize::try_from(last).unwrap_or(usize::MAX));
        picked.drain(..older);
    }
    for condition in &conditions {
        picked = with_params(store, picked, condition)?;
    }
    let mut surveys = None;
    if let Some(states) = &what.state {
        let ids = ids_of(&picked);
        let (kept, of_kept) = in_states(picked, app.look(store, &ids, purpose)?, states);
        picked = kept;
        surveys = Some(of_kept);
    }
    if picked.is_empty() {
        let nothing = "no run fits";
        match purpose {
            Purpose::View => app.ui.say(nothing),
            Purpose::Act => return Err(Failure::new(Exit::Usage, format!("{nothing}: nothing was done"))),
        }
    }
    Ok(Selected { picked, purpose, surveys })
}

/// Gives the launches of the runs that were picked.
pub(super) fn ids_of(picked: &[Picked]) -> Vec<LaunchId> {
    picked.iter().map(|picked| picked.id).collect()
}

/// Gives every launch that can be read, ascending, and says of the others that they are left, `how`.
pub(super) fn readable(store: &Store, how: &str, app: &App) -> Result<Vec<Launch>, Failure> {
    let mut launches = Vec::new();
    for id in store.launches()? {
        match store.launch(id).read() {
            Ok(launch) => launches.push(launch),
            Err(StoreError::HalfMade { .. } | StoreError::Removed { .. }) => {}
            Err(error) => app.ui.warn(&format!("launch {id} is left {how}: {}", in_a_line(&error))),
        }
    }
    Ok(launches)
}

fn all(store: &Store, app: &App) -> Result<Vec<Picked>, Failure> {
    let whole =
        |launch: Launch| Picked { id: LaunchId(launch.id), runs: (0..launch.runs).collect(), whole: true };
    Ok(readable(store, "out", app)?.into_iter().map(whole).collect())
}

/// Finds the runs that `ids` mean, by launch.
pub(super) fn pick(store: &Store, ids: &[Selection]) -> Result<Vec<Picked>, Failure> {
    let mut by_launch: BTreeMap<LaunchId, (Vec<u64>, bool)> = BTreeMap::new();
    for id in ids {
        let (launch, first, last, whole) = match *id {
            Selection::Launch(launch) => (launch, 0, store.launch(launch).read()?.runs - 1, true),
            Selection::Runs { launch, first, last } => {
                let runs = store.launch(launch).read()?.runs;
                if last >= runs {
                    return Err(StoreError::NoRun { launch: launch.0, run: last, last: runs - 1 }.into());
                }
                (launch, first, last, false)
            }
            Selection::SlurmJob { job, task } => {
                let (launch, runs) = of_job(store, job, task)?;
                let picked = by_launch.entry(launch).or_default();
                picked.0.extend(runs.iter());
                continue;
            }
        };
        let picked = by_launch.entry(launch).or_default();
        picked.0.extend(first..=last);
        picked.1 |= whole;
    }
    let picked = by_launch.into_iter();
    Ok(picked.map(|(id, (runs, whole))| Picked { id, runs: runs.into_iter().collect(), whole }).collect())
}

/// Finds the launch and the runs of a Slurm job.
fn of_job(store: &Store, job: u32, task: Option<u32>) -> Result<(LaunchId, Ranges), Failure> {
    for launch in store.launches()?.into_iter().rev() {
        let submissions = store.launch(launch).submissions()?;
        let found = submissions.iter().find(|submission| submission.job() == Some(job));
        let Some(submission) = found else { continue };
        let runs = match task {
            None => submission.chunk.runs.clone(),
            Some(task) => Ranges::single(submission.chunk.base + u64::from(task)),
        };
        if runs.iter().all(|run| submission.chunk.runs.contains(run)) {
            return Ok((launch, runs));
        }
    }
    let name = task.map_or_else(|| job.to_string(), |task| format!("{job}_{task}"));
    Err(Failure::new(Exit::Usage, format!("no launch of this folder has the Slurm job {name}")))
}

fn with_name(store: &Store, picked: Vec<Picked>, pattern: &NamePattern) -> Result<Vec<Picked>, Failure> {
    let mut fitting = Vec::new();
    for picked in picked {
        if pattern.fits(&store.launch(picked.id).read()?.name) {
            fitting.push(picked);
        }
    }
    Ok(fitting)
}

/// Keeps the runs for which a condition holds. A launch without one of its names has no such run; a name that none
/// of them has is a mistake.
fn with_params(store: &Store, picked: Vec<Picked>, condition: &Expression) -> Result<Vec<Picked>, Failure> {
    let mut known = BTreeSet::new();
    let mut is_asked = picked.is_empty();
    let mut fitting = Vec::new();
    for picked in picked {
        let parameters = store.launch(picked.id).read()?.parameters;
        if condition.check_names(parameters.iter().map(String::as_str)).is_ok() {
            is_asked = true;
            fitting.extend(fitting_runs(store, &picked, condition)?);
        }
        known.extend(parameters);
    }
    if !is_asked {
        condition.check_names(known.iter().map(String::as_str))?;
    }
    Ok(fitting)
}

fn fitting_runs(store: &Store, picked: &Picked, condition: &Expression) -> Result<Option<Picked>, Failure> {
    let mut runs = Vec::new();
    // Repeats of a point stand one after the other.
    let mut last: Option<(String, bool)> = None;
    for planned in planned(store, picked)? {
        let params = planned.params.get();
        let holds = match &last {
            Some((same, holds)) if same == params => *holds,
            _ => holds(condition, &planned, picked.id)?,
        };
        if holds {
            runs.push(planned.run);
        }
        if last.as_ref().is_none_or(|(same, _)| same != params) {
            last = Some((params.to_owned(), holds));
        }
    }
    let whole = picked.whole && runs.len() as u64 == picked.runs.len();
    let fitting = Picked { id: picked.id, runs: runs.into_iter().collect(), whole };
    Ok((!fitting.runs.is_empty()).then_some(fitting))
}

fn holds(condition: &Expression, planned: &PlannedRun, id: LaunchId) -> Result<bool, Failure> {
    let of_run = |failure: Failure| {
        failure.hint(format!("so it is for run {}", RunId { launch: id, run: planned.run }))
    };
    let values = Values::of(&planned.params).map_err(|error| {
        of_run(Failure::new(Exit::Store, format!("the parameters of a run cannot be read: {error}")))
    })?;
    // Where a parameter does not exist that it asks about, it does not hold.
    let answer = condition.holds_for(&values).map_err(|error| of_run(error.into()))?;
    Ok(answer.unwrap_or(false))
}

/// Reads the plan of the runs that were picked.
pub(super) fn planned(store: &Store, picked: &Picked) -> Result<Vec<PlannedRun>, StoreError> {
    let plan = store.launch(picked.id).plan()?;
    if picked.whole { plan.all().collect() } else { picked.runs.iter().map(|run| plan.run(run)).collect() }
}

fn in_states(picked: Vec<Picked>, surveys: Vec<Survey>, states: &States) -> (Vec<Picked>, Vec<Survey>) {
    let kept = picked.into_iter().zip(surveys).filter_map(|(picked, survey)| {
        let is_meant = |run: &u64| survey.status(*run).is_some_and(|status| states.contain(status.state));
        let runs: Ranges = picked.runs.iter().filter(is_meant).collect();
        let whole = picked.whole && runs.len() == picked.runs.len();
        (!runs.is_empty()).then_some((Picked { id: picked.id, runs, whole }, survey))
    });
    kept.unzip()
}
