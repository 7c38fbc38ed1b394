//! `neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]…] SCRIPT [FLAGS]…`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;

use super::{GpuArgs, LaunchArgs, SkippingArgs};

/// Runs a script on a device of a support: `python SCRIPT FLAGS` on this machine or as a Slurm job.
///
/// What stands between DEVICE and SCRIPT are options of sbatch that override those of the configuration, written
/// with `=` (`--mem=64G`) or bare (`--hold`). Everything after SCRIPT belongs to the script, byte for byte.
#[derive(Debug, Parser)]
#[command(
    name = "neurun",
    version,
    override_usage = "neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]]... SCRIPT [FLAGS]...",
    after_help = "Examples:\n  neurun slurm gpu train.py --lr=0.01\n  neurun --runs=10 local gpu train.py --steps=10\n  \
                  neurun slurm gpu --mem=64G --time=1:00:00 train.py\n  neurun --dry-run slurm gpu -m package.module"
)]
pub(crate) struct RunArgs {
    /// How often to run it
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1)]
    pub(crate) runs: u64,
    /// The configuration [default: config.json here or above, up to the repository's root]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) skipping: SkippingArgs,
    #[command(flatten)]
    pub(crate) gpus: GpuArgs,
    #[command(flatten)]
    pub(crate) launch: LaunchArgs,
    /// Where to run (`local`, `slurm`, …), on what, and the command
    #[arg(value_name = "SUPPORT DEVICE SCRIPT", trailing_var_arg = true, required = true)]
    pub(crate) words: Vec<OsString>,
}
