//! Plans runs of a launch once more, exactly as they stand in its plan.

use std::collections::BTreeMap;

use crate::plan::{Earlier, Plan, PlanError, Run};
use crate::ranges::Ranges;
use crate::store::{Launch, LaunchDir, PlannedRun, StoreError};

/// Tells why runs cannot be planned again.
#[derive(Debug, thiserror::Error)]
pub enum RerunError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They make no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Plans `runs` of an earlier launch again: the same arguments byte for byte, whatever the files say today.
pub fn again(dir: &LaunchDir, launch: &Launch, runs: &Ranges) -> Result<Plan, RerunError> {
    let reader = dir.plan()?;
    let runs =
        runs.iter().map(|run| reader.run(run).map(|run| planned(&run))).collect::<Result<_, StoreError>>()?;
    Ok(Plan::again(Earlier {
        command: launch.command.iter().map(|word| word.0.clone()).collect(),
        parameters: launch.parameters.clone(),
        repeats: launch.repeats,
        runs,
    })?)
}

fn planned(planned: &PlannedRun) -> Run {
    let argv = planned.command();
    let listed = |map: &BTreeMap<String, String>| {
        map.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
    };
    Run {
        number: planned.run,
        repeat: planned.repeat,
        params: planned.params.get().to_owned(),
        argv,
        variables: listed(&planned.env),
        name: planned.name.clone(),
        labels: listed(&planned.labels),
    }
}
