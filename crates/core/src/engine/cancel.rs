//! Stops runs, and sees that they stopped.

use std::thread;
use std::time::{Duration, Instant};

use crate::id::LaunchId;
use crate::ranges::Ranges;
use crate::state::RunState;
use crate::store::{Store, StoreError};
use crate::support::SupportError;

use super::survey::{Supports, Survey, Watched, survey};

/// How long a program may take to end before it is told again, more firmly.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long to watch for the end before saying what still lives.
const LIMIT: Duration = Duration::from_mins(1);

/// What became of a cancellation.
#[derive(Debug)]
pub struct Cancelled {
    /// The launch afterwards.
    pub survey: Survey,
    /// The runs that were alive and are over now.
    pub stopped: Ranges,
    /// The runs that still live.
    pub alive: Ranges,
    /// The runs that were over before.
    pub over: Ranges,
}

/// Tells why runs could not be cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The support refused.
    #[error(transparent)]
    Support(#[from] SupportError),
}

/// Stops the runs of a launch that `wanted` picks, and waits until none of them lives.
pub fn cancel(
    store: &Store,
    supports: &Supports<'_>,
    id: LaunchId,
    wanted: impl Fn(u64) -> bool,
) -> Result<Cancelled, CancelError> {
    let before = look(store, supports, id)?;
    let picked = |survey: &Survey, which: fn(RunState) -> bool| -> Ranges {
        let runs =
            survey.statuses.iter().zip(0..).filter(|(status, run)| which(status.state) && wanted(*run));
        runs.map(|(_, run)| run).collect()
    };
    // A program whose worker was killed may live on: it is looked for on this machine.
    let to_stop = picked(&before, |state| !state.is_final() || state == RunState::Lost);
    let over = picked(&before, |state| state.is_final() && state != RunState::Lost);
    if to_stop.is_empty() {
        return Ok(Cancelled { survey: before, stopped: Ranges::default(), alive: Ranges::default(), over });
    }
    let support = supports.of(&before.launch);
    support.stop(&before.case(&to_stop))?;
    let began = Instant::now();
    let mut told = began;
    let mut pause = Duration::from_millis(20);
    loop {
        let now = look(store, supports, id)?;
        let alive: Ranges = picked(&now, |state| !state.is_final());
        if alive.is_empty() || began.elapsed() > LIMIT {
            let stopped = to_stop.iter().filter(|run| !alive.contains(*run)).collect();
            return Ok(Cancelled { survey: now, stopped, alive, over });
        }
        if told.elapsed() > PATIENCE {
            told = Instant::now();
            support.stop(&now.case(&alive))?;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

fn look(store: &Store, supports: &Supports<'_>, id: LaunchId) -> Result<Survey, StoreError> {
    let surveys = survey(vec![Watched::open(store, id)?], supports)?;
    surveys.into_iter().next().ok_or_else(|| StoreError::NoLaunch { id: id.0, root: store.root().to_owned() })
}
