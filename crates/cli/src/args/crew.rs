//! The options for several runs on this machine: how many at once, and what failures mean.

use std::num::{NonZeroU32, NonZeroU64};

use clap::Args;

#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct CrewArgs {
    /// On this machine, execute up to N runs at once [default: the device's `jobs`, else 1]
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroU32>,
    #[command(flatten)]
    pub(crate) patience: PatienceArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(crate) struct PatienceArgs {
    /// On this machine, stop everything once a run has failed
    #[arg(long, conflicts_with_all = ["max_failures", "keep_going"])]
    pub(crate) fail_fast: bool,
    /// On this machine, start no more once N runs have failed
    #[arg(long, value_name = "N", conflicts_with = "keep_going")]
    pub(crate) max_failures: Option<NonZeroU64>,
    /// Execute all runs, whatever fails (the default)
    #[arg(long)]
    pub(crate) keep_going: bool,
}
