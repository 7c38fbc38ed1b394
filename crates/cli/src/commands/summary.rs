//! What a command line would start, in a sentence: said before anything is, and asked about where it is much.

use std::fmt;

use neuromanager_core::bound::Bound;

use super::App;
use super::order::Order;
use super::submit::value_of;

/// What would be started.
#[derive(Debug)]
pub(super) struct Summary {
    /// `60 runs of train on slurm/gpu`
    what: String,
    runs: u64,
    bound: Bound,
}

impl Summary {
    /// Sums up an order.
    pub(super) fn of(order: &Order, app: &App) -> Self {
        let variables = app.sbatch_variables();
        let bound = Bound::of(order.place.kind, &order.resources, |name| value_of(&variables, name));
        Self { what: order.describe(), runs: order.plan.len(), bound }
    }

    /// Gives how many seconds it may take at most, and how many of a GPU, as far as that is known.
    pub(super) fn seconds(&self) -> (Option<u128>, Option<u128>) {
        (self.bound.seconds(self.runs), self.bound.gpu_seconds(self.runs))
    }
}

/// `60 runs of train on slurm/gpu: at most 2880 h and 2880 GPU-hours`
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.bound.describe(self.runs) {
            Some(bound) => write!(f, ": {bound}"),
            None => Ok(()),
        }
    }
}
