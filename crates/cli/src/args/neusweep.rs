//! `neusweep [OPTIONS] CMD…`

use std::ffi::OsString;

use clap::Parser;

use super::{LaunchArgs, PointsArgs, SweepingArgs, SyncArgs};

/// Runs a command for every combination of parameters, from a file or from options.
///
/// Each combination is appended to CMD as `--name=value`. Where CMD is `neurun …`, the whole sweep is one launch.
#[derive(Debug, Parser)]
#[command(
    name = "neusweep",
    version,
    override_usage = "neusweep [OPTIONS] CMD...",
    after_help = "Examples:\n  neusweep train.py --steps=100\n  neusweep neurun --runs=10 slurm gpu train.py --steps=10\n  \
                  neusweep -s lr=0.1,0.01 -s layers=4..16:4 neurun slurm gpu train.py\n  \
                  neusweep --rows points.csv -s seed=1,2,3 train.py\n  \
                  neusweep --params=grid.json ./simulate -v"
)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) sweeping: SweepingArgs,
    /// What runs are called: `{model}-{lr}` [default: every parameter that varies]
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) name_template: Option<String>,
    #[command(flatten)]
    pub(crate) sync: SyncArgs,
    #[command(flatten)]
    pub(crate) points: PointsArgs,
    #[command(flatten)]
    pub(crate) launch: LaunchArgs,
    /// The command to run for each combination
    #[arg(value_name = "CMD", trailing_var_arg = true, required_unless_present_any = ["count", "table"])]
    pub(crate) words: Vec<OsString>,
}
