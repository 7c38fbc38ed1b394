//! What `neu show` alone gathers of runs: all attempts, and what accounting says that they have used.

use std::collections::BTreeMap;
use std::time::Duration;

use neuromanager_core::engine::attempts::{AttemptStory, attempts};
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::resources::Resources;
use neuromanager_core::slurm::id::TaskId;
use neuromanager_core::slurm::query::QueryError;
use neuromanager_core::slurm::usage::{Used, query};

use super::App;
use super::selecting::Picked;
use crate::report::{Failure, in_a_line};

/// How long accounting may take to answer.
const LONGEST: Duration = Duration::from_secs(10);

/// How long before its submission a job is looked for, in seconds: clocks differ.
const BEFORE: i64 = 3600;

/// What is gathered of the runs of one launch.
pub(crate) struct Details {
    attempts: BTreeMap<u64, Vec<AttemptStory>>,
    used: Vec<Used>,
    /// Why accounting said nothing, where it did not.
    pub(crate) silence: Option<String>,
}

impl Details {
    /// Gives all attempts at a run.
    pub(crate) fn attempts(&self, run: u64) -> &[AttemptStory] {
        self.attempts.get(&run).map_or(&[], Vec::as_slice)
    }

    /// Gives what the tasks of a run have used, each execution and step a row.
    pub(crate) fn used(&self, survey: &Survey, run: u64) -> Vec<&Used> {
        let tasks = tasks(survey, run);
        self.used.iter().filter(|used| tasks.contains(&used.task)).collect()
    }
}

/// Gives the options that were asked for a run: those of its latest submission.
pub(crate) fn asked(survey: &Survey, run: u64) -> &Resources {
    survey.launch.options_of(survey.submissions.of_run(run))
}

/// Gives the tasks of all submissions that held a run.
fn tasks(survey: &Survey, run: u64) -> Vec<TaskId> {
    let held = survey.submissions.iter().filter(|submission| submission.chunk.runs.contains(run));
    held.filter_map(|submission| submission.task(run)?.parse().ok()).collect()
}

impl App {
    /// Gathers what is known of the runs that were picked of each launch. Accounting is asked once for all; that it
    /// says nothing is no error.
    pub(super) fn details(&self, surveys: &[Survey], picked: &[Picked]) -> Result<Vec<Details>, Failure> {
        let both = || surveys.iter().zip(picked);
        let asked: Vec<TaskId> = both()
            .flat_map(|(survey, picked)| picked.runs.iter().flat_map(|run| tasks(survey, run)))
            .collect();
        let times = surveys.iter().flat_map(|survey| survey.submissions.iter().map(|it| it.time.as_second()));
        let since = times.min().unwrap_or_default() - BEFORE;
        let answer = query(&self.runner(), &asked, since, LONGEST);
        let silence = match &answer {
            Ok(_) => None,
            Err(QueryError::AccountingDisabled) => Some("this cluster keeps no accounting".to_owned()),
            Err(error) => Some(in_a_line(error)),
        };
        let used = answer.unwrap_or_default();
        let details = both().map(|(survey, picked)| {
            let attempts = attempts(&survey.dir, survey.launch.runs, &picked.runs)?;
            let silence = silence.clone().filter(|_| !survey.launch.is_local());
            Ok(Details { attempts, used: used.clone(), silence })
        });
        details.collect()
    }
}
